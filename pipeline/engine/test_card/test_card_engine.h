#pragma once
// An engine without a model: frames carry their media time as a bar code and a mouth that opens with the sound, and it can be told to
// misbehave. Every behaviour of clients is tested on it. Torch-free.

#include <memory>

#include "engine/api/engine_api.h"
#include "engine/session/worker.h"

namespace mirrorme {

struct TestCardOptions {
    int width = 256, height = 384;
    Rational fps{24, 1};
    int chunk_frames = 4;
    std::int64_t chunk_cost_ms = 0;  // pretended compute time of a chunk
};

/// Faults are commands of kind `gesture` with these names; they apply from the next chunk on:
///   test-delay-MS      each chunk takes MS longer         test-stall         the chunk in progress never ends
///   test-resume        all faults off                     test-nan           the next chunk comes out as no numbers
///   test-wrong-size    frames of half the width           test-out-of-memory the next chunk fails for lack of memory
///   test-crash         the process dies (SIGABRT)         test-fail          every chunk fails
/// Any other name plays as a gesture without being declared: its square lights up for half a second.
class TestCardEngine final : public Engine {
public:
    explicit TestCardEngine(TestCardOptions options = {});
    const EngineInfo& info() const noexcept override { return info_; }

protected:
    std::unique_ptr<Session> make_session(const SessionConfig& config, std::stop_token stop) override;

private:
    TestCardOptions options_;
    EngineInfo info_;
    std::shared_ptr<Worker> worker_;
};

}  // namespace mirrorme

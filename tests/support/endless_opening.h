#pragma once
// An engine that never finishes opening a session.

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

#include "engine/api/engine_api.h"

namespace mirrorme::testing {

/// Gives up when it is told to, or when `over` is set.
class EndlessOpening final : public Engine {
public:
    const EngineInfo& info() const noexcept override { return info_; }

    std::atomic<int> begun{0};
    std::atomic<bool> over{false};

protected:
    std::unique_ptr<Session> make_session(const SessionConfig&, std::stop_token stop) override {
        ++begun;
        while (!over && !stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        throw Error(ErrorCode::cancelled, "the session", "was given up");
    }

private:
    EngineInfo info_;
};

}  // namespace mirrorme::testing

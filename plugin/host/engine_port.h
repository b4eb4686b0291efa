#pragma once
// Where a source gets its engine from: a process under supervision (plugin/engine_hub.h), or in tests an engine in this process.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/remark.h"
#include "engine/api/engine_api.h"

namespace mirrorme {

/// What is known of the engine without asking it.
struct EngineState {
    enum class Phase { off, starting, running, pausing } phase = Phase::off;
    std::int64_t process = -1;  // id; -1 = none
    int starts = 0;
    std::string program;        // path of the engine; empty = none was found
    Remark error;               // of the last start or end
    EngineInfo info;            // while running
};

/// What makes one engine another: options of `mirrorme serve`, as engine_options() (core/settings.h) gives them.
using EngineChoice = std::vector<std::string>;

/// Any thread; no call waits.
class EnginePort {
public:
    virtual ~EnginePort() = default;
    /// The engine for `choice` (empty: the embedded model), or null while there is none. Asking for it is what starts it.
    virtual std::shared_ptr<Engine> engine(const EngineChoice& choice) = 0;
    virtual EngineState state(const EngineChoice& choice) const = 0;
    /// `engine` takes sound and gives no frames: end it, start another.
    virtual void report_hang(const EngineChoice& choice, const Engine* engine, const Remark& what) = 0;
    /// `engine` gives frames: should it end, another one is worth starting at once.
    virtual void report_work(const EngineChoice& choice, const Engine* engine) = 0;
    /// A person asked for another one.
    virtual void restart(const EngineChoice& choice) = 0;
};

}  // namespace mirrorme

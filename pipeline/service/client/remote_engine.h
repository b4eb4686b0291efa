#pragma once
// An engine in another process, behind the same interface as one in this process.
//
// Note [What crosses, and who waits]
// A session has two threads of its own: one reads what the engine sends (frames into a bounded queue, status, replies), one
// writes (sound out of a lock-free ring, settings, commands, credit). push_audio touches the ring alone, so a host's audio thread never
// meets gRPC. The engine sends no more frames than it was granted; each frame that is taken grants one more. A peer that is
// gone ends both streams; one that hangs is found by HTTP/2 pings. Either way the session fails and says so: it is for the owner
// to open another.

#include <chrono>
#include <memory>
#include <string>

#include "engine/api/engine_api.h"

namespace mirrorme {

struct RemoteEngineOptions {
    std::string address;              // "unix:/path"
    std::string token;                // what the engine was started with; empty = it asks for none
    std::string client = "mirrorme";  // name and version, for the engine's log
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds ping_interval{2'000}, ping_timeout{3'000};
};

/// Connects and shakes hands. Throws Error: usage (address), not_found (nobody answers in time), mismatch (refused: token or protocol).
std::unique_ptr<Engine> connect_engine(const RemoteEngineOptions& options);

}  // namespace mirrorme

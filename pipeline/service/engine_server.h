#pragma once
// An engine behind a socket: any Engine, served to other processes of this machine's user.

#include <memory>
#include <string>

#include "engine/api/engine_api.h"

namespace mirrorme {

struct ServeOptions {
    std::string listen;    // "unix:/path"; what is there is replaced
    std::string token;     // asked of every client; empty = none
    int max_sessions = 8;  // open at a time; each has threads and buffers of its own, all share the weights
};

/// Listens from construction to destruction. The socket is the user's alone (mode 600). No TCP port is ever opened.
class EngineServer {
public:
    /// `engine` outlives the server. Throws Error: usage (address, numbers), unreadable (the socket cannot be made).
    EngineServer(Engine& engine, const ServeOptions& options);
    /// Ends every session, waits for their threads, removes the socket.
    ~EngineServer();

    int sessions() const noexcept;  // open now; any thread

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace mirrorme

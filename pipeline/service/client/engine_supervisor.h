#pragma once
// Keeps an engine process running: starts it on a private socket with a random token, connects, watches it, and starts it again
// with growing pauses when it dies. Whoever shows frames asks for the engine when it needs one and never waits.

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/remark.h"
#include "engine/api/engine_api.h"

namespace mirrorme {

struct SupervisorOptions {
    std::filesystem::path program;                  // the engine: mirrorme
    std::vector<std::string> arguments;             // after `serve --listen ADDRESS --until-input-ends`, such as --bundle DIR
    std::filesystem::path log;                      // its standard error; empty = the host's
    std::string client = "mirrorme";                // for the engine's log
    std::chrono::milliseconds start_limit{60'000};  // from start to handshake: loading included
    std::chrono::milliseconds first_pause{250};     // before the second start; each further one doubles it
    std::chrono::milliseconds longest_pause{30'000};
    std::chrono::milliseconds healthy_after{60'000};  // of being connected: the next pause is the first again, as after frames (report_work)
};

enum class SupervisorState {
    starting,  // the process runs and has not answered yet
    running,   // connected
    pausing,   // it died; the next start comes by itself
};
std::string_view name_of(SupervisorState state) noexcept;

struct SupervisorStatus {
    SupervisorState state = SupervisorState::starting;
    int starts = 0;             // so far
    std::int64_t process = -1;  // id; -1 = none
    Remark last_error;          // of the last start or end; empty = none yet
};

class EngineSupervisor {
public:
    /// Starts at once, on a thread of its own. Throws Error: no private folder, no random numbers.
    explicit EngineSupervisor(SupervisorOptions options);
    /// Ends the process. Sessions and engines handed out must be gone.
    ~EngineSupervisor();

    /// The connected engine, or null while there is none. A session opened from it keeps a copy of this pointer for as long as it lives.
    /// Any thread, never waits.
    std::shared_ptr<Engine> engine() const;
    SupervisorStatus status() const;

    /// Ends the process and starts another one without a pause: a person asked for it. Any thread.
    void restart();
    /// As restart(), with the usual pause: `engine` was seen to hang. Nothing happens when another one runs already.
    void report_hang(const Engine* engine, const Remark& what);
    /// `engine` gave frames: should it end, the pause before the next start is the first one again. Any thread, cheap.
    void report_work(const Engine* engine);

private:
    void run();
    bool run_once();
    bool was_healthy();
    void set_state(SupervisorState state, std::int64_t process, const Remark& error = {});
    bool pause(std::chrono::milliseconds time);

    SupervisorOptions options_;
    std::filesystem::path folder_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<Engine> engine_;
    SupervisorStatus status_;
    std::chrono::steady_clock::time_point connected_{}, ended_{};  // of the last life; thread_'s own. connected_ zero: it never answered
    bool ending_ = false, restart_now_ = false, worked_ = false;
    Remark hang_;  // why the running process is to be ended; empty = it is not
    std::thread thread_;
};

}  // namespace mirrorme

#include "service/client/engine_supervisor.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "core/platform/child_process.h"
#include "service/client/remote_engine.h"

namespace mirrorme {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kTokenBytes = 32;
constexpr auto kWatchTick = 50ms;
constexpr auto kConnectTry = 500ms;  // between looks at a process that has not answered yet
constexpr auto kStopPatience = 2s;

}  // namespace

std::string_view name_of(SupervisorState state) noexcept {
    switch (state) {
        case SupervisorState::starting:
            return "starting";
        case SupervisorState::running:
            return "running";
        case SupervisorState::pausing:
            return "pausing";
    }
    return "";
}

EngineSupervisor::EngineSupervisor(SupervisorOptions options)
    : options_(std::move(options)), folder_(platform::make_private_folder("mirrorme")), thread_([this] { run(); }) {}

EngineSupervisor::~EngineSupervisor() {
    {
        std::lock_guard lock(mutex_);
        ending_ = true;
    }
    changed_.notify_all();
    thread_.join();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

std::shared_ptr<Engine> EngineSupervisor::engine() const {
    std::lock_guard lock(mutex_);
    return engine_;
}

SupervisorStatus EngineSupervisor::status() const {
    std::lock_guard lock(mutex_);
    return status_;
}

void EngineSupervisor::restart() {
    {
        std::lock_guard lock(mutex_);
        restart_now_ = true;
    }
    changed_.notify_all();
}

void EngineSupervisor::report_hang(const Engine* engine, const Remark& what) {
    {
        std::lock_guard lock(mutex_);
        if (!engine_ || engine_.get() != engine) return;
        hang_ = what;
    }
    changed_.notify_all();
}

void EngineSupervisor::report_work(const Engine* engine) {
    std::lock_guard lock(mutex_);
    if (engine_ && engine_.get() == engine) worked_ = true;
}

void EngineSupervisor::set_state(SupervisorState state, std::int64_t process, const Remark& error) {
    std::lock_guard lock(mutex_);
    status_.state = state;
    status_.process = process;
    if (!error.empty()) status_.last_error = error;
}

/// False when the supervisor is ending. A restart that somebody asked for cuts it short.
bool EngineSupervisor::pause(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [&] { return ending_ || restart_now_; });
    return !ending_;
}

void EngineSupervisor::run() {
    std::chrono::milliseconds next_pause = options_.first_pause;
    for (;;) {
        const bool asked = run_once();
        if (asked || was_healthy()) next_pause = options_.first_pause;
        if (!pause(asked ? 0ms : next_pause)) return;
        if (!asked) next_pause = std::min(2 * next_pause, options_.longest_pause);
        std::lock_guard lock(mutex_);
        restart_now_ = false;
    }
}

/// An engine that gave frames, or was there for long, is worth starting at once; one that dies over every session it opens is not.
bool EngineSupervisor::was_healthy() {
    const bool lived = connected_ != Clock::time_point{} && ended_ - connected_ >= options_.healthy_after;
    std::lock_guard lock(mutex_);
    return std::exchange(worked_, false) || lived;
}

/// One life of the process, from start to end. True when somebody asked for its end, or the supervisor is ending.
bool EngineSupervisor::run_once() {
    const std::string address = "unix:" + (folder_ / "engine").string();
    Remark problem;
    bool asked = false;
    connected_ = ended_ = {};
    try {
        RemoteEngineOptions remote;
        remote.address = address;
        remote.token = platform::random_token(kTokenBytes);
        remote.client = options_.client;
        remote.connect_timeout = kConnectTry;
        platform::ChildOptions child{
            options_.program, {"serve", "--listen", address, "--until-input-ends"}, {{"MIRRORME_TOKEN", remote.token}}, options_.log};
        child.arguments.insert(child.arguments.end(), options_.arguments.begin(), options_.arguments.end());
        platform::ChildProcess process(child);
        {
            std::lock_guard lock(mutex_);
            ++status_.starts;
        }
        set_state(SupervisorState::starting, process.id());
        const auto leave = [&] {
            std::lock_guard lock(mutex_);
            if (!hang_.empty()) problem = std::exchange(hang_, {});
            asked = ending_ || restart_now_;
            return asked || !problem.empty();
        };

        std::shared_ptr<Engine> engine;
        for (const auto limit = Clock::now() + options_.start_limit; !engine && !leave() && process.running();) {
            if (Clock::now() > limit)
                throw Error(ErrorCode::not_found, "the engine",
                            "did not answer within " + std::to_string(options_.start_limit.count() / 1000) + " s");
            try {
                engine = connect_engine(remote);
            } catch (const Error& e) {
                if (e.code() != ErrorCode::not_found) throw;  // it answers, and refuses
            }
        }
        if (engine) {
            connected_ = Clock::now();
            set_state(SupervisorState::running, process.id());
            {
                std::lock_guard lock(mutex_);
                engine_ = engine;
            }
            while (!leave() && process.running()) {
                std::unique_lock lock(mutex_);
                changed_.wait_for(lock, kWatchTick, [&] { return ending_ || restart_now_ || !hang_.empty(); });
            }
        }
        ended_ = Clock::now();
        {
            std::lock_guard lock(mutex_);
            engine_.reset();
        }
        if (!problem.empty())
            process.kill();
        else
            process.stop(kStopPatience);
        if (problem.empty() && !asked) problem = remark("engine_ended", "the engine ended by itself: %1", {process.end()});
    } catch (const std::exception& e) {
        problem = remark_of(e);
    }
    if (!asked) log_warning("engine: " + problem.text);
    set_state(SupervisorState::pausing, -1, problem);
    return asked;
}

}  // namespace mirrorme

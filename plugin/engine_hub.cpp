#include "plugin/engine_hub.h"

#include <cstdlib>
#include <utility>

#include "core/clock.h"
#include "core/error.h"
#include "core/log.h"
#include "core/version.h"

namespace mirrorme {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kUnusedNs = 30 * kNanosecondsPerSecond;
constexpr auto kSweep = 2s;

EngineState::Phase phase_of(SupervisorState state) {
    switch (state) {
        case SupervisorState::starting:
            return EngineState::Phase::starting;
        case SupervisorState::running:
            return EngineState::Phase::running;
        case SupervisorState::pausing:
            break;
    }
    return EngineState::Phase::pausing;
}

}  // namespace

EngineHub::EngineHub(Options options) : options_(std::move(options)), sweeper_([this] { sweep(); }) {}

EngineHub::~EngineHub() {
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    ending_changed_.notify_all();
    sweeper_.join();
}

std::shared_ptr<EngineSupervisor> EngineHub::find(const EngineChoice& choice) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(choice);
    if (found == entries_.end()) return nullptr;
    found->second.asked_ns = SteadyClock().now_ns();
    return found->second.supervisor;
}

std::shared_ptr<Engine> EngineHub::engine(const EngineChoice& choice) {
    if (options_.program.empty()) return nullptr;
    std::shared_ptr<EngineSupervisor> supervisor = find(choice);
    if (!supervisor) {
        SupervisorOptions options;
        options.program = options_.program;
        options.arguments = options_.arguments;
        options.arguments.insert(options.arguments.end(), choice.begin(), choice.end());
        options.log = options_.log;
        options.client = "obs-mirrorme " + std::string(version());
        try {
            const std::lock_guard lock(mutex_);
            Entry& entry = entries_[choice];
            if (!entry.supervisor) entry.supervisor = std::make_shared<EngineSupervisor>(std::move(options));
            entry.asked_ns = SteadyClock().now_ns();
            supervisor = entry.supervisor;
        } catch (const Error& e) {
            log_error(e.what());
            const std::lock_guard lock(mutex_);
            entries_.erase(choice);
            return nullptr;
        }
    }
    return supervisor->engine();
}

EngineState EngineHub::state(const EngineChoice& choice) const {
    EngineState state;
    state.program = options_.program.filename().string();
    state.error = options_.problem;
    const std::shared_ptr<EngineSupervisor> supervisor = find(choice);
    if (!supervisor) return state;
    const SupervisorStatus status = supervisor->status();
    state.phase = phase_of(status.state);
    state.process = status.process;
    state.starts = status.starts;
    state.error = status.last_error;
    if (const std::shared_ptr<Engine> engine = supervisor->engine()) state.info = engine->info();
    return state;
}

void EngineHub::report_hang(const EngineChoice& choice, const Engine* engine, const Remark& what) {
    if (const auto supervisor = find(choice)) supervisor->report_hang(engine, what);
}

void EngineHub::report_work(const EngineChoice& choice, const Engine* engine) {
    if (const auto supervisor = find(choice)) supervisor->report_work(engine);
}

void EngineHub::restart(const EngineChoice& choice) {
    if (const auto supervisor = find(choice)) supervisor->restart();
}

void EngineHub::sweep() {
    std::unique_lock lock(mutex_);
    while (!ending_) {
        ending_changed_.wait_for(lock, kSweep, [&] { return ending_; });
        std::vector<std::shared_ptr<EngineSupervisor>> unused;  // ended outside the lock: it takes up to two seconds
        for (auto entry = entries_.begin(); entry != entries_.end();) {
            const bool asked = SteadyClock().now_ns() - entry->second.asked_ns < kUnusedNs;
            // A session keeps the engine. Three references are always there: two of the supervisor, and the one looked at here.
            if (asked || entry->second.supervisor->engine().use_count() > 3) {
                ++entry;
                continue;
            }
            unused.push_back(std::move(entry->second.supervisor));
            entry = entries_.erase(entry);
        }
        lock.unlock();
        unused.clear();
        lock.lock();
    }
    const auto entries = std::exchange(entries_, {});
    lock.unlock();
}

std::filesystem::path find_engine_program(const std::filesystem::path& module_folder, Remark& problem) {
    std::vector<std::filesystem::path> candidates;
    if (const char* variable = std::getenv("MIRRORME_ENGINE"); variable && *variable) candidates.emplace_back(variable);
    candidates.push_back(module_folder / "mirrorme");
    for (const char* up : {"..", "../..", "../../.."}) candidates.push_back(module_folder / up / "libexec/obs-mirrorme/mirrorme");
    std::string tried;
    for (const std::filesystem::path& candidate : candidates) {
        std::error_code ignored;
        const std::filesystem::path path = std::filesystem::weakly_canonical(candidate, ignored);
        if (std::filesystem::is_regular_file(path, ignored)) return path;
        tried += (tried.empty() ? "" : ", ") + candidate.lexically_normal().string();
    }
    problem = remark("looked_for", "looked for at %1", {tried});
    return {};
}

}  // namespace mirrorme

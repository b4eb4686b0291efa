#pragma once
// The one thread that computes for an engine, and the turns it gives to its sessions.

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "schedule/compute_share.h"

namespace mirrorme {

/// Gives the attached sessions turns, a chunk each: with one set of weights and one device that needs no locks around the model. The one whose next chunk
/// is due first comes first; those that are never due (files) take turns in rotation, in the time that live ones leave. Sleeps when no session made
/// progress, until woken or a few milliseconds have passed.
class Worker {
public:
    enum class Progress { made, waiting, ended };
    class Turn {
    public:
        virtual ~Turn() = default;
        /// One chunk at most. Worker's thread.
        virtual Progress take_turn() noexcept = 0;
        /// When the next chunk is due, on SteadyClock; none: it never is. Worker's thread.
        virtual std::optional<std::int64_t> deadline_ns() const noexcept { return std::nullopt; }
    };

    /// `on_start` runs first on the new thread (thread counts, rounding modes).
    explicit Worker(std::function<void()> on_start = {});
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// From now on turns take at most this share of the time, 0 < share <= 1; tasks are not counted. Worker's thread (a task), or before the first attach().
    void set_share(double share) { share_ = ComputeShare(share); }
    /// Runs `task` on the worker's thread between turns and waits for it; rethrows what it throws. Not from the worker's thread.
    void run(std::function<void()> task);
    void attach(Turn& turn);
    /// On return the turn will never be taken again.
    void detach(Turn& turn);
    /// Something may be possible now. Any thread; never blocks. A wake-up may be lost; the worker then looks again by itself.
    void wake() noexcept { changed_.notify_one(); }

private:
    struct Task {
        std::function<void()> work;
        std::exception_ptr failure;
        bool done = false;
    };

    void loop();
    /// One turn that made progress; false: there was none.
    bool take_a_turn();

    std::mutex mutex_;
    std::condition_variable changed_, task_done_;
    std::deque<std::shared_ptr<Task>> tasks_;
    std::vector<Turn*> turns_;  // worker's thread only
    ComputeShare share_;        // worker's thread only
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace mirrorme

#include "engine/session/worker.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "core/clock.h"

namespace mirrorme {
namespace {

// How long a lost wake-up or a deadline may go unnoticed.
constexpr auto kLookAgain = std::chrono::milliseconds(4);

}  // namespace

Worker::Worker(std::function<void()> on_start) {
    thread_ = std::thread([this, on_start = std::move(on_start)] {
        if (on_start) on_start();
        loop();
    });
}

Worker::~Worker() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
}

void Worker::run(std::function<void()> work) {
    const auto task = std::make_shared<Task>();
    task->work = std::move(work);
    std::unique_lock lock(mutex_);
    tasks_.push_back(task);
    changed_.notify_one();
    task_done_.wait(lock, [&] { return task->done; });
    if (task->failure) std::rethrow_exception(task->failure);
}

void Worker::attach(Turn& turn) {
    run([&] { turns_.push_back(&turn); });
}

void Worker::detach(Turn& turn) {
    run([&] { std::erase(turns_, &turn); });
}

void Worker::loop() {
    std::unique_lock lock(mutex_);
    const SteadyClock clock;
    bool idle = false;
    while (true) {
        if (const std::int64_t pause_ns = share_.free_at_ns() - clock.now_ns(); pause_ns > 0) {
            changed_.wait_for(lock, std::chrono::nanoseconds(pause_ns), [&] { return stopping_ || !tasks_.empty(); });
            if (tasks_.empty() && !stopping_) idle = false;
        } else if (idle && tasks_.empty() && !stopping_) {
            if (turns_.empty()) changed_.wait(lock, [&] { return stopping_ || !tasks_.empty(); });
            else changed_.wait_for(lock, kLookAgain);
        }
        if (stopping_ && tasks_.empty()) return;
        if (!tasks_.empty()) {
            const std::shared_ptr<Task> task = tasks_.front();
            tasks_.pop_front();
            lock.unlock();
            try {
                task->work();
            } catch (...) {
                task->failure = std::current_exception();
            }
            lock.lock();
            task->done = true;
            task_done_.notify_all();
            idle = false;
            continue;
        }
        lock.unlock();
        const std::int64_t start_ns = clock.now_ns();
        idle = !take_a_turn();
        if (!idle) share_.worked(start_ns, clock.now_ns());
        lock.lock();
    }
}

bool Worker::take_a_turn() {
    const auto due = [](const Turn* turn) { return turn->deadline_ns().value_or(std::numeric_limits<std::int64_t>::max()); };
    std::stable_sort(turns_.begin(), turns_.end(), [&](const Turn* a, const Turn* b) { return due(a) < due(b); });
    for (auto turn = turns_.begin(); turn != turns_.end(); ++turn) {
        if ((*turn)->take_turn() != Progress::made) continue;
        std::rotate(turn, turn + 1, turns_.end());  // behind those that are due when it is
        return true;
    }
    return false;
}

}  // namespace mirrorme

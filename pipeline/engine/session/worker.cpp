#include "engine/session/worker.h"

#include <chrono>
#include <utility>

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
    bool idle = false;
    while (true) {
        if (idle && tasks_.empty() && !stopping_) {
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
        idle = true;
        for (Turn* turn : turns_)
            if (turn->take_turn() == Progress::made) idle = false;
        lock.lock();
    }
}

}  // namespace mirrorme

#pragma once
// Batches drawn ahead on data threads and handed over in step order.
// Producer: `threads` threads, thread i draws steps first + i, first + i + threads, ... Consumer: the training thread.
// Full (`capacity` batches drawn and not taken): the data threads wait. Empty: next() waits and counts the time.
// A drawing that throws ends the queue: next() throws it again when its step is due.

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "train/training_task.h"

namespace mirrorme {

class BatchQueue {
public:
    /// Starts drawing at once. `sources` has one source a thread, at least one.
    BatchQueue(std::vector<std::unique_ptr<BatchSource>> sources, std::uint64_t data_seed, std::int64_t first_step, int capacity);
    /// Stops the threads; a drawing under way is finished first.
    ~BatchQueue();
    BatchQueue(const BatchQueue&) = delete;
    BatchQueue& operator=(const BatchQueue&) = delete;

    /// The batch of the next step. Training thread only.
    std::unique_ptr<TrainingBatch> next();
    /// Seconds that next() has waited so far.
    double waited_seconds() const noexcept { return waited_seconds_; }

private:
    struct Drawn {
        std::unique_ptr<TrainingBatch> batch;
        std::exception_ptr failure;
    };
    void draw_steps(BatchSource& source, std::int64_t first, std::int64_t stride);

    std::vector<std::unique_ptr<BatchSource>> sources_;
    const std::uint64_t data_seed_;
    const std::int64_t capacity_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::int64_t, Drawn> drawn_;  // by step
    std::int64_t next_step_;
    bool stopping_ = false;
    double waited_seconds_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace mirrorme

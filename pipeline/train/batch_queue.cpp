#include "train/batch_queue.h"

#include <algorithm>
#include <chrono>

namespace mirrorme {

std::uint64_t item_seed(std::uint64_t data_seed, std::int64_t step, std::int64_t item) noexcept {
    auto mix = [](std::uint64_t z) {  // finaliser of SplitMix64
        z += 0x9E3779B97F4A7C15u;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    };
    return mix(mix(mix(data_seed) ^ static_cast<std::uint64_t>(step)) ^ static_cast<std::uint64_t>(item));
}

BatchQueue::BatchQueue(std::vector<std::unique_ptr<BatchSource>> sources, std::uint64_t data_seed, std::int64_t first_step, int capacity)
    : sources_(std::move(sources)),
      data_seed_(data_seed),
      capacity_(std::max<std::int64_t>(capacity, static_cast<std::int64_t>(sources_.size()))),
      next_step_(first_step) {
    const auto count = static_cast<std::int64_t>(sources_.size());
    for (std::int64_t i = 0; i < count; ++i)
        threads_.emplace_back([this, i, count, first_step] { draw_steps(*sources_[static_cast<std::size_t>(i)], first_step + i, count); });
}

BatchQueue::~BatchQueue() {
    {
        std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void BatchQueue::draw_steps(BatchSource& source, std::int64_t first, std::int64_t stride) {
    at::set_num_threads(1);  // of this thread: drawing must not take cores from the step
    for (std::int64_t step = first;; step += stride) {
        {
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return stopping_ || step < next_step_ + capacity_; });
            if (stopping_) return;
        }
        Drawn drawn;
        try {
            drawn.batch = source.draw(data_seed_, step);
        } catch (...) {
            drawn.failure = std::current_exception();
        }
        const bool failed = drawn.failure != nullptr;
        {
            std::lock_guard lock(mutex_);
            drawn_.emplace(step, std::move(drawn));
        }
        changed_.notify_all();
        if (failed) return;
    }
}

std::unique_ptr<TrainingBatch> BatchQueue::next() {
    const auto start = std::chrono::steady_clock::now();
    Drawn drawn;
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return drawn_.contains(next_step_); });
        drawn = std::move(drawn_.extract(next_step_).mapped());
        if (!drawn.failure) ++next_step_;
    }
    changed_.notify_all();
    waited_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (drawn.failure) std::rethrow_exception(drawn.failure);
    return std::move(drawn.batch);
}

}  // namespace mirrorme

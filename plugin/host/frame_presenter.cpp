#include "plugin/host/frame_presenter.h"

#include <utility>

namespace mirrorme {

FramePresenter::FramePresenter(std::size_t capacity) : capacity_(capacity), queue_(capacity) { retired_.reserve(capacity); }

void FramePresenter::retire(VideoFrame& frame) noexcept {
    if (retired_.size() < retired_.capacity()) retired_.push_back(std::move(frame));
    frame = {};
}

void FramePresenter::push(VideoFrame frame, std::int64_t due_ns, std::int64_t period_ns, std::int64_t now_ns) {
    VideoFrame freed;  // outside the lock
    const std::lock_guard lock(mutex_);
    if (newest_due_ns_ && due_ns <= *newest_due_ns_) return;
    newest_due_ns_ = due_ns;
    if (due_ns + period_ns <= now_ns) {
        ++counters_.late;
        freed = std::move(frame);
        return;
    }
    if (count_ == capacity_) {
        freed = std::move(queue_[head_].frame);
        head_ = (head_ + 1) % capacity_;
        --count_;
        ++counters_.dropped;
    }
    queue_[(head_ + count_) % capacity_] = {std::move(frame), due_ns};
    ++count_;
}

void FramePresenter::clear() {
    const std::lock_guard lock(mutex_);
    for (; count_ > 0; --count_) {
        queue_[head_].frame = {};
        head_ = (head_ + 1) % capacity_;
    }
    newest_due_ns_.reset();
}

void FramePresenter::collect() {
    std::vector<VideoFrame> freed;
    freed.reserve(capacity_);
    const std::lock_guard lock(mutex_);
    freed.swap(retired_);
}

PresenterCounters FramePresenter::counters() const {
    const std::lock_guard lock(mutex_);
    PresenterCounters counters = counters_;
    counters.waiting = count_;
    return counters;
}

}  // namespace mirrorme

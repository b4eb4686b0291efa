#include "frames/frame_queue.h"

#include <iterator>
#include <utility>

namespace mirrorme {

bool FrameQueue::push(std::vector<VideoFrame> frames) {
    {
        const std::lock_guard lock(mutex_);
        if (closed_ || frames_.size() + frames.size() > capacity_) return false;
        frames_.insert(frames_.end(), std::make_move_iterator(frames.begin()), std::make_move_iterator(frames.end()));
    }
    changed_.notify_one();
    return true;
}

void FrameQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_one();
}

FrameQueue::Pop FrameQueue::pop(VideoFrame& frame, std::chrono::nanoseconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, wait, [&] { return closed_ || !frames_.empty(); });
    if (frames_.empty()) return closed_ ? Pop::closed : Pop::empty;
    frame = std::move(frames_.front());
    frames_.pop_front();
    return Pop::frame;
}

std::size_t FrameQueue::clear() {
    const std::lock_guard lock(mutex_);
    const std::size_t dropped = frames_.size();
    frames_.clear();
    return dropped;
}

std::size_t FrameQueue::depth() const {
    const std::lock_guard lock(mutex_);
    return frames_.size();
}

}  // namespace mirrorme

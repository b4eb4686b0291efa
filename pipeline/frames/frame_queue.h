#pragma once
// Finished frames on their way to the reader.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

#include "core/video_frame.h"

namespace mirrorme {

/// A bounded first-in, first-out queue of frames.
///
/// Producer: one thread, push() and close(). Consumer: one thread, pop(). depth() and clear() from any thread.
/// Full: push() takes nothing and returns false; the producer asks depth() before it makes frames, so nothing is made to be thrown away.
/// Empty: pop() waits at most as long as it is told. Closed: what is queued is still handed out, then pop() says closed.
/// Reset: clear() drops everything queued and returns how many frames that were; the queue stays open.
/// Holds a mutex for a few instructions: not for the threads of a host's audio or graphics.
class FrameQueue {
public:
    enum class Pop { frame, empty, closed };

    explicit FrameQueue(std::size_t capacity) : capacity_(capacity) {}

    /// All of `frames` or, when they do not fit, none.
    bool push(std::vector<VideoFrame> frames);
    void close();
    Pop pop(VideoFrame& frame, std::chrono::nanoseconds wait);

    std::size_t clear();
    std::size_t depth() const;
    std::size_t capacity() const noexcept { return capacity_; }

private:
    const std::size_t capacity_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<VideoFrame> frames_;
    bool closed_ = false;
};

}  // namespace mirrorme

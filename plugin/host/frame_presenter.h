#pragma once
// Frames waiting for their moment on the screen.

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "core/video_frame.h"

namespace mirrorme {

struct PresenterCounters {
    std::int64_t shown = 0;
    std::int64_t late = 0;     // came when their time, and that of the frame after them, was over
    std::int64_t dropped = 0;  // never shown: a newer one was due, or the queue was full
    std::size_t waiting = 0;
    double lip_offset_ns = 0;  // mean of (shown - due) of recent frames
};

/// Producer: one worker, push(), clear(), collect(). Consumer: the host's graphics thread, present().
/// Full: the oldest frame is dropped and counted. Empty: present() shows nothing new, the picture stays. Reset: clear().
/// present() never waits (a lock that is taken means: next tick), never allocates and never frees: pixels it is done with are freed by collect().
class FramePresenter {
public:
    explicit FramePresenter(std::size_t capacity = 256);

    /// `due_ns`: host time at which the frame is to be seen; `period_ns`: until the next one. Frames come in order; one that is not
    /// later than the newest is refused.
    void push(VideoFrame frame, std::int64_t due_ns, std::int64_t period_ns, std::int64_t now_ns);
    /// Forgets what waits, and that there was anything before.
    void clear();
    /// Frees what present() is done with.
    void collect();

    /// Calls show(const VideoFrame&) with the newest frame due at `now_ns` plus half a tick, if there is one; it must not throw. True when it did.
    template <class Show>
    bool present(std::int64_t now_ns, std::int64_t tick_ns, Show&& show);

    PresenterCounters counters() const;

private:
    struct Waiting {
        VideoFrame frame;
        std::int64_t due_ns = 0;
    };
    void retire(VideoFrame& frame) noexcept;

    mutable std::mutex mutex_;
    const std::size_t capacity_;
    std::vector<Waiting> queue_;     // a ring: head_, count_
    std::size_t head_ = 0, count_ = 0;
    std::vector<VideoFrame> retired_;  // capacity is reserved; a frame too many is freed where it is
    std::optional<std::int64_t> newest_due_ns_;
    PresenterCounters counters_;
};

template <class Show>
bool FramePresenter::present(std::int64_t now_ns, std::int64_t tick_ns, Show&& show) {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) return false;
    const std::int64_t until_ns = now_ns + tick_ns / 2;
    while (count_ > 1 && queue_[(head_ + 1) % capacity_].due_ns <= until_ns) {
        retire(queue_[head_].frame);
        head_ = (head_ + 1) % capacity_;
        --count_;
        ++counters_.dropped;
    }
    if (count_ == 0 || queue_[head_].due_ns > until_ns) return false;
    Waiting& due = queue_[head_];
    show(static_cast<const VideoFrame&>(due.frame));
    constexpr double kForget = 1.0 / 48;
    const auto offset = static_cast<double>(now_ns - due.due_ns);
    counters_.lip_offset_ns += counters_.shown == 0 ? offset : kForget * (offset - counters_.lip_offset_ns);
    ++counters_.shown;
    retire(due.frame);
    head_ = (head_ + 1) % capacity_;
    --count_;
    return true;
}

}  // namespace mirrorme

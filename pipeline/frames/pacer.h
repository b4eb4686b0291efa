#pragma once
// Which frame is to be seen now?

#include <cstdint>
#include <deque>
#include <optional>

#include "core/video_frame.h"

namespace mirrorme {

/// Keeps frames that are not due yet and gives each at its time, at most one a call: the newest one due; older ones are
/// dropped and counted, so that a slow reader never shifts time. One thread (a presenter's). take_due() does not allocate.
/// Full: the oldest frame is dropped and counted. Empty: nothing is due, the reader keeps what it shows.
class Pacer {
public:
    explicit Pacer(std::size_t capacity) : capacity_(capacity) {}

    /// Frames come in order of time; one that is not later than the newest is refused.
    bool push(VideoFrame frame);
    /// The newest frame with first_sample <= media_now.
    std::optional<VideoFrame> take_due(SampleIndex media_now);
    /// When the next frame is due; none when empty.
    std::optional<SampleIndex> next_due() const noexcept;
    void clear() noexcept { frames_.clear(); }

    std::size_t depth() const noexcept { return frames_.size(); }
    std::int64_t dropped() const noexcept { return dropped_; }

private:
    std::size_t capacity_;
    std::deque<VideoFrame> frames_;
    std::optional<SampleIndex> newest_;
    std::int64_t dropped_ = 0;
};

}  // namespace mirrorme

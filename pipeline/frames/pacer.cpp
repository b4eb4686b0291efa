#include "frames/pacer.h"

#include <utility>

namespace mirrorme {

bool Pacer::push(VideoFrame frame) {
    if (newest_ && frame.first_sample <= *newest_) return false;
    newest_ = frame.first_sample;
    if (frames_.size() >= capacity_) {
        frames_.pop_front();
        ++dropped_;
    }
    frames_.push_back(std::move(frame));
    return true;
}

std::optional<VideoFrame> Pacer::take_due(SampleIndex media_now) {
    std::optional<VideoFrame> due;
    while (!frames_.empty() && frames_.front().first_sample <= media_now) {
        if (due) ++dropped_;
        due = std::move(frames_.front());
        frames_.pop_front();
    }
    return due;
}

std::optional<SampleIndex> Pacer::next_due() const noexcept {
    if (frames_.empty()) return std::nullopt;
    return frames_.front().first_sample;
}

}  // namespace mirrorme

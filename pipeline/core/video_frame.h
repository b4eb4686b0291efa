#pragma once
// A picture and its time. Frames never travel without it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/time.h"

namespace mirrorme {

/// Pixels of one frame, shared and immutable once published: BGRA, 8 bit, sRGB, full range, straight alpha,
/// foreground colour dilated under alpha 0, rows top to bottom, no padding: [height * width * 4].
using FramePixels = std::vector<std::uint8_t>;

struct VideoFrame {
    std::shared_ptr<const FramePixels> pixels;  // null only in a default-constructed frame
    int width = 0, height = 0;
    FrameIndex index = 0;          // at the session's fps
    SampleIndex first_sample = 0;  // media time at which it is due: MediaClock::first_sample(index)
    int degraded = 0;              // DegradationLevel it was made at, 0 = full quality
};

/// True when the buffer holds exactly width x height pixels.
inline bool well_formed(const VideoFrame& frame) noexcept {
    return frame.pixels && frame.width > 0 && frame.height > 0 &&
           frame.pixels->size() == static_cast<std::size_t>(frame.width) * static_cast<std::size_t>(frame.height) * 4;
}

}  // namespace mirrorme

#pragma once
// The last touches a reader of frames may want: a colour behind the person, a mirror.

#include <cstdint>

#include "core/video_frame.h"

namespace mirrorme {

/// The frame over `rgb` (0xrrggbb), opaque. Alpha is straight; blending is in sRGB values, as OBS and browsers do.
VideoFrame composed_over(const VideoFrame& frame, std::uint32_t rgb);
/// Left and right swapped.
VideoFrame mirrored(const VideoFrame& frame);

}  // namespace mirrorme

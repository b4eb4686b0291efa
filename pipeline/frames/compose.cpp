#include "frames/compose.h"

#include <algorithm>

namespace mirrorme {

VideoFrame composed_over(const VideoFrame& frame, std::uint32_t rgb) {
    auto pixels = std::make_shared<FramePixels>(*frame.pixels);
    const unsigned behind[3] = {rgb & 255, (rgb >> 8) & 255, (rgb >> 16) & 255};  // b, g, r
    for (std::size_t i = 0; i + 3 < pixels->size(); i += 4) {
        std::uint8_t* p = pixels->data() + i;
        const unsigned alpha = p[3];
        for (int c = 0; c < 3; ++c) p[c] = static_cast<std::uint8_t>((p[c] * alpha + behind[c] * (255 - alpha) + 127) / 255);
        p[3] = 255;
    }
    VideoFrame out = frame;
    out.pixels = std::move(pixels);
    return out;
}

VideoFrame mirrored(const VideoFrame& frame) {
    auto pixels = std::make_shared<FramePixels>(frame.pixels->size());
    const auto row = static_cast<std::size_t>(frame.width) * 4;
    for (int y = 0; y < frame.height; ++y) {
        const std::uint8_t* from = frame.pixels->data() + static_cast<std::size_t>(y) * row;
        std::uint8_t* to = pixels->data() + static_cast<std::size_t>(y) * row;
        for (int x = 0; x < frame.width; ++x) std::copy_n(from + (frame.width - 1 - x) * 4, 4, to + x * 4);
    }
    VideoFrame out = frame;
    out.pixels = std::move(pixels);
    return out;
}

}  // namespace mirrorme

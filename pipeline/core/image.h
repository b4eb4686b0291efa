#pragma once
// A picture in memory, as every torch-free room sees it.

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mirrorme {

/// 8-bit RGBA, sRGB, full range, straight (not premultiplied) alpha, rows top to bottom, no padding.
/// Empty when width or height is 0.
struct RgbaImage {
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> pixels;  // [height * width * 4]

    RgbaImage() = default;
    RgbaImage(int w, int h) : width(w), height(h), pixels(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * 4) {}

    bool empty() const noexcept { return width <= 0 || height <= 0; }
    std::uint8_t* at(int x, int y) { return pixels.data() + (static_cast<std::size_t>(y) * width + x) * 4; }
    const std::uint8_t* at(int x, int y) const { return pixels.data() + (static_cast<std::size_t>(y) * width + x) * 4; }
};

}  // namespace mirrorme

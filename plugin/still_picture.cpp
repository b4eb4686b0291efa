#include "plugin/still_picture.h"

#include <graphics/graphics.h>
#include <util/bmem.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>

namespace mirrorme {
namespace {

struct Freed {
    void operator()(std::uint8_t* pixels) const noexcept { bfree(pixels); }
};

/// One decoded picture: 4 bytes a pixel, colour order and alpha as libobs says.
struct Picture {
    std::unique_ptr<std::uint8_t, Freed> pixels;
    enum gs_color_format format = GS_UNKNOWN;
    std::uint32_t width = 0, height = 0;

    /// B, G, R, A, straight.
    std::array<float, 4> at(std::int64_t x, std::int64_t y) const {
        const std::uint8_t* p = pixels.get() + (static_cast<std::size_t>(y) * width + static_cast<std::size_t>(x)) * 4;
        const bool rgba = format == GS_RGBA;
        const float alpha = format == GS_BGRX ? 255.0f : static_cast<float>(p[3]);
        return {static_cast<float>(p[rgba ? 2 : 0]), static_cast<float>(p[1]), static_cast<float>(p[rgba ? 0 : 2]), alpha};
    }
};

/// Mean of a picture's pixels in [x0, x1) x [y0, y1), colours weighted by alpha; pixels outside are transparent.
std::array<std::uint8_t, 4> mean(const Picture& picture, double x0, double y0, double x1, double y1) {
    std::array<double, 4> sum{};
    double pixels = 0;
    for (auto y = static_cast<std::int64_t>(std::floor(y0)); y < std::max<double>(std::floor(y0) + 1, y1); ++y)
        for (auto x = static_cast<std::int64_t>(std::floor(x0)); x < std::max<double>(std::floor(x0) + 1, x1); ++x) {
            ++pixels;
            if (x < 0 || y < 0 || x >= picture.width || y >= picture.height) continue;
            const std::array<float, 4> p = picture.at(x, y);
            for (std::size_t c = 0; c < 3; ++c) sum[c] += static_cast<double>(p[c] * p[3]);
            sum[3] += static_cast<double>(p[3]);
        }
    std::array<std::uint8_t, 4> out{};
    for (std::size_t c = 0; c < 3; ++c) out[c] = static_cast<std::uint8_t>(sum[3] > 0 ? std::lround(sum[c] / sum[3]) : 0);
    out[3] = static_cast<std::uint8_t>(std::lround(sum[3] / pixels));
    return out;
}

}  // namespace

VideoFrame load_still(const std::string& file, const std::vector<double>& crop, int width, int height) {
    Picture picture;
    picture.pixels.reset(gs_create_texture_file_data2(file.c_str(), GS_IMAGE_ALPHA_STRAIGHT, &picture.format, &picture.width, &picture.height));
    const bool known = picture.format == GS_RGBA || picture.format == GS_BGRA || picture.format == GS_BGRX;
    if (!picture.pixels || !known || picture.width == 0 || picture.height == 0) return {};

    std::vector<double> box = crop;
    if (box.size() != 4 || box[2] <= 0 || box[3] <= 0) {
        const double aspect = static_cast<double>(width) / height;
        const double w = std::min<double>(picture.width, picture.height * aspect), h = w / aspect;
        box = {(picture.width - w) / 2, 0, w, h};
    }
    auto pixels = std::make_shared<FramePixels>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4);
    const double sx = box[2] / width, sy = box[3] / height;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const auto pixel = mean(picture, box[0] + x * sx, box[1] + y * sy, box[0] + (x + 1) * sx, box[1] + (y + 1) * sy);
            std::copy(pixel.begin(), pixel.end(), pixels->begin() + (static_cast<std::ptrdiff_t>(y) * width + x) * 4);
        }
    VideoFrame still;
    still.pixels = std::move(pixels);
    still.width = width;
    still.height = height;
    return still;
}

}  // namespace mirrorme

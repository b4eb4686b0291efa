#include "codec/motion/resample.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "codec/motion/face_crop.h"

namespace mirrorme {
namespace {

using kernels::Size;

FloatPicture halved(const FloatPicture& picture) {
    const Size size{std::max(picture.size.width / 2, 1), std::max(picture.size.height / 2, 1)};
    FloatPicture out{size, std::vector<float>(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4)};
    const std::size_t stride = static_cast<std::size_t>(picture.size.width) * 4;
    for (int y = 0; y < size.height; ++y) {
        const float* upper = picture.rgba.data() + static_cast<std::size_t>(std::min(2 * y, picture.size.height - 1)) * stride;
        const float* lower = picture.rgba.data() + static_cast<std::size_t>(std::min(2 * y + 1, picture.size.height - 1)) * stride;
        float* to = out.rgba.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) * 4;
        for (int x = 0; x < size.width; ++x) {
            const std::size_t left = static_cast<std::size_t>(std::min(2 * x, picture.size.width - 1)) * 4;
            const std::size_t right = static_cast<std::size_t>(std::min(2 * x + 1, picture.size.width - 1)) * 4;
            for (std::size_t c = 0; c < 4; ++c) *to++ = 0.25f * (upper[left + c] + upper[right + c] + lower[left + c] + lower[right + c]);
        }
    }
    return out;
}

void sample_at(const FloatPicture& picture, float x, float y, Outside outside, float* out) {
    const int width = picture.size.width, height = picture.size.height;
    const float limit_x = static_cast<float>(width) + 1, limit_y = static_cast<float>(height) + 1;
    x = std::clamp(x, -2.0f, limit_x), y = std::clamp(y, -2.0f, limit_y);
    const int x0 = static_cast<int>(std::floor(x)), y0 = static_cast<int>(std::floor(y));
    const float fx = x - static_cast<float>(x0), fy = y - static_cast<float>(y0);
    std::fill_n(out, 4, 0.0f);
    for (int dy = 0; dy < 2; ++dy) {
        for (int dx = 0; dx < 2; ++dx) {
            int px = x0 + dx, py = y0 + dy;
            if (outside == Outside::edge) px = std::clamp(px, 0, width - 1), py = std::clamp(py, 0, height - 1);
            if (px < 0 || py < 0 || px >= width || py >= height) continue;
            const float w = (dx ? fx : 1 - fx) * (dy ? fy : 1 - fy);
            const float* p = picture.rgba.data() + (static_cast<std::size_t>(py) * static_cast<std::size_t>(width) + static_cast<std::size_t>(px)) * 4;
            for (int c = 0; c < 4; ++c) out[c] += w * p[c];
        }
    }
}

}  // namespace

std::vector<float> to_premultiplied(const RgbaImage& image) {
    std::vector<float> out(image.pixels.size());
    for (std::size_t i = 0; i + 3 < out.size(); i += 4) {
        const float alpha = static_cast<float>(image.pixels[i + 3]) / 255.0f;
        for (std::size_t c = 0; c < 3; ++c) out[i + c] = static_cast<float>(image.pixels[i + c]) / 255.0f * alpha;
        out[i + 3] = alpha;
    }
    return out;
}

FloatPicture to_float_picture(const RgbaImage& image) { return {{image.width, image.height}, to_premultiplied(image)}; }

RgbaImage to_rgba_image(const FloatPicture& picture) {
    RgbaImage out(picture.size.width, picture.size.height);
    auto byte = [](float v) { return static_cast<std::uint8_t>(std::clamp(v, 0.0f, 1.0f) * 255.0f + 0.5f); };
    for (std::size_t i = 0; i < out.pixels.size(); i += 4) {
        const float alpha = picture.rgba[i + 3];
        for (std::size_t c = 0; c < 3; ++c) out.pixels[i + c] = alpha > 1e-3f ? byte(picture.rgba[i + c] / alpha) : std::uint8_t{0};
        out.pixels[i + 3] = byte(alpha);
    }
    return out;
}

FloatPicture resample(const FloatPicture& picture, const Affine& to_source, Size size, Outside outside) {
    Affine map = to_source;
    FloatPicture reduced;
    const FloatPicture* from = &picture;
    while (std::sqrt(std::abs(map.a * map.d - map.b * map.c)) > 1.5f && std::min(from->size.width, from->size.height) > 1) {
        reduced = halved(*from);
        from = &reduced;
        // The middle of the halved pixel i lies at 2 i + 0.5 of the larger picture.
        map = {map.a / 2, map.b / 2, (map.tx - 0.5f) / 2, map.c / 2, map.d / 2, (map.ty - 0.5f) / 2};
    }
    FloatPicture out{size, std::vector<float>(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4)};
    float* to = out.rgba.data();
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x, to += 4) {
            const Point at = apply(map, {static_cast<float>(x), static_cast<float>(y)});
            sample_at(*from, at.x, at.y, outside, to);
        }
    return out;
}

Affine face_crop_map(const FaceFrame& face) {
    const float scale = face.unit / kFaceCropUnit, c = scale * std::cos(face.roll), s = scale * std::sin(face.roll);
    const float down = face.unit * kFaceCropDown, middle = 0.5f * (kFaceCropSize - 1);
    const Point centre{face.origin_x - down * std::sin(face.roll), face.origin_y + down * std::cos(face.roll)};
    return {c, -s, centre.x - c * middle + s * middle, s, c, centre.y - s * middle - c * middle};
}

std::vector<float> face_guide(const FaceFrame& face, Size size) {
    constexpr float kHalf = 3.5f;  // face units at which it has fallen to exp(-1/2)
    std::vector<float> guide(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height));
    const float scale = -0.5f / (kHalf * kHalf * face.unit * face.unit);
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            const float dx = static_cast<float>(x) - face.origin_x, dy = static_cast<float>(y) - face.origin_y;
            guide[static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) + static_cast<std::size_t>(x)] = std::exp(scale * (dx * dx + dy * dy));
        }
    return guide;
}

KeyPointFrame transformed(const KeyPointFrame& frame, const Affine& map) {
    KeyPointFrame out = frame;
    for (int i = 0; i < point::kCount; ++i) set_position(out, i, apply(map, position(frame, i)));
    return out;
}

}  // namespace mirrorme

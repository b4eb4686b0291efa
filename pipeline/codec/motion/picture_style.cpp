#include "codec/motion/picture_style.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "codec/motion/body_geometry.h"

namespace mirrorme {
namespace {

using kernels::Size;

constexpr int kEdgeReach = 4, kBehindEdge = 9;  // pixels from the outline inwards: the line's, and what it borders

float median(std::vector<float>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

float smooth_step(float low, float high, float value) {
    const float t = std::clamp((value - low) / (high - low), 0.0f, 1.0f);
    return t * t * (3 - 2 * t);
}

class Reader {
public:
    Reader(const float* rgba, Size size) : rgba_(rgba), size_(size) {}
    bool has(int x, int y) const { return x >= 0 && y >= 0 && x < size_.width && y < size_.height; }
    float alpha(int x, int y) const { return at(x, y)[3]; }
    float tone(int x, int y) const {  // of a pixel that is surely the person's
        const float* p = at(x, y);
        return luminance({p[0] / p[3], p[1] / p[3], p[2] / p[3]});
    }

private:
    const float* at(int x, int y) const { return rgba_ + 4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(size_.width) + static_cast<std::size_t>(x)); }
    const float* rgba_;
    Size size_;
};

/// Along every row from both sides: how dark the outline is against what lies behind it, and how wide.
void read_lines(const Reader& picture, Size size, PictureStyle& style) {
    std::vector<float> tones, widths;
    for (int y = 0; y < size.height; ++y) {
        for (const int step : {1, -1}) {
            int x = step > 0 ? 0 : size.width - 1;
            if (picture.alpha(x, y) > 0.5f) continue;  // the body leaves the frame here
            while (picture.has(x, y) && picture.alpha(x, y) <= 0.9f) x += step;
            const int behind = x + step * kBehindEdge;
            if (!picture.has(behind, y) || picture.alpha(behind, y) < 0.9f) continue;
            const float inner = picture.tone(behind, y);
            if (inner < 0.12f) continue;  // on black no line shows
            float darkest = inner;
            int dark = 0;
            for (int i = 0; i < kEdgeReach; ++i) {
                if (picture.alpha(x + step * i, y) < 0.5f) break;
                const float tone = picture.tone(x + step * i, y);
                darkest = std::min(darkest, tone);
                dark += tone < 0.6f * inner;
            }
            tones.push_back(darkest / inner);
            if (dark > 0) widths.push_back(static_cast<float>(dark));
        }
    }
    if (tones.size() < 20) return;
    style.line_tone = median(tones);
    style.line = 1 - smooth_step(0.45f, 0.8f, style.line_tone);
    if (!widths.empty()) style.line_width = std::clamp(median(widths), 1.0f, 4.0f);
}

struct Patch {
    float mean = 0, spread = 0;
};
/// Tones about a place; `spread` without their slope, so that neither a shadow's edge nor an eye counts as paint.
Patch patch_at(const Reader& picture, Point place, int radius) {
    std::vector<float> tones;
    std::vector<float> steps;
    for (int y = static_cast<int>(place.y) - radius; y <= static_cast<int>(place.y) + radius; ++y) {
        for (int x = static_cast<int>(place.x) - radius; x <= static_cast<int>(place.x) + radius; ++x) {
            if (!picture.has(x, y) || !picture.has(x + 2, y) || picture.alpha(x, y) < 0.9f || picture.alpha(x + 2, y) < 0.9f) continue;
            tones.push_back(picture.tone(x, y));
            steps.push_back(std::abs(picture.tone(x + 2, y) - picture.tone(x, y)));
        }
    }
    if (tones.empty()) return {};
    return {median(tones), median(steps)};
}

void read_light(const Reader& picture, const KeyPointFrame& points, PictureStyle& style) {
    const int radius = std::max(static_cast<int>(0.14f * face_frame_of(points).unit), 2);
    auto between = [](Point a, Point b, float t) { return Point{a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)}; };
    const Patch right = patch_at(picture, between(position(points, point::kFaceContour + 2), position(points, point::kNose + 2), 0.4f), radius);
    const Patch left = patch_at(picture, between(position(points, point::kFaceContour + 3), position(points, point::kNose + 3), 0.4f), radius);
    const Patch brow = patch_at(picture, between(position(points, point::kFaceContour + 7), position(points, point::kFaceContour + 6), 0.4f), radius);
    const float mean = std::max((right.mean + left.mean + brow.mean) / 3, 0.05f);
    // In flat colours most neighbours are equal; light on a surface changes everywhere a little.
    std::vector<float> spreads{right.spread / mean, left.spread / mean, brow.spread / mean};
    style.shaded = smooth_step(0.002f, 0.010f, median(spreads));
    style.light_x = std::clamp(3 * (left.mean - right.mean) / mean, -1.0f, 1.0f) * style.shaded;
}

}  // namespace

PictureStyle style_of(const float* rgba, Size size, const KeyPointFrame& points) {
    PictureStyle style;
    const Reader picture(rgba, size);
    read_lines(picture, size, style);
    read_light(picture, points, style);
    return style;
}

}  // namespace mirrorme

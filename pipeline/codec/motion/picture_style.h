#pragma once
// How a picture is made: with lines or without, flat or shaded, lit from where. What is drawn new over it is drawn alike.
// Torch-free, pure.

#include <array>

#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// Straight RGB 0..1.
using Colour = std::array<float, 3>;

inline float luminance(const Colour& c) noexcept { return 0.299f * c[0] + 0.587f * c[1] + 0.114f * c[2]; }
inline Colour mixed(const Colour& a, const Colour& b, float t) noexcept {
    return {a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1]), a[2] + t * (b[2] - a[2])};
}
inline Colour scaled(const Colour& c, float by) noexcept { return {c[0] * by, c[1] * by, c[2] * by}; }

struct PictureStyle {
    float line = 0;        // 0 no outlines .. 1 dark ones
    float line_width = 2;  // pixels
    float line_tone = 0.25f;  // luminance of a line as a share of what it borders
    float shaded = 0;      // 0 flat colours .. 1 surfaces that light falls on
    float light_x = 0;     // -1 from smaller x .. 1 from larger x
};

/// rgba: premultiplied person [H, W, 4] before nothing; points in its pixels. A picture without an edge has no lines.
PictureStyle style_of(const float* rgba, kernels::Size size, const KeyPointFrame& points);

}  // namespace mirrorme

#pragma once
// Closing eyes: lids painted over the open eye of the picture. Torch-free, pure.

#include <array>

#include "codec/motion/picture_style.h"
#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// What one eye's lid is painted with.
struct LidLook {
    Colour skin{0.8f, 0.6f, 0.5f}, lash{0.1f, 0.08f, 0.08f};
    float lash_width = 1;  // face units x pixels per unit of the reference: pixels there
};
/// Right, left. rgba: premultiplied person [H, W, 4]; points in its pixels; `skin` where the picture shows no lid.
std::array<LidLook, 2> read_lids(const float* rgba, kernels::Size size, const KeyPointFrame& points, const Colour& skin);

/// One eye of a target frame that is more closed than the picture's. See Note [A lid is a curtain].
struct ClosingEye {
    float share = 0;  // 0: not closing, the flow alone moves it .. 1: painted
    std::array<kernels::Point, point::kEyeCount> open;  // where the picture's contour comes to lie
};
/// Right, left; frames in pixels.
std::array<ClosingEye, 2> closing_eyes(const KeyPointFrame& reference, const KeyPointFrame& target) noexcept;

/// The frame that the flow is made from: closing eyes stay open in it.
KeyPointFrame held_open(const KeyPointFrame& target, const std::array<ClosingEye, 2>& eyes) noexcept;

/// Lids are painted on the person in `image`, whose alpha stays, or alone on nothing.
enum class LidCanvas { person, nothing };

/// Paints lids and lashes over image, premultiplied RGBA [H, W, 4]. scratch: two planes of the size.
void paint_lids(const kernels::Operations& operations, const std::array<LidLook, 2>& looks, const std::array<ClosingEye, 2>& eyes, const KeyPointFrame& target,
                float shaded, kernels::Size size, float* scratch, LidCanvas canvas, float* image);

}  // namespace mirrorme

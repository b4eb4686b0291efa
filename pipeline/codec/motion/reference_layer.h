#pragma once
// Everything about a reference picture that does not change from frame to frame, computed once. Torch-free.

#include <array>
#include <vector>

#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// Straight RGB 0..1.
using Colour = std::array<float, 3>;

/// Colours the net paints with where the picture shows nothing, taken from the picture.
struct Palette {
    Colour skin{0.8f, 0.6f, 0.5f}, lips{0.7f, 0.35f, 0.35f}, iris{0.25f, 0.18f, 0.12f}, brows{0.2f, 0.15f, 0.1f}, upper_arms{0.4f, 0.4f, 0.45f}, forearms = upper_arms;
};

/// Immutable after construction; shared by streams and threads.
class ReferenceLayer {
public:
    /// rgba: premultiplied person [H, W, 4], 0..1 (an opaque picture's matte already applied); points in pixels.
    ReferenceLayer(const kernels::Operations& operations, kernels::Size size, std::vector<float> rgba, const KeyPointFrame& points);

    kernels::Size size() const noexcept { return size_; }
    const KeyPointFrame& points() const noexcept { return points_; }
    const Palette& palette() const noexcept { return palette_; }
    const float* rgba() const noexcept { return rgba_.data(); }      // [H, W, 4]
    const float* layers() const noexcept { return layers_.data(); }  // [H, W, 8]: RGBA, then labels lips, opening, eyes (irises twice as much), limbs

private:
    kernels::Size size_;
    std::vector<float> rgba_, layers_;
    KeyPointFrame points_;
    Palette palette_;
};

}  // namespace mirrorme

#pragma once
// What a key-point frame looks like as maps: lips, mouth, eyes, brows, drawn anti-aliased at the frame's size.
// The renderer's net colours them; that is what makes a mouth crisp. Torch-free.

#include <array>
#include <span>
#include <vector>

#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// The maps of one frame as planes [H, W]; allocated once, redrawn every frame. Not thread-safe.
class ContourMaps {
public:
    enum Plane { lips, opening, teeth, tongue, eyes, iris, brows, limbs };  // limbs stays empty: see Note [Hands are drawn, not guessed]
    static_assert(limbs + 1 == kernels::kMapPlanes);

    explicit ContourMaps(kernels::Size size);

    /// Draws the frame (pixels); clears what was drawn before.
    void draw(const kernels::Operations& operations, const KeyPointFrame& frame);

    const float* planes() const noexcept { return planes_.data(); }  // [kMapPlanes, H, W]
    const float* plane(Plane which) const noexcept { return planes_.data() + static_cast<std::size_t>(which) * area(); }
    kernels::Size size() const noexcept { return size_; }

private:
    std::size_t area() const noexcept { return static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(size_.height); }
    float* writable(Plane which) noexcept { return planes_.data() + static_cast<std::size_t>(which) * area(); }
    void clear() noexcept;
    void draw_mouth(const kernels::Operations& operations, const KeyPointFrame& frame);
    void draw_eyes(const kernels::Operations& operations, const KeyPointFrame& frame);

    kernels::Size size_;
    std::vector<float> planes_;
};

/// Room for a contour's curve.
using OutlineCurve = std::array<kernels::Point, 48>;
/// Closed Catmull-Rom curve through the points of a contour, at most 16; returns the used part of `curve`.
std::span<const kernels::Point> smooth_outline(std::span<const kernels::Point> contour, OutlineCurve& curve) noexcept;

/// Where both arms and hands of a frame (pixels) are: coverage [H, W].
std::vector<float> arms_coverage(const kernels::Operations& operations, const KeyPointFrame& frame, kernels::Size size);

}  // namespace mirrorme

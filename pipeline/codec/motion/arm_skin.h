#pragma once
// What an arm looks like from the shoulder to the wrist, taken from the reference picture. Torch-free.

#include <array>
#include <span>

#include "codec/motion/picture_style.h"
#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// Colours of one arm, by where along it (0 shoulder joint, 1 elbow, 2 wrist) and how far from its axis (0) towards its rim (1), and how
/// thick it is. Immutable after construction.
class ArmSkin {
public:
    /// For an arm nobody sees: sleeves in these colours.
    ArmSkin(const Colour& upper, const Colour& fore, const PictureStyle& style);

    /// Takes what the picture shows of the arm whose points begin at `first` (point::kLeftHand or kRightHand) and goes on with it where it is
    /// hidden or out of the frame. rgba: premultiplied person [H, W, 4]; points in its pixels. See Note [An arm's skin].
    void read(const float* rgba, kernels::Size size, const KeyPointFrame& points, int first);

    float radius(float along) const noexcept;                       // torso units
    Colour colour(float along, float off_axis) const noexcept;      // off_axis in half widths, held at 1
    float seen() const noexcept { return seen_; }                   // share of the arm that the picture showed

private:
    static constexpr int kRows = 49, kColumns = 10;
    using Row = std::array<Colour, kColumns>;
    std::array<Row, kRows> rows_{};
    std::array<float, kRows> radii_{};
    float seen_ = 0;
};

/// The arm's usual half width in torso units, clothed.
float usual_arm_radius(float along) noexcept;

}  // namespace mirrorme

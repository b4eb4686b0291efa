#pragma once
// Raised arms and hands, drawn over a frame in the manner of the picture. Torch-free, pure.

#include "codec/motion/arm_skin.h"
#include "codec/motion/picture_style.h"
#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// Which arms are drawn anew, because they are not where the picture has them.
struct RaisedArms {
    bool right = false, left = false;
    bool any() const noexcept { return right || left; }
    int index() const noexcept { return (right ? 1 : 0) + (left ? 2 : 0); }  // 0..3
};
inline constexpr int kRaisedArmsCount = 4;

/// Compares elbow and wrist with the reference's, in torso units.
RaisedArms raised_arms(const KeyPointFrame& reference, const KeyPointFrame& target) noexcept;

/// All that arms are painted with.
struct LimbLook {
    Colour skin;
    PictureStyle style;
    ArmSkin right, left;
};

/// image: premultiplied RGBA [H, W, 4], painted over; target in its pixels. See Note [Hands are drawn, not guessed].
void paint_limbs(const LimbLook& look, const KeyPointFrame& target, RaisedArms arms, kernels::Size size, float* image);

}  // namespace mirrorme

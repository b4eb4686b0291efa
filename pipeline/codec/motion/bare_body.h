#pragma once
// A person without an arm: what is behind the arm that hangs down when it is raised. Torch-free, pure.

#include "codec/motion/arm_skin.h"
#include "codec/motion/picture_style.h"
#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// Takes the arm whose points begin at `first` (point::kLeftHand or kRightHand) out of a premultiplied person [H, W, 4]: beside the trunk
/// nothing remains, in front of it cloth flows in from around. points in pixels.
void remove_arm(float* rgba, kernels::Size size, const KeyPointFrame& points, int first, const ArmSkin& skin, const PictureStyle& style);

/// Half width of the trunk at a height below the shoulder joints, both in torso units, where no gap shows it.
float trunk_edge(float y) noexcept;

}  // namespace mirrorme

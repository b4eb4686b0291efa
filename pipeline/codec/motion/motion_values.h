#pragma once
// Motion as numbers that belong to one part each: what the latents of codec `motion` are made of. Torch-free, pure.
//
// Note [Parts do not move each other]
// A head that turns carries the mouth along, a torso that sways carries the hands. Were that in the numbers of mouth and
// hands, most of their spread would be somebody else's motion. So a part's points are told relative to what carries it:
//   head, torso   displacement from the reference's points, in face units of the reference
//   mouth, eyes   displacement after the head's motion (the affine map fitted to the head's points) has been undone
//   hands         position in torso units of the same frame (origin between the shoulders): presets fit any body
// Scalars are absolute, angles over 30 degrees. A hand has one more number: how surely it is seen.

#include <array>
#include <span>
#include <vector>

#include "core/keypoints.h"

namespace mirrorme {

/// Numbers of `part` in one frame: 2 a point, 1 a scalar, 1 a hand.
int value_count(Part part) noexcept;

/// Numbers of all parts of one frame.
struct MotionValues {
    std::array<std::vector<float>, kPartCount> parts;  // [value_count(part)]
};

/// Reference and frame in one unit of length (pixels of the frame, or face units).
MotionValues motion_of(const KeyPointFrame& reference, const KeyPointFrame& frame);
/// The inverse, in the reference's unit: exact up to rounding. Confidences of face and torso are the reference's.
KeyPointFrame frame_of(const KeyPointFrame& reference, const MotionValues& values);

/// The reference itself as numbers: its points in its own face units (hands: torso units), and its scalars.
MotionValues identity_of(const KeyPointFrame& reference);

/// Scales how far head, torso, brows and gaze go from the reference; mouth, lids and hands stay. 0 statue .. 1 unchanged.
void enliven(MotionValues& values, const KeyPointFrame& reference, float liveliness);

/// Where a hand hangs when nothing is known about it: torso units, index in [0, kHandCount), `side` -1 right, 1 left.
KeyPoint resting_hand_point(int index, int side) noexcept;

/// A hand as a part of the torso: where it is in the picture, moved by `share` of the way to where `frame` has it. `first`: point::kLeftHand or
/// kRightHand; both in pixels.
void blend_arm(const KeyPointFrame& reference, int first, float share, KeyPointFrame& frame) noexcept;
/// Arms that are all but at rest stay where they are in the picture, at rest or crossed. A sampled hand trembles by a few hundredths of a
/// shoulder's width; drawn arms that come and go with it would be seen. Beyond three quarters of one nothing is changed.
void rest_arms(const KeyPointFrame& reference, KeyPointFrame& frame) noexcept;

}  // namespace mirrorme

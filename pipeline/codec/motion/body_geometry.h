#pragma once
// How heads and torsos move between two key-point frames: the rigid part of motion, shared by the latents and by the
// renderer, so that both speak of the same thing. Torch-free, pure.

#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

using kernels::Affine;
using kernels::Point;

Point apply(const Affine& map, Point p) noexcept;
/// The inverse map; `map` must be regular (see fit_head).
Affine inverse(const Affine& map) noexcept;

/// Least-squares affine map of the head's points (Part::head) from `from` to `to`, both in one unit. Always regular:
/// drawn slightly towards a pure shift, and replaced by the shift where points coincide.
Affine fit_head(const KeyPointFrame& from, const KeyPointFrame& to) noexcept;
/// How a head turned: an affine map of its outline, and how far its face, which stands out of that plane, moved on.
struct HeadTurn {
    Affine outline;      // `from` -> `to`
    kernels::Dome face;  // in `from`
};
/// Fitted together to the head's points and the corners of the eyes. Where `outline` alone would do as well, the dome is flat.
HeadTurn fit_turn(const KeyPointFrame& from, const KeyPointFrame& to) noexcept;

/// Least-squares affine map of the torso's points, throat and chest first: always regular, as fit_head().
Affine fit_torso(const KeyPointFrame& from, const KeyPointFrame& to) noexcept;

/// Torso units: origin between the shoulder joints, x axis towards the left shoulder (larger x), 1 = half their distance.
struct TorsoFrame {
    Point origin;
    float unit = 1;            // > 0
    float axis_x = 1, axis_y = 0;  // unit vector towards the left shoulder
};
TorsoFrame torso_frame_of(const KeyPointFrame& frame) noexcept;
Point to_torso(const TorsoFrame& torso, Point p) noexcept;
Point from_torso(const TorsoFrame& torso, Point p) noexcept;

inline Point position(const KeyPointFrame& frame, int index) noexcept {
    const KeyPoint& p = frame.points[static_cast<std::size_t>(index)];
    return {p.x, p.y};
}
inline void set_position(KeyPointFrame& frame, int index, Point p) noexcept {
    KeyPoint& to = frame.points[static_cast<std::size_t>(index)];
    to.x = p.x;
    to.y = p.y;
}

}  // namespace mirrorme

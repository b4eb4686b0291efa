#pragma once
// From two key-point frames to what the flow kernel needs.

#include <array>

#include "codec/motion/body_geometry.h"
#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// Owns what a kernels::FlowPlan points into; about 5 kB, no heap. plan() is valid while this object stays where it is.
class PointFlow {
public:
    /// Both frames in pixels. `reference` is where colours are taken from, `target` where they go.
    PointFlow(const KeyPointFrame& reference, const KeyPointFrame& target) noexcept;
    PointFlow(const PointFlow&) = delete;
    PointFlow& operator=(const PointFlow&) = delete;

    const kernels::FlowPlan& plan() const noexcept { return plan_; }

private:
    /// Where the head's motion alone takes a target's point.
    Point on_head(Point at) const noexcept;
    void place_areas(const KeyPointFrame& target, float unit) noexcept;
    void place_anchors(const KeyPointFrame& reference, const KeyPointFrame& target, float unit) noexcept;
    /// Arms that stay the picture's own sway a little beside the trunk.
    void place_arms(const KeyPointFrame& reference, const KeyPointFrame& target, float unit) noexcept;

    static constexpr int kArmAnchors = 6;  // along an arm
    static constexpr int kMaxAnchors = point::kLeftHand + 2 * kArmAnchors;
    std::array<kernels::Capsule, 1> head_area_;
    std::array<kernels::Capsule, 3> torso_area_;
    std::array<kernels::FlowAnchor, kMaxAnchors> anchors_;
    std::size_t count_ = 0;
    kernels::FlowPlan plan_;
};

}  // namespace mirrorme

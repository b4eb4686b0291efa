#pragma once
// From two key-point frames to what the flow kernel needs.

#include <array>

#include "codec/motion/body_geometry.h"
#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// Owns what a kernels::FlowPlan points into; about 4 kB, no heap. plan() is valid while this object stays where it is.
class PointFlow {
public:
    /// Both frames in pixels. `reference` is where colours are taken from, `target` where they go.
    PointFlow(const KeyPointFrame& reference, const KeyPointFrame& target) noexcept;
    PointFlow(const PointFlow&) = delete;
    PointFlow& operator=(const PointFlow&) = delete;

    const kernels::FlowPlan& plan() const noexcept { return plan_; }

private:
    void place_areas(const KeyPointFrame& target, float unit) noexcept;
    void place_anchors(const KeyPointFrame& reference, const KeyPointFrame& target, float unit) noexcept;

    static constexpr int kMaxAnchors = point::kLeftHand;
    std::array<kernels::Capsule, 1> head_area_;
    std::array<kernels::Capsule, 3> torso_area_;
    std::array<kernels::FlowAnchor, kMaxAnchors> anchors_;
    kernels::FlowPlan plan_;
};

}  // namespace mirrorme

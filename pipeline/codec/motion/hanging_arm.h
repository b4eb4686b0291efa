#pragma once
// An arm that hangs beside the trunk, found by the outline of the person. Torch-free, pure.

#include <optional>
#include <vector>

#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// All in torso units; `out` is measured from the middle of the trunk towards the arm's side.
class HangingArm {
public:
    /// The arm whose points begin at `first`; rgba: premultiplied person [H, W, 4]; points in its pixels. Nothing where the arm is held otherwise or
    /// the outline does not show it. See Note [Arms by their outline].
    static std::optional<HangingArm> find(const float* rgba, kernels::Size size, const KeyPointFrame& points, int first);

    /// As arms hang when nobody knows better.
    static HangingArm usual();

    float lowest() const noexcept { return kFirst + kStep * static_cast<float>(edges_.size() - 1); }  // y of the last row that is seen
    static constexpr float kFirst = 0.25f;                         // y of the first
    float edge(float y) const noexcept;                            // `out` of the outline
    float axis(float y) const noexcept { return edge(y) - radius(along(y)); }
    float radius(float along) const noexcept;                      // see ArmSkin
    float along(float y) const noexcept;                           // 0 shoulder, 1 elbow, 2 wrist
    float height(float along) const noexcept;                      // the inverse

private:
    static constexpr float kStep = 0.02f;
    static float row(const std::vector<float>& rows, float y) noexcept;
    std::vector<float> edges_, thickness_;  // the rows' outline, and thickness as a share of the usual one
};

}  // namespace mirrorme

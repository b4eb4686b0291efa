#pragma once
// What a key-point frame looks like as maps: lips, mouth, eyes, brows, limbs, drawn anti-aliased at the frame's size.
// The renderer's net colours them; that is what makes a mouth crisp. Torch-free.

#include <vector>

#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// The maps of one frame as planes [H, W]; allocated once, redrawn every frame. Not thread-safe.
class ContourMaps {
public:
    enum Plane { lips, opening, teeth, tongue, eyes, iris, brows, limbs };
    static_assert(limbs + 1 == kernels::kMapPlanes);

    explicit ContourMaps(kernels::Size size);

    /// How much of each arm is drawn, 0..1: see arm_change.
    struct ArmShare {
        float right = 0, left = 0;
    };
    /// Draws the frame (pixels); clears what was drawn before.
    void draw(const kernels::Operations& operations, const KeyPointFrame& frame, ArmShare arms);

    const float* planes() const noexcept { return planes_.data(); }  // [kMapPlanes, H, W]
    const float* plane(Plane which) const noexcept { return planes_.data() + static_cast<std::size_t>(which) * area(); }
    const float* upper_arms() const noexcept { return upper_arms_.data(); }  // [H, W] coverage
    const float* forearms() const noexcept { return forearms_.data(); }
    const float* hands() const noexcept { return hands_.data(); }
    bool has_limbs() const noexcept { return drawn_limbs_; }  // false: these three are all zero
    ArmShare arms() const noexcept { return arms_; }          // as drawn last
    kernels::Size size() const noexcept { return size_; }

private:
    std::size_t area() const noexcept { return static_cast<std::size_t>(size_.width) * static_cast<std::size_t>(size_.height); }
    float* writable(Plane which) noexcept { return planes_.data() + static_cast<std::size_t>(which) * area(); }
    void clear() noexcept;
    void draw_mouth(const kernels::Operations& operations, const KeyPointFrame& frame);
    void draw_eyes(const kernels::Operations& operations, const KeyPointFrame& frame);
    void draw_arm(const kernels::Operations& operations, const KeyPointFrame& frame, int first, float share);

    kernels::Size size_;
    std::vector<float> planes_, upper_arms_, forearms_, hands_;
    bool drawn_limbs_ = false;
    ArmShare arms_;
};

/// 0..1: how far each arm is from where the reference has it, measured at wrist and elbow in torso units. Below a small
/// change the picture's own arm is warped with the body; beyond, the arm is drawn anew over it.
ContourMaps::ArmShare arm_change(const KeyPointFrame& reference, const KeyPointFrame& target) noexcept;

}  // namespace mirrorme

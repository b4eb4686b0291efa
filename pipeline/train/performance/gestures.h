#pragma once
// Arms and hands: a small vocabulary of gestures, each a function of time.

#include <span>
#include <string_view>

#include "train/performance/performance.h"
#include "train/performers/pose.h"

namespace mirrorme {

/// How somebody makes a gesture.
struct GestureStyle {
    float size = 1;              // of the movement
    float speed = 1;
    float shift_x = 0, shift_y = 0;  // torso units, of where the hand is held
};

struct ArmsPose {
    ArmPose right, left;
    float shrug = 0;             // 0 .. 1, both shoulders
};

/// "wave", "open_palms", "point", ...
std::span<const std::string_view> gesture_names() noexcept;
bool is_gesture(std::string_view name) noexcept;
/// True for the ones that need both hands ("open_palms").
bool takes_both_hands(std::string_view name) noexcept;

inline constexpr double kGestureEaseSeconds = 0.42;  // from rest to raised and back

/// The arms `seconds` into a gesture that lasts `duration` seconds in all, easing included; at 0 and `duration` they
/// rest. A one-handed gesture moves the right arm (the caller swaps). Throws Error (not_found) for an unknown name.
ArmsPose gesture_pose(std::string_view name, double seconds, double duration, const GestureStyle& style);

}  // namespace mirrorme

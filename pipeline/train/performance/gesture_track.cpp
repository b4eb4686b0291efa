#include "train/performance/gesture_track.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/error.h"
#include "train/performance/gestures.h"
#include "train/performers/performer.h"

namespace mirrorme {
namespace {

enum class Side { right, left };  // the performer's own; both-handed gestures say right

struct Preset {
    std::string_view name, title;
    std::string_view gesture;  // gestures.cpp
    double hz;                 // of the gesture's movement at speed 1
    int period;                // frames: its speed is chosen so that a period is a whole number of them
    Side side = Side::right;
    float shift_x = 0, shift_y = 0;  // torso units, outwards and down: so that a half-body picture shows the whole hand
};
// What the embedded model draws recognisably. It turns a finger that points sideways up, closes two or three raised fingers to a fist and melts
// joined hands into one; a shrug is in the shoulders, which torso units cannot say.
constexpr auto kPresets = std::to_array<Preset>({
    {"wave", "Wave", "wave", 1.9, 12, Side::right, -0.3f},
    {"open_palms", "Open palms", "open_palms", 0.7, 36, Side::right, -0.35f},
    {"point", "Point", "point", 1.2, 24},
    {"point_up", "Point up", "point_up", 1.2, 24},
    {"show_left", "Show left", "present", 0.7, 36},
    {"show_right", "Show right", "present", 0.7, 36, Side::left},
    {"thumbs_up", "Thumbs up", "thumbs_up", 1.1, 24},
    {"ok", "OK", "ok", 1.0, 24},
    {"stop", "Stop", "stop", 0.8, 30},
    {"hold_product", "Hold a product", "hold_product", 0.4, 60, Side::right, 0.15f, 0.12f},
    {"thinking", "Thinking", "chin_rest", 0.5, 48, Side::right, 0.05f, 0.36f},
    {"hand_on_heart", "Hand on heart", "hand_on_heart", 0.6, 40},
    {"cheer", "Cheer", "cheer", 1.6, 15},
});
constexpr auto kNames = [] {
    std::array<std::string_view, kPresets.size()> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = kPresets[i].name;
    return names;
}();

constexpr std::uint64_t kModelSeed = 3;  // of the performer whose arms are used: average proportions
// Half body in the middle of a square: no raised hand leaves it, a resting one is below it.
constexpr View kStage{1024, 1024, 1.0f, 0, 0, 0};

std::vector<int> points_of_hands(const Preset& preset) {
    const bool both = takes_both_hands(preset.gesture);
    std::vector<int> points;
    for (int i = 0; i < point::kHandCount && (both || preset.side == Side::right); ++i) points.push_back(point::kRightHand + i);
    for (int i = 0; i < point::kHandCount && (both || preset.side == Side::left); ++i) points.push_back(point::kLeftHand + i);
    return points;
}

KeyPointFrame in_torso_units(KeyPointFrame frame) {
    const KeyPoint right = frame.points[point::kShoulders], left = frame.points[point::kShoulders + 1];
    const float x = (right.x + left.x) / 2, y = (right.y + left.y) / 2;
    const float unit = std::max(std::hypot(left.x - right.x, left.y - right.y) / 2, 1e-3f);
    for (KeyPoint& p : frame.points) {
        // A ten-thousandth is far below what is seen, and keeps the files short.
        p.x = std::round((p.x - x) / unit * 10000) / 10000;
        p.y = std::round((p.y - y) / unit * 10000) / 10000;
    }
    return frame;
}

}  // namespace

std::span<const std::string_view> gesture_preset_names() noexcept { return kNames; }

KeyPointTrack make_gesture_track(std::string_view name) {
    const auto preset = std::find_if(kPresets.begin(), kPresets.end(), [&](const Preset& p) { return p.name == name; });
    if (preset == kPresets.end()) {
        throw Error(ErrorCode::not_found, "gesture " + std::string(name), "is no preset", "See gesture_preset_names()");
    }
    GestureStyle style;
    style.speed = static_cast<float>(24.0 / preset->period / preset->hz);
    style.shift_x = preset->shift_x;
    style.shift_y = preset->shift_y;
    const double ease = kGestureEaseSeconds / style.speed;
    const int raised = static_cast<int>(std::ceil(ease * 24));
    const int held = preset->period + preset->period / 2;
    const double duration = ease + static_cast<double>(raised + held) / 24;

    KeyPointTrack track = make_track(TrackUnit::torso, Rational{24, 1}, points_of_hands(*preset), {});
    const Performer model(kModelSeed, DrawingStyle::flat);
    const int frames = static_cast<int>(std::ceil(duration * 24)) + 1;
    for (int i = 0; i < frames; ++i) {
        ArmsPose arms = gesture_pose(preset->gesture, i / 24.0, duration, style);
        if (preset->side == Side::left) std::swap(arms.right, arms.left);
        PerformerPose pose;
        pose.right_arm = arms.right;
        pose.left_arm = arms.left;
        track.append(in_torso_units(model.key_points(pose, kStage)));
    }
    track.preset = TrackPreset{std::string(name), std::string(preset->title), IndexSpan{raised, raised + preset->period}, 4, 4};
    return track;
}

}  // namespace mirrorme

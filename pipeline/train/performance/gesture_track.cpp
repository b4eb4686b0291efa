#include "train/performance/gesture_track.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "train/performance/gestures.h"
#include "train/performers/performer.h"

namespace mirrorme {
namespace {

struct Preset {
    std::string_view name, title;
    double hz;    // of the gesture's movement at speed 1 (gestures.cpp)
    int period;   // frames: its speed is chosen so that a period is a whole number of them
};
constexpr auto kPresets = std::to_array<Preset>({
    {"wave", "Wave", 1.9, 12},
    {"open_palms", "Open palms", 0.7, 36},
    {"point", "Point", 1.2, 24},
});
constexpr auto kNames = [] {
    std::array<std::string_view, kPresets.size()> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = kPresets[i].name;
    return names;
}();

constexpr std::uint64_t kModelSeed = 3;  // of the performer whose arms are used: average proportions
// Half body in the middle of a square: no raised hand leaves it, a resting one is below it.
constexpr View kStage{1024, 1024, 1.0f, 0, 0, 0};

std::vector<int> points_of_hands(std::string_view name) {
    std::vector<int> points;
    for (int i = 0; i < point::kHandCount; ++i) points.push_back(point::kRightHand + i);
    if (takes_both_hands(name)) {
        for (int i = 0; i < point::kHandCount; ++i) points.push_back(point::kLeftHand + i);
    }
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
        throw Error(ErrorCode::not_found, "gesture " + std::string(name), "is no preset", "One of wave, open_palms, point");
    }
    GestureStyle style;
    style.speed = static_cast<float>(24.0 / preset->period / preset->hz);
    const double ease = kGestureEaseSeconds / style.speed;
    const int raised = static_cast<int>(std::ceil(ease * 24));
    const int held = preset->period + preset->period / 2;
    const double duration = ease + static_cast<double>(raised + held) / 24;

    KeyPointTrack track = make_track(TrackUnit::torso, Rational{24, 1}, points_of_hands(name), {});
    const Performer model(kModelSeed, DrawingStyle::flat);
    const int frames = static_cast<int>(std::ceil(duration * 24)) + 1;
    for (int i = 0; i < frames; ++i) {
        const ArmsPose arms = gesture_pose(name, i / 24.0, duration, style);
        PerformerPose pose;
        pose.right_arm = arms.right;
        pose.left_arm = arms.left;
        track.append(in_torso_units(model.key_points(pose, kStage)));
    }
    track.preset = TrackPreset{std::string(name), std::string(preset->title), IndexSpan{raised, raised + preset->period}, 4, 4};
    return track;
}

}  // namespace mirrorme

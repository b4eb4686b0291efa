#include "train/performance/gestures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string>

#include "core/error.h"
#include "train/performance/motion_curves.h"

namespace mirrorme {
namespace {

using Fingers = std::array<float, 5>;
constexpr Fingers kStraight{0.05f, 0.05f, 0.05f, 0.05f, 0.05f};
constexpr Fingers kRelaxed{0.2f, 0.3f, 0.35f, 0.4f, 0.45f};
constexpr Fingers kFist{0.7f, 1, 1, 1, 1};

double wave_of(double seconds, double hz) { return std::sin(2 * std::numbers::pi * hz * seconds); }

ArmPose held(float wrist_x, float wrist_y, float hand_angle, float palm, const Fingers& curl) {
    ArmPose arm;
    arm.raised = 1;
    arm.wrist_x = wrist_x;
    arm.wrist_y = wrist_y;
    arm.hand_angle = hand_angle;
    arm.palm = palm;
    arm.curl = curl;
    return arm;
}

ArmsPose one(const ArmPose& arm) { return {arm, {}, 0}; }
ArmsPose both(const ArmPose& arm) { return {arm, arm, 0}; }

ArmsPose wave(double t, const GestureStyle& style) {
    const auto swing = static_cast<float>(wave_of(t, 1.9 * style.speed)) * style.size;
    ArmPose arm = held(1.34f + 0.12f * swing, -0.22f, 8 + 22 * swing, 1, kStraight);
    arm.spread = 0.6f;
    return one(arm);
}

ArmsPose open_palms(double t, const GestureStyle& style) {
    const auto lift = static_cast<float>(wave_of(t, 0.7 * style.speed)) * style.size;
    ArmPose arm = held(1.3f + 0.08f * lift, 0.95f - 0.08f * lift, 32 + 5 * lift, 0.9f, {0.1f, 0.12f, 0.15f, 0.18f, 0.22f});
    arm.spread = 0.55f;
    return both(arm);
}

ArmsPose point(double t, const GestureStyle& style) {
    const auto push = static_cast<float>(std::max(0.0, wave_of(t, 1.2 * style.speed))) * style.size;
    return one(held(1.05f + 0.1f * push, 0.35f - 0.1f * push, 18 + 6 * push, 0.3f, {0.65f, 0, 0.95f, 1, 1}));
}

ArmsPose thumbs_up(double t, const GestureStyle& style) {
    const auto pump = static_cast<float>(std::max(0.0, wave_of(t, 1.1 * style.speed))) * style.size;
    ArmPose arm = held(0.95f, 0.7f - 0.07f * pump, -80, -0.9f, {0, 1, 1, 1, 1});
    arm.spread = 0.5f;
    return one(arm);
}

ArmsPose count(double t, const GestureStyle& style) {
    // One more finger every 0.7 s: index, middle, ring, little, then the thumb.
    constexpr std::array<std::size_t, 5> kOrder{1, 2, 3, 4, 0};
    Fingers curl = kFist;
    for (std::size_t i = 0; i < kOrder.size(); ++i) {
        const double opened = minimum_jerk((t * style.speed - 0.7 * static_cast<double>(i)) / 0.2);
        curl[kOrder[i]] *= static_cast<float>(1 - opened);
    }
    const auto tap = static_cast<float>(wave_of(t, 1.43 * style.speed)) * style.size;
    ArmPose arm = held(1.05f, 0.15f + 0.03f * tap, 5, 1, curl);
    arm.spread = 0.5f;
    return one(arm);
}

ArmsPose hold_product(double t, const GestureStyle& style) {
    const auto turn = static_cast<float>(wave_of(t, 0.4 * style.speed)) * style.size;
    ArmsPose arms = both(held(0.62f, 0.85f, -8, 0.1f, {0.3f, 0.4f, 0.42f, 0.45f, 0.48f}));
    arms.right.wrist_y += 0.05f * turn;
    arms.left.wrist_y -= 0.05f * turn;
    return arms;
}

ArmsPose hands_together(double t, const GestureStyle& style) {
    const auto press = static_cast<float>(wave_of(t, 0.6 * style.speed)) * style.size;
    return both(held(0.55f, 1.15f - 0.04f * press, -52, -0.7f, {0.3f, 0.45f, 0.48f, 0.5f, 0.52f}));
}

ArmsPose beat(double t, const GestureStyle& style) {
    const auto chop = static_cast<float>(std::pow(0.5 + 0.5 * wave_of(t, 1.3 * style.speed), 2)) * style.size;
    return one(held(0.9f + 0.05f * chop, 0.95f + 0.16f * chop, 20 + 10 * chop, 0.35f, kRelaxed));
}

ArmsPose beat_both(double t, const GestureStyle& style) {
    ArmsPose arms = beat(t, style);
    arms.left = arms.right;
    const auto other = static_cast<float>(wave_of(t + 0.1, 1.3 * style.speed)) * style.size;
    arms.left.wrist_y = 0.98f + 0.08f * other;
    return arms;
}

ArmsPose chin_rest(double t, const GestureStyle& style) {
    const auto rub = static_cast<float>(wave_of(t, 0.5 * style.speed)) * style.size;
    return one(held(0.3f, -0.05f + 0.02f * rub, -22, -0.4f, {0.3f, 0.75f, 0.85f, 0.9f, 0.95f}));
}

ArmsPose stop(double t, const GestureStyle& style) {
    const auto push = static_cast<float>(wave_of(t, 0.8 * style.speed)) * style.size;
    ArmPose arm = held(0.85f, 0.2f - 0.03f * push, 0, 1, kStraight);
    arm.spread = 0.15f;
    return one(arm);
}

ArmsPose shrug(double t, const GestureStyle& style) {
    const auto lift = static_cast<float>(wave_of(t, 0.5 * style.speed)) * style.size;
    ArmPose arm = held(1.55f, 0.75f - 0.05f * lift, 62, 0.9f, {0.1f, 0.15f, 0.2f, 0.25f, 0.3f});
    arm.spread = 0.5f;
    ArmsPose arms = both(arm);
    arms.shrug = 0.7f;
    return arms;
}

ArmsPose ok_sign(double t, const GestureStyle& style) {
    const auto shake = static_cast<float>(wave_of(t, 1.0 * style.speed)) * style.size;
    ArmPose arm = held(1.05f, 0.3f + 0.03f * shake, 10, 1, {0.55f, 0.6f, 0.15f, 0.1f, 0.1f});
    arm.spread = 0.6f;
    return one(arm);
}

// ---- presets only: a presenter's, asked for by name ---------------------------------------------------------------

ArmsPose point_up(double t, const GestureStyle& style) {
    const auto push = static_cast<float>(std::max(0.0, wave_of(t, 1.2 * style.speed))) * style.size;
    return one(held(1.1f, 0.05f - 0.12f * push, -4, 0.4f, {0.65f, 0, 0.95f, 1, 1}));
}

ArmsPose present(double t, const GestureStyle& style) {
    const auto lift = static_cast<float>(wave_of(t, 0.7 * style.speed)) * style.size;
    ArmPose arm = held(0.8f + 0.04f * lift, 0.72f - 0.05f * lift, 38 + 5 * lift, 0.9f, {0.1f, 0.12f, 0.15f, 0.18f, 0.22f});
    arm.spread = 0.5f;
    return one(arm);
}

ArmsPose hand_on_heart(double t, const GestureStyle& style) {
    const auto press = static_cast<float>(wave_of(t, 0.6 * style.speed)) * style.size;
    return one(held(0.35f, 1.15f + 0.02f * press, -62, -0.9f, {0.25f, 0.15f, 0.15f, 0.18f, 0.22f}));
}

ArmsPose cheer(double t, const GestureStyle& style) {
    const auto shake = static_cast<float>(wave_of(t, 1.6 * style.speed)) * style.size;
    ArmPose arm = held(0.92f, -0.15f - 0.1f * shake, 10 + 8 * shake, 1, kStraight);
    arm.spread = 0.6f;
    return both(arm);
}

enum class Hands { one, two };
struct Entry {
    std::string_view name;
    Hands hands;
    ArmsPose (*arms)(double, const GestureStyle&);
};
constexpr auto kGestures = std::to_array<Entry>({
    {"wave", Hands::one, wave}, {"open_palms", Hands::two, open_palms}, {"point", Hands::one, point},
    {"thumbs_up", Hands::one, thumbs_up}, {"count", Hands::one, count}, {"hold_product", Hands::two, hold_product},
    {"hands_together", Hands::two, hands_together}, {"beat", Hands::one, beat}, {"beat_both", Hands::two, beat_both},
    {"chin_rest", Hands::one, chin_rest}, {"stop", Hands::one, stop}, {"shrug", Hands::two, shrug}, {"ok", Hands::one, ok_sign},
});
constexpr auto kNames = [] {
    std::array<std::string_view, kGestures.size()> names{};
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = kGestures[i].name;
    return names;
}();

// Not among the names above: a performance picks from those by chance, and a seed must go on meaning the same performance.
constexpr auto kPresetsOnly = std::to_array<Entry>({
    {"point_up", Hands::one, point_up}, {"present", Hands::one, present}, {"hand_on_heart", Hands::one, hand_on_heart}, {"cheer", Hands::two, cheer},
});

const Entry* find(std::string_view name) noexcept {
    const auto called = [&](const Entry& e) { return e.name == name; };
    if (const auto found = std::find_if(kGestures.begin(), kGestures.end(), called); found != kGestures.end()) return &*found;
    const auto found = std::find_if(kPresetsOnly.begin(), kPresetsOnly.end(), called);
    return found == kPresetsOnly.end() ? nullptr : &*found;
}

void place(ArmPose& arm, float raised, const GestureStyle& style) {
    arm.raised *= raised;
    arm.wrist_x += style.shift_x;
    arm.wrist_y += style.shift_y;
    // A hand on its way is half closed: it opens where it is held.
    for (std::size_t i = 0; i < arm.curl.size(); ++i) arm.curl[i] += (kRelaxed[i] - arm.curl[i]) * (1 - arm.raised);
}

}  // namespace

std::span<const std::string_view> gesture_names() noexcept { return kNames; }
bool is_gesture(std::string_view name) noexcept { return find(name) != nullptr; }

bool takes_both_hands(std::string_view name) noexcept {
    const Entry* entry = find(name);
    return entry != nullptr && entry->hands == Hands::two;
}

ArmsPose gesture_pose(std::string_view name, double seconds, double duration, const GestureStyle& style) {
    const Entry* entry = find(name);
    if (entry == nullptr) throw Error(ErrorCode::not_found, "gesture " + std::string(name), "no such gesture");
    const double ease = std::min(kGestureEaseSeconds / style.speed, duration / 2);
    const double raised = minimum_jerk(seconds / ease) * minimum_jerk((duration - seconds) / ease);
    ArmsPose arms = entry->arms(std::max(0.0, seconds - ease), style);
    const auto share = static_cast<float>(raised);
    place(arms.right, share, style);
    place(arms.left, share, style);
    arms.shrug *= share;
    return arms;
}

}  // namespace mirrorme

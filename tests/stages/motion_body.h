#pragma once
// A body of key points for tests: a plausible half-body figure in pixels of a 256 x 384 frame, and motions of it.

#include <cmath>
#include <random>
#include <vector>

#include "codec/motion/body_geometry.h"
#include "codec/motion/motion_values.h"

namespace mirrorme::test {

inline void put_ring(KeyPointFrame& frame, int first, int count, Point centre, float rx, float ry) {
    for (int i = 0; i < count; ++i) {
        const float angle = 3.14159265f + 6.2831853f * static_cast<float>(i) / static_cast<float>(count);
        set_position(frame, first + i, {centre.x + rx * std::cos(angle), centre.y + ry * std::sin(angle)});
    }
}

/// Eyes 40 pixels apart about (128, 130), shoulders 130 pixels apart, arms down.
inline KeyPointFrame body() {
    KeyPointFrame f;
    put_ring(f, point::kOuterLips, point::kOuterLipsCount, {128, 178}, 17, 6);
    put_ring(f, point::kInnerLips, point::kInnerLipsCount, {128, 178}, 12, 1.5f);
    for (int i = 0; i < point::kJawCount; ++i) set_position(f, point::kJaw + i, {90.0f + 19.0f * static_cast<float>(i), 188.0f + 16.0f * std::sin(0.785f * static_cast<float>(i))});
    put_ring(f, point::kRightEye, point::kEyeCount, {108, 130}, 9, 4);
    put_ring(f, point::kLeftEye, point::kEyeCount, {148, 130}, 9, 4);
    set_position(f, point::kRightIris, {108, 130}), set_position(f, point::kRightIris + 1, {112, 130});
    set_position(f, point::kLeftIris, {148, 130}), set_position(f, point::kLeftIris + 1, {152, 130});
    for (int i = 0; i < point::kBrowCount; ++i) {
        set_position(f, point::kRightBrow + i, {97.0f + 7 * static_cast<float>(i), 117});
        set_position(f, point::kLeftBrow + i, {138.0f + 7 * static_cast<float>(i), 117});
    }
    const Point head[17] = {{128, 131}, {128, 156}, {120, 160}, {136, 160}, {84, 115}, {80, 138}, {88, 165}, {168, 165}, {176, 138}, {172, 115}, {128, 92}, {128, 116},
                            {78, 110}, {90, 78}, {128, 62}, {166, 78}, {178, 110}};
    for (int i = 0; i < 17; ++i) set_position(f, point::kNose + i, head[i]);
    const Point torso[7] = {{106, 212}, {150, 212}, {63, 250}, {193, 250}, {128, 240}, {95, 300}, {161, 300}};
    for (int i = 0; i < 7; ++i) set_position(f, point::kNeck + i, torso[i]);
    const TorsoFrame frame = torso_frame_of(f);
    for (const auto& [first, side] : {std::pair{point::kRightHand, -1}, std::pair{point::kLeftHand, 1}})
        for (int i = 0; i < point::kHandCount; ++i) {
            const KeyPoint rest = resting_hand_point(i, side);
            set_position(f, first + i, from_torso(frame, {rest.x, rest.y}));
        }
    for (KeyPoint& p : f.points) p.confidence = 1;
    f[Scalar::lid_right] = f[Scalar::lid_left] = 1;
    return f;
}

/// The body with every point off by up to `amount` pixels, head shifted and turned with it.
inline KeyPointFrame moved(const KeyPointFrame& from, unsigned seed, float amount = 2) {
    std::mt19937 rng(seed);
    auto some = [&](float most) { return most * (2 * static_cast<float>(rng() >> 8) / (1 << 24) - 1); };
    KeyPointFrame f = from;
    const float roll = some(0.15f), dx = some(8), dy = some(5);
    for (int i = 0; i < point::kCount; ++i) {
        Point p = position(f, i);
        if (i < point::kNeck) p = {128 + dx + std::cos(roll) * (p.x - 128) - std::sin(roll) * (p.y - 190), 190 + dy + std::sin(roll) * (p.x - 128) + std::cos(roll) * (p.y - 190)};
        set_position(f, i, {p.x + some(amount), p.y + some(amount)});
    }
    for (float& s : f.scalars) s = std::abs(some(1));
    f[Scalar::yaw] = some(20);
    return f;
}

inline float distance(const KeyPointFrame& a, const KeyPointFrame& b, int first = 0, int count = point::kCount) {
    float most = 0;
    for (int i = first; i < first + count; ++i) most = std::max(most, std::hypot(position(a, i).x - position(b, i).x, position(a, i).y - position(b, i).y));
    return most;
}

}  // namespace mirrorme::test

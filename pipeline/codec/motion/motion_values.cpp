#include "codec/motion/motion_values.h"

#include <algorithm>
#include <cmath>

#include "codec/motion/body_geometry.h"

namespace mirrorme {
namespace {

constexpr float kDegrees = 1.0f / 30;

bool is_hand(Part part) { return part == Part::left_hand || part == Part::right_hand; }
bool carried_by_head(Part part) { return part == Part::mouth || part == Part::eyes; }
bool is_angle(Scalar s) { return s == Scalar::yaw || s == Scalar::pitch || s == Scalar::roll; }

float hand_confidence(const KeyPointFrame& frame, Part part) {
    const PointRange range = points_of(part);
    float sum = 0;
    for (int i = range.first + point::kWrist; i < range.first + range.count; ++i) sum += frame.points[static_cast<std::size_t>(i)].confidence;
    return sum / static_cast<float>(range.count - point::kWrist);
}

/// Appends the part's scalars (and a hand's confidence) after its points.
void put_scalars(const KeyPointFrame& frame, Part part, std::vector<float>& values) {
    for (const Scalar s : scalars_of(part)) values.push_back(frame[s] * (is_angle(s) ? kDegrees : 1.0f));
    if (is_hand(part)) values.push_back(hand_confidence(frame, part));
}

void take_scalars(const std::vector<float>& values, Part part, KeyPointFrame& frame) {
    const PointRange range = points_of(part);
    std::size_t at = 2 * static_cast<std::size_t>(range.count);
    for (const Scalar s : scalars_of(part)) frame[s] = values[at++] / (is_angle(s) ? kDegrees : 1.0f);
    if (!is_hand(part)) return;
    const float confidence = std::clamp(values[at], 0.0f, 1.0f);
    for (int i = range.first; i < range.first + range.count; ++i) frame.points[static_cast<std::size_t>(i)].confidence = confidence;
}

template <class Map>
void put_points(Part part, std::vector<float>& values, Map map) {
    const PointRange range = points_of(part);
    values.reserve(static_cast<std::size_t>(value_count(part)));
    for (int i = range.first; i < range.first + range.count; ++i) {
        const Point p = map(i);
        values.push_back(p.x);
        values.push_back(p.y);
    }
}

template <class Map>
void take_points(Part part, const std::vector<float>& values, KeyPointFrame& frame, Map map) {
    const PointRange range = points_of(part);
    for (int i = 0; i < range.count; ++i)
        set_position(frame, range.first + i, map(range.first + i, Point{values[2 * static_cast<std::size_t>(i)], values[2 * static_cast<std::size_t>(i) + 1]}));
}

Point minus(Point a, Point b) { return {a.x - b.x, a.y - b.y}; }
Point plus(Point a, Point b) { return {a.x + b.x, a.y + b.y}; }

std::vector<float>& of(MotionValues& values, Part part) { return values.parts[static_cast<std::size_t>(part)]; }
const std::vector<float>& of(const MotionValues& values, Part part) { return values.parts[static_cast<std::size_t>(part)]; }

}  // namespace

int value_count(Part part) noexcept { return 2 * points_of(part).count + static_cast<int>(scalars_of(part).size()) + (is_hand(part) ? 1 : 0); }

MotionValues motion_of(const KeyPointFrame& reference, const KeyPointFrame& frame) {
    const FaceFrame face = face_frame_of(reference);
    const KeyPointFrame was = to_face_units(reference, face), is = to_face_units(frame, face);
    const Affine undo_head = inverse(fit_head(was, is));
    const TorsoFrame torso = torso_frame_of(is);
    MotionValues values;
    for (int p = 0; p < kPartCount; ++p) {
        const Part part = static_cast<Part>(p);
        put_points(part, of(values, part), [&](int i) {
            if (is_hand(part)) return to_torso(torso, position(is, i));
            const Point at = position(is, i);
            return minus(carried_by_head(part) ? apply(undo_head, at) : at, position(was, i));
        });
        put_scalars(frame, part, of(values, part));
    }
    return values;
}

KeyPointFrame frame_of(const KeyPointFrame& reference, const MotionValues& values) {
    const FaceFrame face = face_frame_of(reference);
    const KeyPointFrame was = to_face_units(reference, face);
    KeyPointFrame is = was;
    auto displaced = [&](int i, Point by) { return plus(position(was, i), by); };
    take_points(Part::head, of(values, Part::head), is, displaced);
    take_points(Part::torso, of(values, Part::torso), is, displaced);
    const Affine head = fit_head(was, is);
    const TorsoFrame torso = torso_frame_of(is);
    for (const Part part : {Part::mouth, Part::eyes})
        take_points(part, of(values, part), is, [&](int i, Point by) { return apply(head, displaced(i, by)); });
    for (const Part part : {Part::left_hand, Part::right_hand})
        take_points(part, of(values, part), is, [&](int, Point at) { return from_torso(torso, at); });
    for (int p = 0; p < kPartCount; ++p) take_scalars(values.parts[static_cast<std::size_t>(p)], static_cast<Part>(p), is);
    return to_pixels(is, face);
}

MotionValues identity_of(const KeyPointFrame& reference) {
    const KeyPointFrame own = to_face_units(reference, face_frame_of(reference));
    const TorsoFrame torso = torso_frame_of(own);
    MotionValues values;
    for (int p = 0; p < kPartCount; ++p) {
        const Part part = static_cast<Part>(p);
        put_points(part, of(values, part), [&](int i) { return is_hand(part) ? to_torso(torso, position(own, i)) : position(own, i); });
        put_scalars(reference, part, of(values, part));
    }
    return values;
}

void enliven(MotionValues& values, const KeyPointFrame& reference, float liveliness) {
    auto scale_points = [&](Part part, int first, int count) {
        std::vector<float>& v = of(values, part);
        const int offset = 2 * (first - points_of(part).first);
        for (int i = offset; i < offset + 2 * count; ++i) v[static_cast<std::size_t>(i)] *= liveliness;
    };
    auto scale_scalars = [&](Part part, std::span<const Scalar> which) {
        std::size_t at = 2 * static_cast<std::size_t>(points_of(part).count);
        for (const Scalar s : scalars_of(part)) {
            float& value = of(values, part)[at++];
            const float rest = reference[s] * (is_angle(s) ? kDegrees : 1.0f);
            if (std::find(which.begin(), which.end(), s) != which.end()) value = rest + liveliness * (value - rest);
        }
    };
    constexpr std::array kGaze{Scalar::gaze_x, Scalar::gaze_y};
    scale_points(Part::head, point::kNose, point::kNeck - point::kNose);
    scale_scalars(Part::head, scalars_of(Part::head));
    scale_points(Part::torso, point::kNeck, point::kTorsoCount);
    scale_points(Part::eyes, point::kRightIris, point::kNose - point::kRightIris);  // irises and brows; a blink stays whole
    scale_scalars(Part::eyes, kGaze);
}

KeyPoint resting_hand_point(int index, int side) noexcept {
    // A slim arm that hangs a little away from the body, hand half open, palm inwards.
    const float s = static_cast<float>(side);
    if (index == point::kElbow) return {1.30f * s, 1.68f, 0};
    if (index == point::kWrist) return {1.24f * s, 3.08f, 0};
    const int finger = (index - point::kFingers) / 4, joint = (index - point::kFingers) % 4;
    if (finger == 0) return {(1.16f - 0.05f * static_cast<float>(joint)) * s, 3.20f + 0.16f * static_cast<float>(joint), 0};
    const float across = 0.14f - 0.09f * static_cast<float>(finger);
    return {(1.24f - across) * s, 3.55f + 0.14f * static_cast<float>(joint), 0};
}

void blend_arm(const KeyPointFrame& reference, int first, float share, KeyPointFrame& frame) noexcept {
    const TorsoFrame was = torso_frame_of(reference), is = torso_frame_of(frame);
    for (int i = first; i < first + point::kHandCount; ++i) {
        const Point own = from_torso(is, to_torso(was, position(reference, i))), at = position(frame, i);
        set_position(frame, i, {own.x + share * (at.x - own.x), own.y + share * (at.y - own.y)});
    }
}

void rest_arms(const KeyPointFrame& reference, KeyPointFrame& frame) noexcept {
    constexpr float kHeld = 0.45f, kFree = 0.75f;  // torso units
    const TorsoFrame was = torso_frame_of(reference), is = torso_frame_of(frame);
    for (const auto& [first, side] : {std::pair{point::kRightHand, -1}, std::pair{point::kLeftHand, 1}}) {
        float from_picture = 0, from_rest = 0;
        for (const int joint : {point::kElbow, point::kWrist}) {
            const Point own = to_torso(was, position(reference, first + joint)), at = to_torso(is, position(frame, first + joint));
            const KeyPoint rest = resting_hand_point(joint, side);
            from_picture = std::max(from_picture, std::hypot(own.x - at.x, own.y - at.y));
            from_rest = std::max(from_rest, std::hypot(rest.x - at.x, rest.y - at.y));
        }
        const float t = std::clamp((std::min(from_picture, from_rest) - kHeld) / (kFree - kHeld), 0.0f, 1.0f), share = t * t * (3 - 2 * t);
        if (share < 1) blend_arm(reference, first, share, frame);
    }
}

}  // namespace mirrorme

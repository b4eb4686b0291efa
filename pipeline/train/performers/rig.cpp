#include "train/performers/rig.h"

#include "train/performers/random.h"

namespace mirrorme::performers {
namespace {

constexpr int kOutline = 80;                               // segments of the hair outline
constexpr std::array<int, 5> kCrownAt{2, 20, 40, 60, 78};  // key points among its vertices

/// How far the hair stands off the skull at `along`: -1 above the right ear, 0 crown, 1 above the left ear.
float hair_thickness(const CharacterLook& look, float along) {
    const Extras& x = look.extras;
    if (x.hat == HatKind::beanie) return 0.15f + 0.12f * (1 - along * along);
    if (x.hat == HatKind::cap) return 0.12f + 0.10f * (1 - along * along);
    const HairLook& h = look.hair;
    const float top = 1 - along * along;
    switch (h.kind) {
        case HairKind::bald: return 0;
        case HairKind::buzz: return h.volume;
        case HairKind::curly: return h.volume * (0.75f + 0.35f * top) + 0.040f * std::abs(std::sin(along * kPi * 5.5f + static_cast<float>(h.seed % 7)));
        case HairKind::afro: return h.volume * (0.85f + 0.25f * top) + 0.022f * std::sin(along * kPi * 11 + static_cast<float>(h.seed % 5));
        case HairKind::short_side: return h.volume * (0.42f + 0.80f * top) + 0.05f * std::sin(along * 2.2f) * (h.part < 0 ? -1.0f : 1.0f) * top;
        case HairKind::short_messy: {
            const float wave = std::sin(along * kPi * 6.5f + static_cast<float>(h.seed % 11));
            return h.volume * (0.60f + 0.62f * top) + 0.045f * wave * (0.4f + top);
        }
        case HairKind::spiky: {
            const float phase = along * 4.5f + 0.5f;
            const float tooth = 1 - std::abs(2 * (phase - std::floor(phase)) - 1);
            return h.volume * (0.62f + 0.5f * top) + (0.10f + 0.20f * top) * tooth * tooth * 0.9f;
        }
        case HairKind::bob: return h.volume * (0.95f + 0.30f * top);
        default: return h.volume * (0.72f + 0.45f * top);
    }
}

/// First point where the edge of the neck crosses the outline of the jaw.
Vec2 neck_meets_jaw(const CharacterLook& look, const HeadRig& head, const BodyRig& body, float side) {
    const Vec2 low = body.pixel({side * look.body.neck * 1.08f, look.body.shoulder_y - 0.55f});
    const Vec2 high = head.project({side * look.body.neck, look.face.jaw_y * 0.7f, -0.30f});
    const float first = head.shape().t_of(look.face.jaw_y * 0.62f);
    const Vec2 normal = unit(perpendicular(low - high)) * side;
    constexpr int kSteps = 40;
    Vec2 before = head.rim(first, side);
    float was = dot(before - high, normal);
    for (int i = 1; i <= kSteps; ++i) {
        const Vec2 at = head.rim(mix(first, 1.0f, static_cast<float>(i) / kSteps), side);
        const float is = dot(at - high, normal);
        if ((was > 0) != (is > 0)) return mix(before, at, was / (was - is));
        before = at;
        was = is;
    }
    return before;
}

bool inside_hand(const HandGeometry& hand, Vec2 p) {
    auto near_segment = [&](Vec2 a, Vec2 b, float radius) {
        const Vec2 ab = b - a;
        const float t = clamp01(dot(p - a, ab) / std::max(dot(ab, ab), 1e-6f));
        return length(p - (a + ab * t)) < radius;
    };
    for (std::size_t f = 0; f < 5; ++f) {
        if (f > 0 && near_segment(hand.heel[f - 1], hand.fingers[f][0], 0.16f * hand.scale)) return true;
        for (std::size_t j = 0; j < 3; ++j)
            if (near_segment(hand.fingers[f][j], hand.fingers[f][j + 1], hand.radius[f][j])) return true;
    }
    return near_segment(hand.elbow, hand.wrist, hand.wrist_radius);
}

class Writer {
public:
    Writer(KeyPointFrame& frame, const Rig& rig) : frame_(frame), rig_(rig) {}

    void put(int index, Vec2 p, float confidence = 1) const {
        const bool outside = p.x < 0 || p.y < 0 || p.x >= static_cast<float>(rig_.width) || p.y >= static_cast<float>(rig_.height);
        const bool hand_point = index >= point::kLeftHand;
        if (!hand_point && (inside_hand(rig_.right_hand, p) || inside_hand(rig_.left_hand, p))) confidence = std::min(confidence, 0.5f);
        frame_.points[static_cast<std::size_t>(index)] = {p.x, p.y, outside ? 0.0f : confidence};
    }
    template <std::size_t N>
    void put_all(int first, const std::array<Vec2, N>& points, float confidence = 1) const {
        for (std::size_t i = 0; i < N; ++i) put(first + static_cast<int>(i), points[i], confidence);
    }

private:
    KeyPointFrame& frame_;
    const Rig& rig_;
};

void write_hand(const Writer& write, const HandGeometry& hand, int first) {
    write.put(first + point::kElbow, hand.elbow);
    write.put(first + point::kWrist, hand.wrist);
    for (std::size_t f = 0; f < 5; ++f)
        for (std::size_t j = 0; j < 4; ++j) {
            // Seen from behind, a bent finger hides its own end; seen from the thumb's far side, so does the palm.
            const bool hidden = j >= 2 && hand.depth[f][j] < -0.28f;
            write.put(first + point::kFingers + static_cast<int>(f * 4 + j), hand.fingers[f][j], hidden ? 0.5f : 1.0f);
        }
}

void write_head(const Writer& write, const CharacterLook& look, const Rig& rig) {
    const HeadRig& head = rig.head;
    const float fringe_hides = look.hair.fringe > 0.3f || look.extras.hat != HatKind::none ? 0.5f : 1.0f;
    for (const float side : {-1.0f, 1.0f}) {
        const bool right = side < 0;
        const float away = head.yaw() * side;  // > 0: this ear turns out of sight
        const float ear = look.covers_ears() || away > radians(14) ? 0.5f : 1.0f;
        write.put(point::kFaceContour + (right ? 0 : 5), head.rim(head.shape().t_of(-0.32f), side), look.hair.kind == HairKind::bald ? 1.0f : fringe_hides);
        write.put(point::kFaceContour + (right ? 1 : 4), head.project({side * 1.04f, 0.20f, -0.20f}), ear);
        write.put(point::kFaceContour + (right ? 2 : 3), head.rim(head.shape().t_of(0.34f), side));
    }
    write.put(point::kFaceContour + 6, head.face(0, look.hair.hairline), fringe_hides);
    write.put(point::kFaceContour + 7, head.face(0, look.brows.y));
    write.put_all(point::kCrown, rig.crown);
}

}  // namespace

std::vector<Vec2> hair_outline(const CharacterLook& look, const HeadRig& head) {
    std::vector<Vec2> points;
    points.reserve(kOutline + 1);
    const float ear = head.shape().t_of(0.05f);
    for (int i = 0; i <= kOutline; ++i) {
        const float along = 2.0f * static_cast<float>(i) / kOutline - 1;
        points.push_back(head.rim(std::abs(along) * ear, along < 0 ? -1.0f : 1.0f, hair_thickness(look, along)));
    }
    return points;
}

Rig::Rig(const CharacterLook& look, const PerformerPose& pose, const View& view)
    : stage(view), body(look, pose, stage), head(look, pose, stage, body.carried()), right_eye(rig_eye(look, pose.eyes, head, -1)),
      left_eye(rig_eye(look, pose.eyes, head, 1)), mouth(rig_mouth(look, head)),
      right_hand(rig_hand(look, pose.right_arm, body, -1)), left_hand(rig_hand(look, pose.left_arm, body, 1)),
      right_brow(rig_brow(look, pose.eyes, head, -1)), left_brow(rig_brow(look, pose.eyes, head, 1)), width(view.width), height(view.height) {
    const NoseLook& n = look.nose;
    const float wing = n.half_width * (1 - 0.05f * head.mouth().rounding + 0.06f * std::max(head.mouth().smile, 0.0f));
    nose = {head.face(0, -0.02f, n.bridge), head.face(0, n.y - 0.07f, n.depth), head.face(-wing, n.y - 0.01f, 0.07f), head.face(wing, n.y - 0.01f, 0.07f)};
    const HeadShape& shape = head.shape();
    const float corner = shape.t_of(look.face.jaw_y * 0.86f), low = shape.t_of(mix(look.face.jaw_y, look.face.chin_y, 0.62f));
    jaw = {head.rim(corner, -1), head.rim(low, -1), head.rim(1, 1), head.rim(low, 1), head.rim(corner, 1)};
    const std::vector<Vec2> outline = hair_outline(look, head);
    for (std::size_t i = 0; i < crown.size(); ++i) crown[i] = outline[static_cast<std::size_t>(kCrownAt[i])];
    right_neck = neck_meets_jaw(look, head, body, -1);
    left_neck = neck_meets_jaw(look, head, body, 1);
}

KeyPointFrame key_points_of(const CharacterLook& look, const PerformerPose& pose, const View& view, const Rig& rig) {
    KeyPointFrame frame;
    const Writer write(frame, rig);
    write.put_all(point::kOuterLips, rig.mouth.outer);
    write.put_all(point::kInnerLips, rig.mouth.inner);
    const bool bearded = look.extras.beard == BeardKind::full || look.extras.beard == BeardKind::short_beard;
    write.put_all(point::kJaw, rig.jaw, bearded ? 0.5f : 1.0f);
    write.put_all(point::kRightEye, rig.right_eye.contour);
    write.put_all(point::kLeftEye, rig.left_eye.contour);
    for (const EyeGeometry* eye : {&rig.right_eye, &rig.left_eye}) {
        const int first = eye->side < 0 ? point::kRightIris : point::kLeftIris;
        const float seen = eye->aperture > 0.18f ? 1.0f : 0.5f;
        write.put(first, eye->iris, seen);
        write.put(first + 1, eye->iris_edge, seen);
    }
    write.put_all(point::kRightBrow, rig.right_brow);
    write.put_all(point::kLeftBrow, rig.left_brow);
    write.put_all(point::kNose, rig.nose);
    write_head(write, look, rig);
    const BodyShape& b = look.body;
    write.put(point::kNeck, rig.right_neck);
    write.put(point::kNeck + 1, rig.left_neck);
    write.put(point::kShoulders, rig.right_hand.shoulder);
    write.put(point::kShoulders + 1, rig.left_hand.shoulder);
    write.put(point::kChest, rig.body.pixel({0, b.shoulder_y - 0.10f}));
    write.put(point::kChest + 1, rig.body.pixel({-0.55f * b.chest, b.shoulder_y + 1.55f}));
    write.put(point::kChest + 2, rig.body.pixel({0.55f * b.chest, b.shoulder_y + 1.55f}));
    write_hand(write, rig.left_hand, point::kLeftHand);
    write_hand(write, rig.right_hand, point::kRightHand);

    const MouthState& m = rig.mouth.state;
    frame[Scalar::opening] = m.opening;
    frame[Scalar::width] = m.width;
    frame[Scalar::rounding] = m.rounding;
    frame[Scalar::press] = m.press;
    frame[Scalar::teeth] = m.teeth;
    frame[Scalar::tongue] = m.tongue;
    frame[Scalar::lid_right] = std::clamp(pose.eyes.lid_right, 0.0f, 1.3f);
    frame[Scalar::lid_left] = std::clamp(pose.eyes.lid_left, 0.0f, 1.3f);
    frame[Scalar::gaze_x] = std::clamp(pose.eyes.gaze_x, -1.0f, 1.0f);
    frame[Scalar::gaze_y] = std::clamp(pose.eyes.gaze_y, -1.0f, 1.0f);
    frame[Scalar::yaw] = pose.head.yaw;
    frame[Scalar::pitch] = pose.head.pitch;
    frame[Scalar::roll] = pose.head.roll + view.roll;
    return frame;
}

}  // namespace mirrorme::performers

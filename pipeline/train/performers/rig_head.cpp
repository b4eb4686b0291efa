// Stage, head, eyes, brows and mouth of the rig.

#include "train/performers/rig.h"

namespace mirrorme::performers {
namespace {

constexpr float kPerspective = 0.05f;  // growth per head unit towards the viewer
constexpr float kBlink = 0.86f;        // where on the way from upper to lower lid a shut eye lies

}  // namespace

Stage::Stage(const View& view) {
    const float w = static_cast<float>(view.width), h = static_cast<float>(view.height);
    const float framing = clamp01(view.framing);
    // Close-up: the widest hair and a turn of the head still fit the width. Half body: the head is a quarter of the height.
    const float close = std::min(0.215f * h, 0.285f * w), half = std::min(0.092f * h, 0.150f * w);
    unit_ = close * std::pow(half / close, framing);
    origin_ = {w * (0.5f + view.shift_x), h * (mix(0.47f, 0.0f, framing) + view.shift_y)};
    origin_.y += framing * (0.065f * h + 1.62f * unit_);
    centre_ = {w / 2, h / 2};
    roll_ = radians(view.roll);
    cos_ = std::cos(roll_);
    sin_ = std::sin(roll_);
}

MouthState mouth_state(const LipsLook& lips, const MouthPose& pose) {
    MouthState m;
    m.press = clamp01(pose.press);
    m.opening = clamp01(pose.opening) * (1 - m.press);
    m.width = std::clamp(pose.width, -1.0f, 1.0f);
    m.rounding = clamp01(pose.rounding);
    m.smile = std::clamp(pose.smile, -1.0f, 1.0f);
    // Teeth and tongue need room to be seen in.
    const float room = smooth_step(0, 0.22f, m.opening);
    m.teeth = clamp01(pose.teeth) * room;
    m.tongue = clamp01(pose.tongue) * room;
    m.gap = lips.gap * m.opening * (1 - 0.25f * m.rounding);
    m.drop = 0.74f * m.gap - 0.02f * m.press;
    return m;
}

HeadRig::HeadRig(const CharacterLook& look, const PerformerPose& pose, const Stage& stage, Vec2 carried)
    : stage_(stage), shape_(look.face), mouth_(mouth_state(look.lips, pose.mouth)), lips_y_(look.lips.y), pivot_{0, 0.95f, -0.35f} {
    yaw_ = radians(pose.head.yaw);
    cos_yaw_ = std::cos(yaw_);
    sin_yaw_ = std::sin(yaw_);
    cos_pitch_ = std::cos(radians(pose.head.pitch));
    sin_pitch_ = std::sin(radians(pose.head.pitch));
    cos_roll_ = std::cos(radians(pose.head.roll));
    sin_roll_ = std::sin(radians(pose.head.roll));
    const float face_unit = 2 * look.eyes.x;
    offset_ = carried + Vec2{pose.head.shift_x, pose.head.shift_y} * face_unit;
}

Vec3 HeadRig::jaw(Vec3 p) const {
    const float moved = smooth_step(lips_y_ - 0.10f, lips_y_ + 0.30f, p.y);
    return {p.x * (1 - 0.07f * mouth_.opening * moved), p.y + mouth_.drop * moved, p.z - 0.10f * mouth_.drop * moved};
}

Vec3 HeadRig::turn(Vec3 p) const {
    const Vec3 d = p - pivot_;
    const float x = cos_yaw_ * d.x + sin_yaw_ * d.z, z = -sin_yaw_ * d.x + cos_yaw_ * d.z;
    const float y = cos_pitch_ * d.y + sin_pitch_ * z, depth = -sin_pitch_ * d.y + cos_pitch_ * z;
    return Vec3{cos_roll_ * x - sin_roll_ * y, sin_roll_ * x + cos_roll_ * y, depth} + pivot_;
}

Vec2 HeadRig::project(Vec3 head) const {
    const Vec3 p = turn(head);
    const float grow = 1 + kPerspective * p.z;
    return stage_.pixel(Vec2{p.x * grow, p.y * grow} + offset_);
}

Vec2 HeadRig::up() const { return rotate({sin_roll_, -cos_roll_}, stage_.roll()); }

EyeGeometry rig_eye(const CharacterLook& look, const EyesPose& pose, const HeadRig& head, float side) {
    const EyeLook& e = look.eyes;
    const float lid = std::clamp(side < 0 ? pose.lid_right : pose.lid_left, 0.0f, 1.3f);
    // `out` runs from -1 at the inner to 1 at the outer corner; heights are above the line of the corners.
    auto bow = [](float out, float skew) { return (1 - out * out) * (1 + skew * out * 2); };
    auto open_upper = [&](float out) { return e.upper * bow(out, e.skew) * (lid > 1 ? 1 + 0.9f * (lid - 1) : 1); };
    auto open_lower = [&](float out) { return -e.lower * bow(out, 0.12f); };
    const float shut = 1 - std::min(lid, 1.0f);
    auto at = [&](float out, float height, float lift) {
        const float x = side * (e.x + out * e.half_width);
        const float y = -height - e.tilt * out;
        return head.face(x, y, lift - 0.05f);
    };
    auto edge = [&](float out, float from) {
        const float closed = mix(open_upper(out), open_lower(out), kBlink);
        return at(out, mix(from, closed, shut), 0);
    };
    EyeGeometry g;
    g.side = side;
    constexpr std::array<float, 5> kAlong{-1, -0.58f, 0, 0.58f, 1};  // smaller to larger x for the left eye
    auto out_of = [&](int i) { return side * kAlong[static_cast<std::size_t>(i)]; };
    g.contour[0] = at(out_of(0), 0, 0);
    g.contour[4] = at(out_of(4), 0, 0);
    for (int i = 1; i <= 3; ++i) {
        g.contour[static_cast<std::size_t>(i)] = edge(out_of(i), open_upper(out_of(i)));
        g.contour[static_cast<std::size_t>(8 - i)] = edge(out_of(i), open_lower(out_of(i)));
    }
    for (int i = 0; i < 5; ++i) {
        const float out = out_of(i);
        const float rest = open_upper(out) + 0.05f + 0.35f * e.upper * (1 - out * out);
        const float low = mix(open_upper(out), open_lower(out), 0.35f) + 0.06f;
        g.crease[static_cast<std::size_t>(i)] = at(out, mix(rest, low, shut * 0.7f), 0.01f);
    }
    g.aperture = std::min(lid, 1.0f);
    const float travel_x = 0.40f * e.half_width, travel_y = 0.34f * (e.upper + e.lower);
    const float gx = std::clamp(pose.gaze_x, -1.0f, 1.0f), gy = std::clamp(pose.gaze_y, -1.0f, 1.0f);
    const float middle = (e.upper - e.lower) * 0.42f;
    auto on_ball = [&](float dx, float dy) { return head.face(side * e.x + dx, -middle + dy, -0.03f); };
    const float tall = e.iris * e.iris_tall;
    g.centre = at(0, middle, 0);
    g.iris = on_ball(gx * travel_x, gy * travel_y);
    // The iris is a disc on the ball of the eye: a glance to the side makes it narrower.
    const float narrow = 1 - 0.10f * gx * gx;
    g.iris_right = (on_ball(gx * travel_x + e.iris * narrow, gy * travel_y) - on_ball(gx * travel_x - e.iris * narrow, gy * travel_y)) * 0.5f;
    g.iris_down = (on_ball(gx * travel_x, gy * travel_y + tall) - on_ball(gx * travel_x, gy * travel_y - tall)) * 0.5f;
    g.iris_edge = g.iris + g.iris_right;
    return g;
}

std::array<Vec2, 4> rig_brow(const CharacterLook& look, const EyesPose& pose, const HeadRig& head, float side) {
    const BrowLook& b = look.brows;
    const float raise = std::clamp(side < 0 ? pose.brow_right : pose.brow_left, -1.0f, 1.0f);
    const float frown = clamp01(pose.frown);
    std::array<Vec2, 4> points;
    for (int i = 0; i < 4; ++i) {
        const float along = static_cast<float>(i) / 1.5f - 1;  // smaller to larger x
        const float out = side * along, inner = (1 - out) / 2;
        const float x = side * (look.eyes.x + 0.02f + out * b.half_length) - side * frown * 0.07f * inner;
        // Inner end low, highest two thirds out, tail lowest.
        const float arch = b.arch * (1.06f - 0.80f * (out - 0.22f) * (out - 0.22f) - 0.44f * std::max(out, 0.0f) * out * out);
        const float y = b.y - arch - b.tilt * out - raise * (0.10f + 0.03f * inner) + frown * 0.085f * inner * inner + (raise < 0 ? -raise * 0.01f : 0);
        points[static_cast<std::size_t>(i)] = head.face(x, y, 0.02f);
    }
    return points;
}

MouthGeometry rig_mouth(const CharacterLook& look, const HeadRig& head) {
    const LipsLook& l = look.lips;
    const MouthState& m = head.mouth();
    const float half = l.half_width * (1 + 0.20f * m.width + 0.10f * std::max(m.smile, 0.0f) - 0.40f * m.rounding - 0.07f * m.opening);
    const float corner_y = l.y - l.corner - 0.075f * m.smile + 0.30f * m.gap;
    const float top_y = l.y - 0.13f * m.gap - 0.015f * std::max(m.smile, 0.0f), bottom_y = top_y + m.gap;
    const float upper = l.upper * (1 - 0.72f * m.press) * (1 + 0.30f * m.rounding) * (1 - 0.14f * std::max(m.smile, 0.0f));
    const float lower = l.lower * (1 - 0.66f * m.press) * (1 + 0.18f * m.rounding) * (1 - 0.10f * std::max(m.smile, 0.0f));
    auto arc = [](float s) { return std::pow(std::max(1 - s * s, 0.0f), 0.8f); };
    auto at = [&](float s, float y) {
        const float x = s * half;
        const float bulge = (0.05f + 0.12f * m.rounding) * (1 - s * s);
        return head.project({x, y, head.shape().surface(x, l.y) + bulge - 0.08f * (y - l.y)});
    };
    auto inner_upper = [&](float s) { return mix(corner_y, top_y, arc(s)); };
    auto inner_lower = [&](float s) { return mix(corner_y, bottom_y, arc(s)); };
    MouthGeometry g;
    g.state = m;
    g.outer[0] = at(-1, corner_y);
    g.outer[6] = at(1, corner_y);
    constexpr std::array<float, 5> kUpper{-0.66f, -0.30f, 0, 0.30f, 0.66f}, kLower{0.66f, 0.34f, 0, -0.34f, -0.66f};
    const std::array<float, 5> upper_height{0.60f, 1, 1 - 0.34f * l.bow, 1, 0.60f};
    constexpr std::array<float, 5> lower_height{0.70f, 0.95f, 1, 0.95f, 0.70f};
    for (std::size_t i = 0; i < 5; ++i) {
        g.outer[1 + i] = at(kUpper[i], inner_upper(kUpper[i]) - upper * upper_height[i]);
        g.outer[7 + i] = at(kLower[i], inner_lower(kLower[i]) + lower * lower_height[i]);
    }
    constexpr float kInnerCorner = 0.93f;
    constexpr std::array<float, 3> kInner{-0.52f, 0, 0.52f};
    const float inner_corner = mix(corner_y, inner_upper(kInnerCorner), 0.5f);
    g.inner[0] = at(-kInnerCorner, inner_corner);
    g.inner[4] = at(kInnerCorner, inner_corner);
    for (std::size_t i = 0; i < 3; ++i) {
        g.inner[1 + i] = at(kInner[i], inner_upper(kInner[i]));
        g.inner[7 - i] = at(kInner[i], inner_lower(kInner[i]));
    }
    // Upper teeth belong to the skull and show below the lip; lower teeth ride on the jaw.
    const float shown = m.teeth * std::min(0.16f, 0.62f * m.gap), low = (0.4f + 0.6f * m.teeth) * std::max(0.0f, 0.30f * m.gap - 0.055f);
    for (int i = 0; i < 5; ++i) {
        const float s = (static_cast<float>(i) - 2) * 0.5f;
        const std::size_t k = static_cast<std::size_t>(i);
        g.upper_teeth[k] = at(s, top_y + shown * (1 - 0.55f * s * s) + 0.10f * m.gap * s * s);
        g.lower_teeth[k] = at(s, bottom_y - low * (1 - 0.6f * s * s));
    }
    const float high = m.gap * (0.16f + 0.46f * m.tongue);
    g.tongue = at(0, bottom_y + 0.10f * m.gap);
    g.tongue_right = at(0.62f, bottom_y + 0.10f * m.gap) - g.tongue;
    g.tongue_up = at(0, bottom_y + 0.10f * m.gap - high) - g.tongue;
    return g;
}

}  // namespace mirrorme::performers

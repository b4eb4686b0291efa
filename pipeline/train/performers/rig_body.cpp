// Torso, arms and hands of the rig.

#include "train/performers/rig.h"

namespace mirrorme::performers {
namespace {

constexpr float kHipY = 8.7f;  // lean and sway start here

/// Elbow between shoulder and wrist, bent outwards and down; pulls the wrist in when it is out of reach.
/// A third dimension lets a forearm that comes forward look shorter instead of throwing the elbow out.
Vec3 elbow_of(Vec3 shoulder, Vec3& wrist, float upper, float fore, float side) {
    Vec3 reach = wrist - shoulder;
    const float longest = (upper + fore) * 0.998f, shortest = std::abs(upper - fore) * 1.05f + 0.4f;
    const float distance = std::clamp(length(reach), shortest, longest);
    reach = unit(reach) * distance;
    wrist = shoulder + reach;
    const float along = (upper * upper - fore * fore + distance * distance) / (2 * distance);
    const float out = std::sqrt(std::max(upper * upper - along * along, 0.0f));
    const Vec3 axis = reach * (1 / distance);
    const Vec3 pole{0.30f * side, 0.90f, -0.30f};
    const Vec3 bend = unit(pole - axis * dot(pole, axis));
    return shoulder + axis * along + bend * out;
}

struct Finger {
    float across, along;  // of the knuckle, hand units, thumb side positive
    float length, radius, fan, fan_spread;  // fan: degrees towards the thumb, at rest and per spread
};
constexpr std::array<Finger, 4> kFingers{{
    {0.31f, 0.86f, 0.80f, 0.120f, 3, 11},
    {0.10f, 0.92f, 0.89f, 0.124f, 0, 3},
    {-0.11f, 0.88f, 0.82f, 0.118f, -3, -7},
    {-0.30f, 0.78f, 0.64f, 0.102f, -6, -17},
}};
constexpr std::array<float, 3> kJoints{0.46f, 0.30f, 0.24f};       // shares of a finger's length
constexpr std::array<float, 3> kBend{82, 100, 64};                 // degrees of a closed finger's joints

}  // namespace

BodyRig::BodyRig(const CharacterLook& look, const PerformerPose& pose, const Stage& stage)
    : stage_(stage), pose_(pose.torso), shoulder_y_(look.body.shoulder_y), shoulder_(look.body.shoulder), face_unit_(2 * look.eyes.x) {}

Vec2 BodyRig::move(Vec2 p) const {
    const float high = clamp01((kHipY - p.y) / (kHipY - shoulder_y_));
    const float breath = clamp01(pose_.breath) * smooth_step(kHipY, shoulder_y_ + 0.6f, p.y);
    const float raise = mix(pose_.raise_right, pose_.raise_left, smooth_step(-0.6f * shoulder_, 0.6f * shoulder_, p.x));
    const float at_shoulder = smooth_step(0.25f * shoulder_, shoulder_, std::abs(p.x)) * smooth_step(shoulder_y_ + 2.2f, shoulder_y_, p.y) *
                              smooth_step(shoulder_y_ - 1.4f, shoulder_y_ - 0.3f, p.y);
    p.y -= 0.055f * breath + 0.32f * raise * at_shoulder;
    p.x *= 1 + 0.012f * breath;
    p.x += pose_.sway * face_unit_ * (0.2f + 0.8f * high);
    const Vec2 hip{0, kHipY};
    return rotate(p - hip, radians(pose_.lean)) + hip;
}

Vec2 BodyRig::carried() const {
    const Vec2 neck{0, 0.95f};
    return move(neck) - neck;
}

HandGeometry rig_hand(const CharacterLook& look, const ArmPose& pose, const BodyRig& body, float side) {
    const BodyShape& b = look.body;
    const Stage& stage = body.stage();
    HandGeometry g;
    g.side = side;
    const Vec2 right = body.move({-b.shoulder, b.shoulder_y}), left = body.move({b.shoulder, b.shoulder_y});
    const Vec2 joint = side < 0 ? right : left, middle = (right + left) * 0.5f;
    const float half = length(left - right) * 0.5f;
    const float raised = clamp01(pose.raised);
    const Vec2 rest = body.move({side * (b.shoulder + 0.16f), b.shoulder_y + 0.988f * (b.upper_arm + b.forearm)});
    const Vec2 wanted = middle + Vec2{side * pose.wrist_x, pose.wrist_y} * half;
    // The nearer the shoulder, the further forward: arms fold in front of the body, not beside it.
    const float forward = mix(2.4f, 0.9f, smooth_step(0.8f, 4.5f, length(wanted - joint)));
    Vec3 wrist{mix(rest.x, wanted.x, raised), mix(rest.y, wanted.y, raised), mix(0.15f, forward, raised)};
    const Vec3 shoulder{joint.x, joint.y, 0};
    const Vec3 elbow = elbow_of(shoulder, wrist, b.upper_arm, b.forearm, side);
    g.shoulder = stage.pixel(joint);
    g.elbow = stage.pixel({elbow.x, elbow.y});
    g.wrist = stage.pixel({wrist.x, wrist.y});
    g.elbow_z = elbow.z;
    g.wrist_z = wrist.z;
    g.upper_radius = b.arm * stage.unit();
    g.elbow_radius = 0.80f * b.arm * stage.unit();
    g.wrist_radius = 0.235f * b.hand * stage.unit();
    g.scale = b.hand * stage.unit();

    // Hand axes: d along the fingers, t towards the thumb, n out of the palm.
    const float angle = radians(mix(172.0f, pose.hand_angle, smooth_step(0, 0.75f, raised)));
    const Vec3 d{std::sin(angle) * side, -std::cos(angle), 0};
    const Vec3 inner{side * d.y, -side * d.x, 0};
    const float turn = (1 - std::clamp(pose.palm, -1.0f, 1.0f)) * kPi / 2;
    g.palm = std::cos(turn);
    const Vec3 t{inner.x * g.palm, inner.y * g.palm, -std::sin(turn)};
    const Vec3 n{inner.x * std::sin(turn), inner.y * std::sin(turn), g.palm};
    const float spread = clamp01(pose.spread);
    auto place = [&](Vec3 local) {  // local: hand units along t, d, n
        const Vec3 p = t * local.x + d * local.y + n * local.z;
        const Vec2 flat = Vec2{wrist.x, wrist.y} + Vec2{p.x, p.y} * b.hand;
        return std::pair{stage.pixel(flat), p.z};
    };
    auto put = [&](std::size_t finger, std::size_t joint_index, Vec3 local, float radius) {
        const auto [pixel, z] = place(local);
        g.fingers[finger][joint_index] = pixel;
        g.depth[finger][joint_index] = z;
        g.radius[finger][joint_index] = radius * g.scale;
    };
    for (std::size_t f = 0; f < 4; ++f) {
        const Finger& spec = kFingers[f];
        const float curl = clamp01(pose.curl[f + 1]);
        g.curl[f + 1] = curl;
        const float fan = radians((spec.fan + spec.fan_spread * spread) * (1 - 0.8f * curl));
        const Vec3 straight{std::sin(fan), std::cos(fan), 0};
        Vec3 at{spec.across * (0.92f + 0.10f * spread), spec.along, 0};
        float bend = 0;
        put(f + 1, 0, at, spec.radius * 1.06f);
        for (std::size_t j = 0; j < 3; ++j) {
            bend += radians(kBend[j] * curl + 5);
            const Vec3 direction{straight.x * std::cos(bend), straight.y * std::cos(bend), std::sin(bend)};
            at = at + direction * (spec.length * kJoints[j]);
            put(f + 1, j + 1, at, spec.radius * (j == 0 ? 0.97f : j == 1 ? 0.90f : 0.80f));
        }
        g.heel[f] = place({0.20f - 0.13f * static_cast<float>(f), 0.10f, 0}).first;
    }
    const float curl = clamp01(pose.curl[0]);
    g.curl[0] = curl;
    Vec3 at{0.24f, 0.20f, 0.03f};
    float fan = radians(38 + 20 * spread - 12 * curl), lift = radians(12 + 26 * curl);
    put(0, 0, at, 0.19f);
    constexpr std::array<float, 3> kThumb{0.44f, 0.34f, 0.29f}, kThumbRadius{0.140f, 0.122f, 0.102f};
    for (std::size_t j = 0; j < 3; ++j) {
        const Vec3 direction{std::sin(fan) * std::cos(lift), std::cos(fan) * std::cos(lift), std::sin(lift)};
        at = at + direction * kThumb[j];
        put(0, j + 1, at, kThumbRadius[j]);
        fan -= radians(6 + 62 * curl);
        lift += radians(10 * curl);
    }
    g.pointing = unit(stage.pixel({wrist.x + d.x, wrist.y + d.y}) - g.wrist);
    return g;
}

}  // namespace mirrorme::performers

#include "train/codec_poses.h"

#include <algorithm>

namespace mirrorme {
namespace {

MouthPose speaking_mouth(TrainingRng& rng) {
    MouthPose mouth;
    const float kind = uniform(rng, 0, 1);
    if (kind < 0.18f) {  // p b m, or silence
        mouth.press = chance(rng, 0.5f) ? uniform(rng, 0, 1) : 0;
    } else if (kind < 0.38f) {  // o u w
        mouth.rounding = uniform(rng, 0.3f, 1);
        mouth.width = uniform(rng, -1, -0.1f);
        mouth.opening = uniform(rng, 0.02f, 0.6f);
    } else if (kind < 0.6f) {  // e i s
        mouth.width = uniform(rng, 0, 1);
        mouth.opening = uniform(rng, 0.02f, 0.4f);
        mouth.teeth = uniform(rng, 0.2f, 1);
    } else {  // a, and everything between
        mouth.opening = uniform(rng, 0.05f, 1);
        mouth.width = uniform(rng, -0.6f, 0.6f);
        mouth.rounding = chance(rng, 0.3f) ? uniform(rng, 0, 0.6f) : 0;
        mouth.teeth = chance(rng, 0.7f) ? uniform(rng, 0, 1) : 0;
        mouth.tongue = chance(rng, 0.6f) ? uniform(rng, 0, 1) : 0;
    }
    mouth.smile = uniform(rng, -0.4f, 0.8f);
    return mouth;
}

EyesPose any_eyes(TrainingRng& rng) {
    EyesPose eyes;
    const float lids = chance(rng, 0.3f) ? uniform(rng, 0, 0.8f) : uniform(rng, 0.8f, 1.2f);
    eyes.lid_right = eyes.lid_left = chance(rng, 0.18f) ? 0.0f : lids;
    if (chance(rng, 0.06f)) eyes.lid_left = uniform(rng, 0, 1);
    eyes.gaze_x = std::clamp(uniform(rng, -1, 1) * uniform(rng, 0, 1.4f), -1.0f, 1.0f);
    eyes.gaze_y = std::clamp(uniform(rng, -1, 1) * uniform(rng, 0, 1.1f), -1.0f, 1.0f);
    eyes.brow_right = uniform(rng, -0.7f, 1);
    eyes.brow_left = std::clamp(eyes.brow_right + (chance(rng, 0.2f) ? uniform(rng, -0.6f, 0.6f) : 0), -1.0f, 1.0f);
    eyes.frown = chance(rng, 0.2f) ? uniform(rng, 0, 1) : 0;
    return eyes;
}

HeadPose any_head(TrainingRng& rng, float extent) {
    HeadPose head;
    head.yaw = extent * uniform(rng, -1, 1) * uniform(rng, 2, 25);
    head.pitch = extent * uniform(rng, -1, 1) * uniform(rng, 1, 15);
    head.roll = extent * uniform(rng, -1, 1) * uniform(rng, 1, 12);
    head.shift_x = extent * uniform(rng, -0.12f, 0.12f);
    head.shift_y = extent * uniform(rng, -0.08f, 0.08f);
    return head;
}

TorsoPose any_torso(TrainingRng& rng, float extent) {
    TorsoPose torso;
    torso.sway = extent * uniform(rng, -0.25f, 0.25f);
    torso.lean = extent * uniform(rng, -4, 4);
    torso.breath = uniform(rng, 0, 1);
    torso.raise_right = extent * (chance(rng, 0.3f) ? uniform(rng, 0, 1) : uniform(rng, 0, 0.2f));
    torso.raise_left = chance(rng, 0.7f) ? torso.raise_right : extent * uniform(rng, 0, 1);
    return torso;
}

ArmPose any_arm(TrainingRng& rng) {
    ArmPose arm;
    arm.raised = chance(rng, 0.75f) ? 1.0f : uniform(rng, 0, 1);
    arm.wrist_x = uniform(rng, -0.2f, 1.7f);
    arm.wrist_y = uniform(rng, -0.3f, 1.9f);
    arm.hand_angle = uniform(rng, -70, 60);
    arm.palm = chance(rng, 0.7f) ? uniform(rng, 0.4f, 1) : uniform(rng, -1, 1);
    const float kind = uniform(rng, 0, 1), curl = kind < 0.4f ? uniform(rng, 0, 0.25f) : uniform(rng, 0, 1);
    for (float& finger : arm.curl) finger = std::clamp(curl + uniform(rng, -0.15f, 0.15f), 0.0f, 1.0f);
    if (kind > 0.85f) arm.curl = {uniform(rng, 0.4f, 1), uniform(rng, 0, 0.1f), 0.9f, 0.95f, 0.95f};  // pointing
    arm.spread = uniform(rng, 0, 1);
    return arm;
}

}  // namespace

float uniform(TrainingRng& rng, float low, float high) {
    constexpr float kStep = 1.0f / (1 << 24);  // the same on every standard library, unlike std::uniform_real_distribution
    return low + (high - low) * static_cast<float>(rng() >> 40) * kStep;
}

bool chance(TrainingRng& rng, float probability) { return uniform(rng, 0, 1) < probability; }

PerformerPose reference_pose(TrainingRng& rng) {
    PerformerPose pose;
    pose.mouth.smile = uniform(rng, -0.2f, 0.9f);
    if (chance(rng, 0.25f)) pose.mouth = speaking_mouth(rng);
    pose.eyes.lid_right = pose.eyes.lid_left = uniform(rng, 0.85f, 1.15f);
    pose.eyes.gaze_x = uniform(rng, -0.25f, 0.25f);
    pose.eyes.gaze_y = uniform(rng, -0.2f, 0.2f);
    pose.eyes.brow_right = pose.eyes.brow_left = uniform(rng, -0.3f, 0.4f);
    if (chance(rng, 0.15f)) pose.eyes = any_eyes(rng);
    pose.head = any_head(rng, chance(rng, 0.2f) ? 0.7f : 0.2f);
    pose.torso = any_torso(rng, 0.3f);
    if (chance(rng, 0.08f)) pose.right_arm = any_arm(rng);
    if (chance(rng, 0.08f)) pose.left_arm = any_arm(rng);
    return pose;
}

PerformerPose any_pose(TrainingRng& rng) {
    PerformerPose pose;
    pose.mouth = speaking_mouth(rng);
    pose.eyes = any_eyes(rng);
    pose.head = any_head(rng, chance(rng, 0.35f) ? 1.0f : 0.4f);
    pose.torso = any_torso(rng, 1);
    if (chance(rng, 0.3f)) pose.right_arm = any_arm(rng);
    if (chance(rng, 0.3f)) pose.left_arm = any_arm(rng);
    return pose;
}

PerformerPose near_pose(TrainingRng& rng, const PerformerPose& reference) {
    PerformerPose pose = reference;
    pose.mouth = speaking_mouth(rng);
    pose.mouth.smile = std::clamp(reference.mouth.smile + uniform(rng, -0.2f, 0.2f), -1.0f, 1.0f);
    const float lids = chance(rng, 0.15f) ? uniform(rng, 0, 1) : 1.0f;
    pose.eyes.lid_right *= lids;
    pose.eyes.lid_left *= lids;
    pose.eyes.gaze_x = std::clamp(reference.eyes.gaze_x + uniform(rng, -0.15f, 0.15f), -1.0f, 1.0f);
    pose.eyes.gaze_y = std::clamp(reference.eyes.gaze_y + uniform(rng, -0.1f, 0.1f), -1.0f, 1.0f);
    const float brows = uniform(rng, -0.3f, 0.4f);
    pose.eyes.brow_right = std::clamp(reference.eyes.brow_right + brows, -1.0f, 1.0f);
    pose.eyes.brow_left = std::clamp(reference.eyes.brow_left + brows, -1.0f, 1.0f);
    const HeadPose turn = any_head(rng, 0.25f);
    pose.head.yaw += turn.yaw;
    pose.head.pitch += turn.pitch;
    pose.head.roll += turn.roll;
    pose.head.shift_x += turn.shift_x;
    pose.head.shift_y += turn.shift_y;
    pose.torso = any_torso(rng, 0.3f);
    return pose;
}

View any_view(TrainingRng& rng, int width, int height) {
    View view;
    view.width = width;
    view.height = height;
    view.framing = chance(rng, 0.75f) ? uniform(rng, 0.45f, 1) : uniform(rng, 0, 0.45f);
    view.shift_x = uniform(rng, -0.06f, 0.06f);
    view.shift_y = uniform(rng, -0.04f, 0.05f);
    view.roll = chance(rng, 0.3f) ? uniform(rng, -6, 6) : 0;
    return view;
}

std::uint64_t character_seed(TrainingRng& rng, CharacterSet set) {
    const std::uint64_t group = (rng() >> 16) % 100'000'000ull * 10;
    return group + (set == CharacterSet::held_out ? 9 : rng() % 9);
}

}  // namespace mirrorme

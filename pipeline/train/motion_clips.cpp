// Note [Clips and windows]
// A clip is a performance of several seconds, cut into groups of r frames. A training window takes T' groups from g on:
//   moving start: latent j = group g + j; the window's time 0 is frame r g
//   still start:  latent 0 = the last frame of group g alone, latent j = group g + j; the window's time 0 is that frame
// so that in both counts (denoise/positions.h) every latent but a still one is the same group, encoded once. Making a clip costs
// as much as a few training windows, so several windows are taken from it before it is dropped; new characters
// and sentences keep coming, because few of them are learned by heart within minutes.

#include "train/motion_clips.h"

#include <algorithm>
#include <utility>

#include "codec/motion/body_geometry.h"
#include "train/chance_noise.h"
#include "train/performance/performance_library.h"
#include "train/training_task.h"

namespace mirrorme {
namespace {

constexpr float kCleanShare = 1.0f / 3;  // of clips whose sound is not treated
constexpr int kPosePoints = 2 * point::kHandCount;
constexpr float kRaised = 0.02f;         // ArmPose::raised above which a hand counts as asked for

enum Stream { characters_stream, performance_stream };

/// Writes one frame's 44 hand points; arms at rest are "not asked for": confidence 0 and the origin.
void write_pose(const KeyPointFrame& frame, const PerformerPose& pose, float* out) {
    const TorsoFrame torso = torso_frame_of(frame);
    for (const auto& [first, arm] : {std::pair{point::kLeftHand, &pose.left_arm}, std::pair{point::kRightHand, &pose.right_arm}}) {
        for (int joint = 0; joint < point::kHandCount; ++joint, out += 3) {
            if (arm->raised < kRaised) continue;
            const Point p = to_torso(torso, position(frame, first + joint));
            out[0] = p.x, out[1] = p.y, out[2] = 1;
        }
    }
}

bool raises_an_arm(const PerformerPose& pose) { return std::max(pose.left_arm.raised, pose.right_arm.raised) >= kRaised; }

void describe_arms(const std::vector<KeyPointFrame>& frames, const std::vector<PerformerPose>& poses, int r, MotionClip& clip) {
    const int latents = static_cast<int>(frames.size()) / r;
    clip.pose = torch::zeros({latents, r * kPosePoints * 3});
    clip.gesturing = torch::zeros({latents}, torch::kBool);
    for (int i = 0; i < latents * r; ++i) {
        const PerformerPose& pose = poses[static_cast<std::size_t>(i)];
        write_pose(frames[static_cast<std::size_t>(i)], pose, clip.pose.data_ptr<float>() + i * kPosePoints * 3);
        if (raises_an_arm(pose)) clip.gesturing[i / r] = true;
    }
}

}  // namespace

void encode_groups(const PartMapImpl& map, const std::vector<KeyPointFrame>& frames, MotionClip& clip) {
    const auto r = static_cast<std::size_t>(map.temporal());
    std::vector<KeyPointFrame> last(frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) last[i] = frames[i / r * r + r - 1];
    clip.identity = map.encode_identity(clip.reference)[0];
    clip.moving = map.encode(clip.reference, frames)[0];
    clip.still = map.encode(clip.reference, last)[0];
    clip.chances = chances_of(frames, map.temporal());
}

PerformanceMaker performances_from(const std::filesystem::path& speech) {
    if (!speech.empty())
        return [library = std::make_shared<const PerformanceLibrary>(speech)](std::uint64_t seed, const PerformanceOptions& options) { return library->make(seed, options); };
    // One studio for the whole process: its voices are a single library's.
    static const auto generator = std::make_shared<const PerformanceGenerator>();
    return [](std::uint64_t seed, const PerformanceOptions& options) { return generator->make(seed, options); };
}

MotionClip make_clip(const PartMap& map, const PerformanceMaker& performances, const ClipOptions& options, std::uint64_t seed) {
    const torch::NoGradGuard no_grad;
    TrainingRng rng(item_seed(seed, 0, characters_stream));
    const bool held_out = options.characters == CharacterSet::held_out;
    if (options.footage && !held_out && chance(rng, options.footage_share)) return options.footage->clip(*map, seed);
    PerformanceOptions wanted;
    wanted.frames = options.latents * map->temporal();
    wanted.speech_share = options.speech_share;
    wanted.gesture_share = options.gesture_share;
    wanted.held_out = held_out;
    wanted.augmentation = chance(rng, kCleanShare) ? 0 : uniform(rng, 0.2f, 1) * options.augmentation;
    Performance performance = performances(item_seed(seed, 0, performance_stream), wanted);

    MotionClip clip;
    clip.character = character_seed(rng, options.characters);
    const Performer performer(clip.character);
    const View view = clip.view = any_view(rng, options.width, options.height);
    clip.reference_pose = reference_pose(rng);
    clip.reference = performer.key_points(clip.reference_pose, view);
    std::vector<KeyPointFrame> frames(performance.poses.size());
    std::transform(performance.poses.begin(), performance.poses.end(), frames.begin(), [&](const PerformerPose& pose) { return performer.key_points(pose, view); });
    encode_groups(*map, frames, clip);
    describe_arms(frames, performance.poses, map->temporal(), clip);
    clip.audio = std::move(performance.audio_16k);
    if (held_out) {
        clip.performance = std::move(performance);
        clip.frames = std::move(frames);
    }
    return clip;
}

}  // namespace mirrorme

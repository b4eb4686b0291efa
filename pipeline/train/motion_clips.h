#pragma once
// Performances of random characters as the denoiser sees them: latents, identity, hands that were asked for, sound.
// No pixel is drawn. See Note [Clips and windows] in the .cpp.

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "codec/motion/part_map.h"
#include "train/clip_pool.h"
#include "train/codec_poses.h"
#include "train/footage.h"
#include "train/performance/performance_generator.h"

namespace mirrorme {

/// Where performances come from: voices, or speech made beforehand. Any thread.
using PerformanceMaker = std::function<Performance(std::uint64_t seed, const PerformanceOptions& options)>;

/// From speech recorded in the folder (train data --shards), or spoken by this process's voices when it is empty. Throws Error.
PerformanceMaker performances_from(const std::filesystem::path& speech);

inline constexpr int kMotionTemporal = 4;  // r of codec `motion`

/// L latent frames of one character; immutable once made. Group g = frames [r g, r g + r) of the performance.
struct MotionClip {
    torch::Tensor moving;     // [C, L, 1, S]
    torch::Tensor still;      // [C, L, 1, S] the group's last frame alone
    torch::Tensor identity;   // [C, 1, 1, S]
    torch::Tensor pose;       // [L, r * 44 * 3] raw pose rows (features/pose_encoder.h), unit points
    torch::Tensor gesturing;  // [L] bool: an arm is raised in the group
    torch::Tensor chances;    // [L, kChances] chances_of the frames
    std::vector<float> audio;  // 16 kHz from the performance's first frame on
    Performance performance;   // without its sound; kept for evaluation only, else empty
    KeyPointFrame reference;   // pixels
    std::uint64_t character = 0;      // of the Performer
    View view;
    PerformerPose reference_pose;
    std::vector<KeyPointFrame> frames;  // pixels; kept for evaluation only, else empty

    int latents() const { return static_cast<int>(moving.size(1)); }
};

struct ClipOptions {
    int latents = 60;             // L
    float speech_share = 0.75f, gesture_share = 0.25f;  // as PerformanceOptions
    float augmentation = 0.8f;    // largest; a third of the clips are clean
    int width = 256, height = 384;
    std::shared_ptr<const FootageLibrary> footage;  // clips of the same length; null = none
    float footage_share = 0.5f;   // of clips, where there is footage
    CharacterSet characters = CharacterSet::training;  // held_out also takes held-out voices and sentences, and keeps everything
};

/// Fills moving, still, identity and chances from the clip's reference and `frames`, a multiple of r of them.
void encode_groups(const PartMapImpl& map, const std::vector<KeyPointFrame>& frames, MotionClip& clip);

/// A pure function of its arguments. Throws Error.
MotionClip make_clip(const PartMap& map, const PerformanceMaker& performances, const ClipOptions& options, std::uint64_t seed);

using ClipPool = KeptClips<MotionClip>;

}  // namespace mirrorme

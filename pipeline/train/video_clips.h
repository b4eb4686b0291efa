#pragma once
// Performances of random characters as pictures, for training on latents of a picture codec (`vae`), and batches of them.

#include <torch/torch.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/json_fields.h"
#include "core/time.h"
#include "denoise/positions.h"
#include "train/clip_pool.h"
#include "train/motion_clips.h"
#include "train/training_task.h"

namespace mirrorme {

/// What the codec and the transformer ask of pictures.
struct VideoShape {
    int width = 256, height = 384;  // pixels of a frame
    int cell = 32;                  // pixels of a latent cell
    int temporal = 8;               // r: video frames of a latent frame
    int64_t cells() const { return int64_t{width / cell} * (height / cell); }
};

/// 1 + r T' frames of one character: latent 0 is frame 0, latent j frames 1 + r (j - 1) .. r j. Immutable once made.
struct VideoClip {
    torch::Tensor video;      // [3, 1 + r T', H, W] bytes
    torch::Tensor reference;  // [3, 1, H, W] bytes
    torch::Tensor pose;       // [T' + 1, r * 44 * 3] raw pose rows (features/pose_encoder.h), unit maps
    torch::Tensor gesturing;  // [T' + 1] bool: an arm is raised
    torch::Tensor face;       // [T' + 1, S] 1 where the face is at any time of the latent frame, else 0
    std::vector<float> audio;  // 16 kHz
    int origin = 0;            // video frame of the sound at which the pictures begin

    torch::Tensor mouth;       // [H, W] bool: the box that the lips stay in

    // Of the whole clip alone, for measuring; a window has none.
    torch::Tensor lips;        // [1 + r T'] pixels between the inner lips
    torch::Tensor hands;       // [1 + r T', H, W] bool: boxes of raised hands
};

struct VideoSampling {
    int batch = 1;
    int latents = 8;              // T' of a window
    int clip_latents = 0;         // T' of a clip, which windows are cut from; 0 = as a window's
    float still_share = 0.5f;     // of steps whose windows begin with the still latent (RAP's beta)
    float pose_share = 0;         // of steps in which gestures are asked for
    float gate_share = 0;         // of windows in which only the face's cells hear
    int pool_clips = 64;          // clips that windows are taken from at a time
    float clips_per_step = 0.25f;  // new ones; 0 = always the same
    float framing_first = 0.45f, framing_last = 1;  // View::framing
    float speech_share = 0.85f, gesture_share = 0.25f;  // as PerformanceOptions
    float augmentation = 0.8f;    // of the sound, largest; a third of the clips are clean
    CharacterSet characters = CharacterSet::training;
};

/// A pure function of its arguments. Throws Error.
VideoClip make_video_clip(const VideoShape& shape, const VideoSampling& sampling, const PerformanceMaker& performances, std::uint64_t seed);

/// The frames of `latents` latents from latent `first` on, as a clip of its own that remembers its sound's past.
VideoClip window_of(const VideoClip& clip, int first, int latents);
using VideoPool = KeptClips<VideoClip>;
/// What a pool of such clips makes them with.
VideoPool::Maker video_clip_maker(const VideoShape& shape, const VideoSampling& sampling, PerformanceMaker performances);
/// Clip `number` of a training, made when it is first wanted.
std::shared_ptr<const VideoClip> kept_clip(VideoPool& pool, std::uint64_t data_seed, std::uint64_t number);
/// Raw pose rows of every frame [1 + r T', P / r] of a clip's rows [T' + 1, P], and back.
torch::Tensor rows_of_frames(const torch::Tensor& rows, int temporal);
torch::Tensor rows_of_latents(const torch::Tensor& frames, int temporal);

struct VideoBatch final : TrainingBatch {
    void to(const torch::Device& device) override;

    FirstLatent start = FirstLatent::still;
    torch::Tensor video;       // [B, 3, 1 + r T', H, W] bytes; a still start is about latents 0 .. T' - 1 of it, a moving one about 1 .. T'
    torch::Tensor reference;   // [B, 3, 1, H, W] bytes
    torch::Tensor audio;       // [B, n] samples that the front end wants for the window
    torch::Tensor pose;        // [B, T', P]
    torch::Tensor pose_given;  // [B, T'] bool
    torch::Tensor face;        // [B, T', S]
    torch::Tensor mouth;       // [B, S] 1 where the lips are at any time of the clip
    torch::Tensor gated;       // [B] bool
};

/// Samples the front end wants for latents [0, T') after each start, indexed by FirstLatent.
using AudioSpans = std::array<SampleSpan, 2>;

class VideoSource final : public BatchSource {
public:
    VideoSource(const VideoSampling& sampling, std::shared_ptr<VideoPool> pool, AudioSpans spans) : sampling_(sampling), pool_(std::move(pool)), spans_(spans) {}
    std::unique_ptr<TrainingBatch> draw(std::uint64_t data_seed, std::int64_t step) override;
    /// The given clips as one batch: all with sound, whole, ungated; gestures are asked for where `posed`.
    static VideoBatch batch_of(const std::vector<std::shared_ptr<const VideoClip>>& clips, FirstLatent start, const SampleSpan& span, bool posed);

private:
    VideoSampling sampling_;
    std::shared_ptr<VideoPool> pool_;
    AudioSpans spans_;
};

}  // namespace mirrorme

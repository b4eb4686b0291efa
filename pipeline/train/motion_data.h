#pragma once
// Batches for the denoiser: windows of clips with their sound.

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <memory>

#include "core/time.h"
#include "denoise/positions.h"
#include "train/motion_clips.h"
#include "train/training_task.h"

namespace mirrorme {

/// B windows of T' latent frames. All of them start alike: the sound's positions depend on it.
struct MotionBatch final : TrainingBatch {
    void to(const torch::Device& device) override;

    FirstLatent start = FirstLatent::still;
    torch::Tensor latents;     // [B, C, T', 1, S]
    torch::Tensor identity;    // [B, C, 1, 1, S]
    torch::Tensor audio;       // [B, n] samples that the front end wants for latents [0, T')
    torch::Tensor pose;        // [B, T', P]
    torch::Tensor pose_given;  // [B, T'] bool
    torch::Tensor chances;     // [B, T', kChances]; nothing is told of a still latent
    torch::Tensor listen;      // [B, T', S] face mask: gates the sound; 1 everywhere where it is not to be gated
};

struct MotionSampling {
    int batch = 16;
    int latents = 16;            // T'
    float still_share = 0.5f;    // of steps whose windows start with a still latent (RAP's beta)
    float pose_share = 0;        // of windows in which gestures are asked for; else the model moves the hands as it likes
    float gate_share = 0;        // of windows in which only the face's tokens hear
    int pool_clips = 512;        // clips that windows are taken from at a time
    float clips_per_step = 3;    // new ones
    ClipOptions clips;
};

/// Samples the front end wants for latents [0, T') after such a start (AudioFrontEnd::span).
using AudioSpanOf = std::function<SampleSpan(FirstLatent start)>;

class MotionSource final : public BatchSource {
public:
    /// `pool` is shared by the sources of a run.
    MotionSource(const MotionSampling& sampling, std::shared_ptr<ClipPool> pool, AudioSpanOf audio_span, int temporal);
    std::unique_ptr<TrainingBatch> draw(std::uint64_t data_seed, std::int64_t step) override;

private:
    MotionSampling sampling_;
    std::shared_ptr<ClipPool> pool_;
    AudioSpanOf audio_span_;
    int temporal_;
};

/// Samples [span.first, span.end) of a sound at 16 kHz for a window whose time 0 is video frame `origin`; silence outside it.
torch::Tensor window_audio(const std::vector<float>& sound, int origin, SampleSpan span);
/// Samples [span.first, span.end) of `clip` for a window whose time 0 is frame `origin`; silence outside the clip.
torch::Tensor window_audio(const MotionClip& clip, int origin, SampleSpan span);

}  // namespace mirrorme

#pragma once
// The denoiser judged as it runs live: held-out characters, voices and sentences, streamed chunk by chunk through Denoiser and
// ContextCache, against the truth.

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "denoise/denoiser.h"
#include "features/audio_frontend.h"
#include "train/motion_clips.h"
#include "train/motion_metrics.h"
#include "train/training_task.h"

namespace mirrorme {

struct MotionEvaluationConfig {
    int clips = 12;
    int latents = 48;                // of a clip: 8 s
    std::vector<int> steps{1, 2, 4};  // sampler steps that are measured; the last is the one shown
    std::uint64_t seed = 9'000'001;   // the same set for all runs that are to be compared
    bool gestures_asked = false;      // true: the gestures of the truth are asked for
};

/// How clips are generated.
struct RolloutOptions {
    enum class Rest { generated, truth };
    int steps = 1;
    Rest rest = Rest::generated;  // of the person, besides the mouth: its own, or the clip's, remembered from chunk to chunk
    std::size_t sound_of = 0;     // so many clips further on; 0 = its own
};

class MotionEvaluation {
public:
    MotionEvaluation(const MotionEvaluationConfig& config, PartMap parts, SamplerConfig sampler, PerformanceMaker performances);

    Metrics evaluate(DitModel& trained, AudioFrontEnd& audio);
    /// Truth and generated motion of the first clips as line drawings side by side, with sound.
    std::vector<Preview> preview(DitModel& trained, AudioFrontEnd& audio);

    /// Tracks in face units of each clip's reference, from frame first_frame() of the clip on.
    std::vector<MotionTrack> generate(DitModel& trained, AudioFrontEnd& audio, const RolloutOptions& options);
    int first_frame() const { return parts_->temporal() - 1; }
    const std::vector<MotionClip>& clips() { return (prepare(), clips_); }
    const std::vector<SpokenClip>& truths() { return (prepare(), truths_); }

private:
    void prepare();
    std::vector<MotionTrack> tracks_of(const torch::Tensor& latents);
    Conditioning conditioning_of(AudioFrontEnd& audio, std::size_t sound_of) const;
    torch::Tensor true_latents() const;  // [clips, C, latents, 1, S]

    MotionEvaluationConfig config_;
    PartMap parts_;
    SamplerConfig sampler_;
    PerformanceMaker performances_;
    DitModel streaming_{nullptr};   // a copy: the Denoiser prepares it for inference
    std::vector<MotionClip> clips_;  // made on first use
    std::vector<SpokenClip> truths_;
};

}  // namespace mirrorme

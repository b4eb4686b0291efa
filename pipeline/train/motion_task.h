#pragma once
// Training of the denoiser and of the audio front end before it, on latents of codec `motion`: stages face, half_body, hands,
// stream, which differ in their numbers alone. See Note [What the denoiser learns from] in the .cpp.

#include <torch/torch.h>

#include <array>
#include <memory>
#include <vector>

#include "core/json_fields.h"
#include "denoise/dit_model.h"
#include "denoise/rectified_flow.h"
#include "features/audio_frontend.h"
#include "train/motion_data.h"
#include "train/motion_evaluation.h"
#include "train/mouth_probe.h"
#include "train/training_task.h"

namespace mirrorme {

struct MotionLoss {
    std::array<double, kPartCount> parts{1, 1, 1, 1, 1, 1};  // weight of each part's error
    double change = 0.5;         // of the temporal difference of the velocity's error, against the error itself (RAP)
    double probe = 0.5;          // of the mouth read from the audio tokens alone
    std::vector<double> times{1, 0.75, 0.5, 0.25};  // the sampler's own times ...
    double times_share = 0.6;    // ... take this share of the frames; the others are logit-normal
    double time_shift = 0.8;     // mean of the logit: biased towards noise
};

/// What the noisy frames are told of the frames before them.
struct MotionHistory {
    double none = 0;        // share of steps without any: every latent frame from its sound and the identity alone
    double corrupted = 0;   // share of windows whose history is noised
    double corruption = 0;  // largest noise, as a time 0..1
    double own = 0;         // share of steps whose history is the model's own prediction of it
};

struct MotionTaskConfig {
    std::string name;            // the stage
    MotionSampling sampling;
    MotionLoss loss;
    MotionHistory history;
    MotionEvaluationConfig evaluation;
};

/// Reads the "task" object of a stage; unknown fields are refused.
MotionTaskConfig parse_motion_task(const std::string& name, const JsonObject& object);

/// The modules of a denoiser in training.
struct MotionModules {
    DitModel denoiser{nullptr};
    AudioFrontEnd audio{nullptr};
    MouthProbe probe{nullptr};
    PartMap parts{nullptr};      // fitted, not trained
    SamplerConfig sampler;
};

class MotionTask final : public TrainingTask {
public:
    MotionTask(MotionTaskConfig config, MotionModules modules, PerformanceMaker performances);

    std::string name() const override { return config_.name; }
    std::vector<TrainedModule> modules() override;
    std::unique_ptr<BatchSource> make_source() override;
    StepResult step(TrainingBatch& batch, const StepInfo& info) override;
    Metrics evaluate() override { return evaluation_.evaluate(modules_.denoiser, modules_.audio); }
    std::vector<Preview> preview() override { return evaluation_.preview(modules_.denoiser, modules_.audio); }
    nlohmann::json describe() const override;

private:
    /// Times [B, T'], float32, on the batch's device.
    torch::Tensor draw_times(std::int64_t batch, std::int64_t frames, const torch::Device& device) const;
    torch::Tensor history_of(const MotionBatch& batch, DitPass pass);
    void add_losses(const torch::Tensor& error, const torch::Tensor& time, StepResult& result) const;

    MotionTaskConfig config_;
    MotionModules modules_;
    PerformanceMaker performances_;
    std::shared_ptr<ClipPool> pool_;
    torch::Tensor weight_;  // [1, C, 1, 1, S] mask of channels times weight of parts, mean 1
    MotionEvaluation evaluation_;
};

}  // namespace mirrorme

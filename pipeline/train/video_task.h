#pragma once
// Training of the denoiser and of the audio front end before it on pictures, through a codec `vae` that stays as it is: stages face, half_body, hands
// and stream of full-size models. See Note [What a picture model learns from] in the .cpp.

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "codec/vae/ltx_vae.h"
#include "core/json_fields.h"
#include "denoise/dit_model.h"
#include "denoise/rectified_flow.h"
#include "features/audio_frontend.h"
#include "train/mouth_probe.h"
#include "train/training_task.h"
#include "train/video_clips.h"
#include "train/video_recital.h"

namespace mirrorme {

struct VideoTaskConfig {
    std::string name;               // the stage
    VideoSampling sampling;
    double face_weight = 2;         // of the face's cells beside all cells
    double mouth_weight = 4;        // of the mouth's cells beside those
    double probe = 0.5;             // of the mouth's cells read from the audio tokens alone
    double change = 0.5;            // of the temporal difference of the velocity's error, against the error itself (RAP)
    double time_shift = 1.5;        // mean of the logit of the times: biased towards noise
    double one_shot = 0.25;         // share of steps in which every frame sees every other
    double history_none = 0.25;     // share of the other steps without any history
    double corruption = 0.3;        // largest noise in history, as a time 0..1
    double unheard = 0.1;           // share of windows that hear nothing, so that guidance has something to steer away from
    bool published_too = true;      // false: LTX's own weights stay as they are
    int evaluation_clips = 4;
    bool recite = false;            // evaluate on the clips that are learned, whole, as a stream (train/video_recital.h); otherwise on held-out windows
};

/// Reads the "task" object of a stage; unknown fields are refused.
VideoTaskConfig parse_video_task(const std::string& name, const JsonObject& object);

/// The modules of a denoiser in training on pictures.
struct VideoModules {
    DitModel denoiser{nullptr};
    AudioFrontEnd audio{nullptr};
    MouthProbe probe{nullptr};
    LtxVae vae{nullptr};            // frozen
    torch::Tensor text;             // [1, L, D] the prompt; undefined = none
    SamplerConfig sampler;
    nlohmann::json codec, sampling;  // their sections in a bundle
};

class VideoTask final : public TrainingTask {
public:
    /// Freezes what is not trained: the autoencoder, a published backbone, and LTX's weights where the config says so.
    VideoTask(VideoTaskConfig config, VideoModules modules, VideoShape shape, PerformanceMaker performances);

    std::string name() const override { return config_.name; }
    std::vector<TrainedModule> modules() override { return {{"denoiser.", modules_.denoiser.ptr(), 1}, {"audio.", modules_.audio.ptr(), 1}, {"probe.", modules_.probe.ptr(), 1}}; }
    std::unique_ptr<BatchSource> make_source() override;
    StepResult step(TrainingBatch& batch, const StepInfo& info) override;
    /// Error of the velocity on fixed clips at fixed times: with their own sound, and with each other's. Where the config says `recite`: VideoRecital::figures.
    Metrics evaluate() override;
    /// A sheet: truth above what one window makes of the sound, or VideoRecital::sheets.
    std::vector<Preview> preview() override;
    nlohmann::json describe() const override;

    // For tests: held-out clips, latents [B, C, T', h, w] of a batch, and what the model is told of it.
    std::vector<std::shared_ptr<const VideoClip>> fixed_clips();
    torch::Tensor latents_of(const VideoBatch& batch);
    Conditioning conditioning_of(const VideoBatch& batch);

private:
    torch::Tensor encode(const torch::Tensor& bytes);
    VideoRecital recital();
    torch::Device device() const { return modules_.denoiser->device(); }

    VideoTaskConfig config_;
    VideoModules modules_;
    VideoShape shape_;
    PerformanceMaker performances_;
    std::shared_ptr<VideoPool> pool_;
    std::uint64_t data_seed_ = 1;  // of the run
    std::vector<std::shared_ptr<const VideoClip>> fixed_;
};

}  // namespace mirrorme

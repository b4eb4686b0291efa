#pragma once
// Training of codec `vae`'s autoencoder on opaque clips of performers: reconstruction, posterior, decode times.
// See Note [A decoder that also denoises] in the .cpp.

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "codec/vae/ltx_vae.h"
#include "core/json_fields.h"
#include "train/motion_clips.h"
#include "train/video_clips.h"
#include "train/training_task.h"

namespace mirrorme {

/// Clips of `frames` frames of `size` x `size` pixels, cut out of performances.
struct VaeSampling {
    int batch = 2;
    int frames = 9;                   // 1 + 8n
    int size = 128;                   // a multiple of 32, at most `width`
    int width = 256, height = 384;    // pixels of the frame that is cut
    CharacterSet characters = CharacterSet::training;
    double watched = 6;               // weight of a clip's mouth and hands, against 1 of the rest
};

/// The clips of other stages, to be learned by heart instead of ever new ones.
struct VaeClips {
    VideoSampling sampling;
    std::shared_ptr<VideoPool> pool;
};

/// Reads the "task" object of part "vae"; unknown fields are refused.
VaeSampling parse_vae_task(const JsonObject& object);

struct VaeBatch final : TrainingBatch {
    void to(const torch::Device& device) override {
        video = video.to(device);
        weight = weight.to(device);
    }
    torch::Tensor video;   // [B, 3, F, H, W], -1..1
    torch::Tensor weight;  // [B, 1, 1, H, W] of a pixel's error, 1 where nothing is said
};

class VaeSource final : public BatchSource {
public:
    VaeSource(const VaeSampling& sampling, PerformanceMaker performances, std::vector<VaeClips> clips = {})
        : sampling_(sampling), performances_(std::move(performances)), clips_(std::move(clips)) {}
    std::unique_ptr<TrainingBatch> draw(std::uint64_t data_seed, std::int64_t step) override;

private:
    void put_performance(std::uint64_t data_seed, std::int64_t step, int item, torch::Tensor out) const;
    void put_clip(std::uint64_t data_seed, std::int64_t step, int item, VaeBatch& batch) const;

    VaeSampling sampling_;
    PerformanceMaker performances_;
    std::vector<VaeClips> clips_;  // empty: new performances
};

class VaeTask final : public TrainingTask {
public:
    VaeTask(const VaeConfig& config, const VaeSampling& sampling, PerformanceMaker performances, std::vector<VaeClips> clips = {});

    std::string name() const override { return "vae"; }
    std::vector<TrainedModule> modules() override { return {{"codec.vae.", vae_.ptr(), 1}}; }
    std::unique_ptr<BatchSource> make_source() override { return std::make_unique<VaeSource>(sampling_, performances_, clips_); }
    StepResult step(TrainingBatch& batch, const StepInfo& info) override;
    /// PSNR and SSIM of held-out clips, for the first frame held still and for the autoencoder.
    Metrics evaluate() override;
    /// A sheet: truth above reconstruction.
    std::vector<Preview> preview() override;
    nlohmann::json describe() const override { return {{"config", {{"vae", to_json(vae_->config())}}}}; }

private:
    const std::vector<VaeBatch>& held_out();
    torch::Tensor reconstruct(const torch::Tensor& video);
    torch::Tensor decode(const torch::Tensor& latents, const torch::Tensor& time);
    void track_statistics(const torch::Tensor& mean);

    VaeSampling sampling_;
    PerformanceMaker performances_;
    std::vector<VaeClips> clips_;
    LtxVae vae_;
    std::vector<VaeBatch> held_out_;
};

}  // namespace mirrorme

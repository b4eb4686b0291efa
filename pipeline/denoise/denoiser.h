#pragma once
// Makes the latents of a stream, chunk by chunk, from what the model is told and what the stream remembers.

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "denoise/context_cache.h"
#include "denoise/dit_model.h"
#include "denoise/rectified_flow.h"
#include "denoise/step_program.h"

namespace mirrorme {

/// What holds for a whole stream.
struct StreamSetup {
    torch::Tensor identity;         // [B, C, 1, h, w] clean latent of the reference picture; its shape is the stream's
    torch::Tensor text, text_mask;  // [B, L, caption_channels], [B, L]; undefined = null text
    torch::Tensor used;             // [1, C, 1, h, w] bool: see Note [Channels that mean nothing]; undefined = all are used
    FirstLatent start = FirstLatent::still;
    StreamPositions positions = StreamPositions::capped;
};

/// What of a chunk is known beforehand and only completed: whole parts of a person, cells of a picture.
struct KnownLatents {
    torch::Tensor latents;  // [B, C, c, h, w]
    torch::Tensor which;    // bool, broadcasts against latents
};

/// One thread. The model is shared, its weights must not change meanwhile. Every function runs without gradients.
class Denoiser {
public:
    /// The model must be block-causal. It is prepared for inference here.
    Denoiser(DitModel model, const SamplerConfig& sampler);

    /// A new stream; runs the reference picture through the transformer once.
    std::unique_ptr<ContextCache> start(const StreamSetup& setup);

    /// Samples latent frames [latents.first, latents.end), at most the configured chunk and not before cache.next(), and
    /// remembers them. Conditioning: of these frames; identity and text are the stream's. -> [B, C, c, h, w].
    /// The same stream, conditioning and seed give the same bits on one device. What is `known` is in the result and in memory as it is, and in every step
    /// noised to its time (RePaint, Lugmayr et al. 2022, without resampling); never as captured work.
    torch::Tensor run(IndexSpan latents, const Conditioning& conditioning, ContextCache& cache, std::uint64_t seed, const KnownLatents* known = nullptr);

    /// Appends frames that are already known (a clip to go on from) instead of sampling them: latents [B, C, c, h, w].
    /// With step-matched history every level gets the frames noised to its time.
    void append(const torch::Tensor& latents, const Conditioning& conditioning, ContextCache& cache, std::uint64_t seed);

    /// Steps of every chunk that follows; the times of their schedule. Shorter is faster and rougher.
    void set_sampler(const SamplerConfig& sampler);
    const DitModel& model() const { return model_; }
    const std::vector<double>& times() const { return times_; }

private:
    struct Chunk;
    Chunk begin(IndexSpan latents, const Conditioning& conditioning, ContextCache& cache);
    /// One call of the transformer; row = index into times_, or times_.size() for time 0.
    torch::Tensor call(const torch::Tensor& x, std::size_t row, Chunk& chunk, std::vector<KeysValues>* record);
    DitTimes times_of(std::size_t row, const Chunk& chunk);
    /// run() as captured work in fixed memory (denoise/step_program.h).
    torch::Tensor run_captured(Chunk& chunk, const std::vector<int64_t>& size, LatentIndex first, std::uint64_t seed);
    bool step_matched() const { return model_->config().context.history == StreamHistory::step_matched; }

    DitModel model_;
    SamplerConfig sampler_;
    std::vector<double> times_;
    int64_t tokens_ = 1;                // that the latest stream's chunks see, the reference picture's not among them
    std::vector<DitTimes> kept_times_;  // one a step and one for time 0
    StepTable table_;                   // the same for captured work; made when there is some
    bool table_is_current_ = false;
};

/// Noise [B, C, c, h, w] of latent frames from `first` on, at sampler step `step`: Philox keyed on (seed, latent, step).
torch::Tensor latent_noise(torch::IntArrayRef shape, LatentIndex first, std::uint32_t step, std::uint64_t seed, torch::Device device = torch::kCPU);

}  // namespace mirrorme

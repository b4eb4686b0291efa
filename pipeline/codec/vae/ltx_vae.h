#pragma once
// LTX-Video's autoencoder: pictures [B, 3, F, H, W] in -1..1 <-> latents [B, 128, 1 + (F-1)/8, H/32, W/32] (the published sizes).
// Parameter names are those of the published single files without `vae.`. Source: LTX-Video, versions as in vae_config.h.

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "codec/vae/vae_config.h"
#include "codec/vae/vae_layers.h"

namespace mirrorme {

struct VaePosterior {
    torch::Tensor mean;          // [B, latent, f, h, w], not normalised
    torch::Tensor log_variance;  // [B, 1, f, h, w], clamped to -30..20
};

class VaeEncoderImpl : public torch::nn::Module {
public:
    explicit VaeEncoderImpl(const VaeConfig& config);
    /// H and W multiples of the spatial stride; F = 1 + 8n, or 8n for a later chunk of a stream (8: the temporal stride).
    VaePosterior forward(const torch::Tensor& video, VaeStreamCache* cache = nullptr);

private:
    int latent_channels_, patch_;
    CausalConv3d conv_in{nullptr}, conv_out{nullptr};
    torch::nn::ModuleList down_blocks;
    std::vector<std::shared_ptr<VaeBlock>> blocks_;
};
TORCH_MODULE(VaeEncoder);

class VaeDecoderImpl : public torch::nn::Module {
public:
    explicit VaeDecoderImpl(const VaeConfig& config);
    /// Latents as the encoder gave them (not normalised) -> video. The published ones are not causal: frames near the end of a window
    /// differ from a longer decode. `context.timestep` is needed from 0.9.1 on.
    torch::Tensor forward(const torch::Tensor& latents, VaeDecodeContext& context) { return unpatchify(patches(latents, context), config_.patch); }
    /// The video as its last convolution gives it, [B, 3 p p, T, H / p, W / p].
    /// With `cache`, for a causal decoder: the stream's next latents, the first as one frame, each later one as r.
    torch::Tensor patches(const torch::Tensor& latents, VaeDecodeContext& context, VaeStreamCache* cache = nullptr);

private:
    VaeConfig config_;
    CausalConv3d conv_in{nullptr}, conv_out{nullptr};
    torch::nn::ModuleList up_blocks;
    std::vector<std::shared_ptr<VaeBlock>> blocks_;
    VaeTimeEmbedder last_time_embedder{nullptr};
    torch::Tensor last_scale_shift_table, timestep_scale_multiplier;
};
TORCH_MODULE(VaeDecoder);

class LtxVaeImpl : public torch::nn::Module {
public:
    explicit LtxVaeImpl(const VaeConfig& config);

    const VaeConfig& config() const { return config_; }
    VaeEncoder encoder{nullptr};
    VaeDecoder decoder{nullptr};

    /// (z - mean-of-means) / std-of-means per channel, and back.
    torch::Tensor normalise(const torch::Tensor& z) const;
    torch::Tensor denormalise(const torch::Tensor& z) const;

private:
    VaeConfig config_;
    std::shared_ptr<torch::nn::Module> per_channel_statistics;
    torch::Tensor mean_, std_;
};
TORCH_MODULE(LtxVae);

}  // namespace mirrorme

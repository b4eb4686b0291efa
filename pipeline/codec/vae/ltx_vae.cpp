#include "codec/vae/ltx_vae.h"

#include <cmath>

namespace mirrorme {
namespace {

using torch::Tensor;

}  // namespace

VaeEncoderImpl::VaeEncoderImpl(const VaeConfig& config) : latent_channels_(config.latent_channels), patch_(config.patch) {
    conv_in = register_module("conv_in", CausalConv3d(3 * config.patch * config.patch, config.encoder_channels));
    down_blocks = register_module("down_blocks", torch::nn::ModuleList());
    for (const VaeBlockSpec& spec : config.encoder_blocks) {
        blocks_.push_back(make_vae_block(spec, config, BlockSide::encoder));
        down_blocks->push_back(blocks_.back());
    }
    conv_out = register_module("conv_out", CausalConv3d(config.encoder_out_channels(), config.latent_channels + 1));
}

VaePosterior VaeEncoderImpl::forward(const Tensor& video, VaeStreamCache* cache) {
    if (cache) cache->begin_chunk();
    VaePass pass{.padding = TimePadding::causal, .cache = cache};
    Tensor h = conv_in->forward(patchify(video, patch_), pass.padding, cache);
    for (auto& block : blocks_) h = block->forward(h, pass);
    h = conv_out->forward_normed(h, {}, {}, pass.padding, cache);
    if (cache) cache->end_chunk();
    return {h.narrow(1, 0, latent_channels_), h.narrow(1, latent_channels_, 1).clamp(-30, 20)};
}

VaeDecoderImpl::VaeDecoderImpl(const VaeConfig& config) : config_(config) {
    conv_in = register_module("conv_in", CausalConv3d(config.latent_channels, config.decoder_channels));
    up_blocks = register_module("up_blocks", torch::nn::ModuleList());
    for (const VaeBlockSpec& spec : config.decoder_blocks) {
        blocks_.push_back(make_vae_block(spec, config, BlockSide::decoder));
        up_blocks->push_back(blocks_.back());
    }
    const int width = config.decoder_out_channels();
    conv_out = register_module("conv_out", CausalConv3d(width, 3 * config.patch * config.patch));
    if (config.timestep_conditioning) {
        timestep_scale_multiplier = register_parameter("timestep_scale_multiplier", torch::tensor(1000.0f), /*requires_grad=*/false);
        last_scale_shift_table = register_parameter("last_scale_shift_table", torch::randn({2, width}) / std::sqrt(double(width)));
        last_time_embedder = register_module("last_time_embedder", VaeTimeEmbedder(2 * width));
    }
}

Tensor VaeDecoderImpl::patches(const Tensor& latents, VaeDecodeContext& context, VaeStreamCache* cache) {
    TORCH_CHECK(cache == nullptr || config_.causal_decoder, "a decoder that looks ahead cannot go on from what it remembers");
    TORCH_CHECK(!config_.timestep_conditioning || context.timestep.defined(), "this autoencoder version needs a decode timestep");
    if (config_.timestep_conditioning) context.timestep_multiplier = timestep_scale_multiplier;
    context.next_noise = 0;
    if (cache) cache->begin_chunk();
    VaePass pass{.padding = config_.causal_decoder ? TimePadding::causal : TimePadding::centred, .cache = cache, .decode = &context};
    Tensor h = conv_in->forward(latents, pass.padding, cache);
    for (auto& block : blocks_) h = block->forward(h, pass);
    std::vector<Tensor> m(2);
    if (config_.timestep_conditioning) {
        const Tensor e = last_time_embedder->forward(context);
        m = (last_scale_shift_table.view({1, 2, -1, 1, 1, 1}) + e.view({e.size(0), 2, -1, 1, 1, 1})).unbind(1);
    }
    h = conv_out->forward_normed(h, m[1], m[0], pass.padding, cache);
    if (cache) cache->end_chunk();
    return h;
}

LtxVaeImpl::LtxVaeImpl(const VaeConfig& config) : config_(config) {
    encoder = register_module("encoder", VaeEncoder(config));
    decoder = register_module("decoder", VaeDecoder(config));
    per_channel_statistics = register_module("per_channel_statistics", std::make_shared<torch::nn::Module>());
    mean_ = per_channel_statistics->register_buffer("mean-of-means", torch::zeros({config.latent_channels}));
    std_ = per_channel_statistics->register_buffer("std-of-means", torch::ones({config.latent_channels}));
}

Tensor LtxVaeImpl::normalise(const Tensor& z) const { return (z - mean_.view({1, -1, 1, 1, 1})) / std_.view({1, -1, 1, 1, 1}); }
Tensor LtxVaeImpl::denormalise(const Tensor& z) const { return z * std_.view({1, -1, 1, 1, 1}) + mean_.view({1, -1, 1, 1, 1}); }

}  // namespace mirrorme

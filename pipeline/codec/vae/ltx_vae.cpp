#include "codec/vae/ltx_vae.h"

#include <algorithm>

namespace mirrorme {
namespace {

using torch::Tensor;
using torch::indexing::None;
using torch::indexing::Slice;

Tensor frames(const Tensor& x, int64_t first, int64_t last) { return x.slice(2, first, last); }

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
    h = conv_out->forward(torch::silu(pixel_norm(h)), pass.padding, cache);
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

Tensor VaeDecoderImpl::forward(const Tensor& latents, VaeDecodeContext& context) {
    TORCH_CHECK(!config_.timestep_conditioning || context.timestep.defined(), "this autoencoder version needs a decode timestep");
    if (config_.timestep_conditioning) context.timestep_multiplier = timestep_scale_multiplier.item<double>();
    context.next_noise = 0;
    VaePass pass{.padding = config_.causal_decoder ? TimePadding::causal : TimePadding::centred, .decode = &context};
    Tensor h = conv_in->forward(latents, pass.padding);
    for (auto& block : blocks_) h = block->forward(h, pass);
    h = pixel_norm(h);
    if (config_.timestep_conditioning) {
        const Tensor e = last_time_embedder->forward(context);
        const auto m = (last_scale_shift_table.view({1, 2, -1, 1, 1, 1}) + e.view({e.size(0), 2, -1, 1, 1, 1})).unbind(1);
        h = h * (1 + m[1]) + m[0];
    }
    return unpatchify(conv_out->forward(torch::silu(h), pass.padding), config_.patch);
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

Tensor VaeStreamEncoder::push(const Tensor& video) {
    const int64_t count = video.size(2), r = vae_->config().temporal_stride(), expected = cache_.first() ? 1 : 0;
    TORCH_CHECK(count % r == expected, "a stream's first chunk has 1 + ", r, "n frames and later ones ", r, "n; got ", count);
    return vae_->normalise(vae_->encoder->forward(video, &cache_).mean);
}

VaeStreamDecoder::VaeStreamDecoder(LtxVae vae, VaeWindow window) : vae_(std::move(vae)), window_(window) {
    TORCH_CHECK(window.context_back >= 1, "context_back must be at least 1: a window's first latent decodes to a single frame");
    TORCH_CHECK(window.context_forward >= 0 && window.cross_fade >= 0, "a window's sizes are not negative");
    TORCH_CHECK(window.cross_fade <= vae_->config().temporal_stride() * window.context_forward, "cross_fade needs ", window.cross_fade,
                " frames of the last window, but context_forward gives ", vae_->config().temporal_stride() * window.context_forward);
}

Tensor VaeStreamDecoder::push(const Tensor& latents) {
    held_ = held_.defined() ? torch::cat({held_, latents}, 2) : latents;
    return decode_pending(held_.size(2) - old_ - window_.context_forward, window_.context_forward);
}

Tensor VaeStreamDecoder::flush() {
    return decode_pending(held_.defined() ? held_.size(2) - old_ : 0, 0);
}

/// Shows the next `count` latents with `forward` latents of future context. Frame k of a window that starts at
/// latent i is frame 8i + k of the whole decode, so the new frames are the last 8 * count before the forward ones.
Tensor VaeStreamDecoder::decode_pending(int64_t count, int64_t forward) {
    if (count <= 0) return torch::zeros({1, 3, 0, 0, 0});
    VaeDecodeContext context;
    context.noise = &noise_;
    context.inject_noise = vae_->config().injects_noise();
    if (vae_->config().timestep_conditioning) context.timestep = torch::full({1}, window_.timestep, held_.options().dtype(torch::kFloat));
    const Tensor video = vae_->decoder->forward(vae_->denormalise(held_.slice(2, 0, old_ + count + forward)), context);

    const int64_t r = vae_->config().temporal_stride();
    const int64_t end = r * (old_ + count - 1) + 1, first = started_ ? r * (old_ - 1) + 1 : 0;
    Tensor shown = frames(video, first, end);
    if (const int64_t n = std::min<int64_t>({window_.cross_fade, forward_frames_.defined() ? forward_frames_.size(2) : 0, shown.size(2)}); n > 0) {
        const Tensor weight = (torch::arange(1, n + 1, video.options()) / double(n + 1)).view({1, 1, n, 1, 1});
        shown = torch::cat({frames(forward_frames_, 0, n).lerp(frames(shown, 0, n), weight), frames(shown, n, shown.size(2))}, 2);
    }
    forward_frames_ = forward > 0 ? frames(video, end, video.size(2)).clone() : Tensor();

    started_ = true;
    const int64_t keep = std::min<int64_t>(window_.context_back, old_ + count);
    held_ = held_.slice(2, old_ + count - keep).clone();
    old_ = keep;
    return shown;
}

}  // namespace mirrorme

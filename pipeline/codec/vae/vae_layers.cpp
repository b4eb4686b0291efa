#include "codec/vae/vae_layers.h"

#include <cmath>

#include "denoise/philox.h"
#include "ops/tensor_table.h"

namespace mirrorme {
namespace {

using torch::Tensor;
using torch::indexing::Slice;

constexpr std::uint32_t kInjectedNoiseStep = 0xffff'fffd;  // of NoiseKey: no sampler has as many

/// The last `count` frames into `slot`, whose memory stays where it is: work may be recorded (ops/captured_work.h).
void keep_last(Tensor& slot, const Tensor& frames, int64_t count) {
    const Tensor last = frames.narrow(2, frames.size(2) - count, count);
    if (slot.defined()) slot.copy_(last);
    else slot = last.clone(last.suggest_memory_format());
}

/// One residual block: norm, [modulate], SiLU, conv, [noise], twice, plus the (projected) input.
class VaeResidualBlock : public VaeBlock {
public:
    struct Features {
        bool modulated = false;  // scale_shift_table + time embedding
        bool noisy = false;      // per_channel_scale1/2
    };

    VaeResidualBlock(int in, int out, double norm_eps, Features features) : features_(features) {
        conv1 = register_module("conv1", CausalConv3d(in, out));
        conv2 = register_module("conv2", CausalConv3d(out, out));
        if (in != out) {
            norm3 = register_module("norm3", std::make_shared<torch::nn::Module>());
            norm = norm3->register_module("norm", torch::nn::LayerNorm(torch::nn::LayerNormOptions({in}).eps(norm_eps)));
            conv_shortcut = register_module("conv_shortcut", torch::nn::Conv3d(torch::nn::Conv3dOptions(in, out, 1)));
        }
        if (features.modulated)
            scale_shift_table = register_parameter("scale_shift_table", torch::randn({4, in}) / std::sqrt(static_cast<double>(in)));
        if (features.noisy) {
            per_channel_scale1 = register_parameter("per_channel_scale1", torch::zeros({in, 1, 1}));
            per_channel_scale2 = register_parameter("per_channel_scale2", torch::zeros({in, 1, 1}));
        }
    }

    Tensor forward(const Tensor& x, VaePass& pass) override { return forward_modulated(x, pass, {}); }

    /// `embedding`: [B, 4C, 1, 1, 1] in the order shift1, scale1, shift2, scale2, or undefined.
    Tensor forward_modulated(const Tensor& x, VaePass& pass, const Tensor& embedding) {
        std::vector<Tensor> m;
        if (features_.modulated)
            m = (scale_shift_table.view({1, 4, -1, 1, 1, 1}) + embedding.view({embedding.size(0), 4, -1, 1, 1, 1})).unbind(1);
        m.resize(4);
        Tensor h = add_noise(conv1->forward_normed(x, m[1], m[0], pass.padding, pass.cache), per_channel_scale1, pass);
        h = add_noise(conv2->forward_normed(h, m[3], m[2], pass.padding, pass.cache), per_channel_scale2, pass);
        return h + shortcut(x);
    }

private:
    Tensor shortcut(const Tensor& x) {
        if (norm3 == nullptr) return x;
        return conv_shortcut->forward(norm->forward(x.movedim(1, -1)).movedim(-1, 1));
    }

    Tensor add_noise(const Tensor& h, const Tensor& scale, VaePass& pass) const {
        VaeDecodeContext* context = pass.decode;
        if (!features_.noisy || context == nullptr || !context->inject_noise) return h;
        if (context->next_noise == context->noise->size()) {
            const Tensor picture = torch::empty({1, 1, 1, h.size(3), h.size(4)});
            const NoiseKey key{.seed = context->noise_seed, .latent = static_cast<std::int64_t>(context->next_noise), .step = kInjectedNoiseStep};
            fill_normal({picture.data_ptr<float>(), static_cast<std::size_t>(picture.numel())}, key);
            context->noise->push_back(picture.to(h.options()));
        }
        return h + (*context->noise)[context->next_noise++] * scale.view({1, -1, 1, 1, 1});
    }

    Features features_;
    CausalConv3d conv1{nullptr}, conv2{nullptr};
    std::shared_ptr<torch::nn::Module> norm3;
    torch::nn::LayerNorm norm{nullptr};
    torch::nn::Conv3d conv_shortcut{nullptr};
    Tensor scale_shift_table, per_channel_scale1, per_channel_scale2;
};

class VaeResidualRun : public VaeBlock {
public:
    VaeResidualRun(const VaeBlockSpec& spec, double norm_eps, bool modulated) {
        res_blocks = register_module("res_blocks", torch::nn::ModuleList());
        for (int i = 0; i < spec.layers; ++i) {
            blocks_.push_back(std::make_shared<VaeResidualBlock>(
                spec.in_channels, spec.in_channels, norm_eps, VaeResidualBlock::Features{.modulated = modulated, .noisy = spec.inject_noise}));
            res_blocks->push_back(blocks_.back());
        }
        if (modulated) time_embedder = register_module("time_embedder", VaeTimeEmbedder(4 * spec.in_channels));
    }

    Tensor forward(const Tensor& x, VaePass& pass) override {
        Tensor embedding;
        if (!time_embedder.is_empty()) embedding = time_embedder->forward(*pass.decode);
        Tensor h = x;
        for (auto& block : blocks_) h = block->forward_modulated(h, pass, embedding);
        return h;
    }

private:
    torch::nn::ModuleList res_blocks;
    std::vector<std::shared_ptr<VaeResidualBlock>> blocks_;
    VaeTimeEmbedder time_embedder{nullptr};
};

/// The published name is `down_blocks.N.conv.*`: the entry is the convolution itself.
class VaeStridedConv : public VaeBlock {
public:
    explicit VaeStridedConv(const VaeBlockSpec& spec) : kept_(3 - spec.stride_t) {
        conv = register_module("conv", torch::nn::Conv3d(torch::nn::Conv3dOptions(spec.in_channels, spec.out_channels, 3)
                                                             .stride({spec.stride_t, spec.stride_hw, spec.stride_hw})
                                                             .padding({0, 1, 1})));
    }

    Tensor forward(const Tensor& x, VaePass& pass) override {
        const bool continued = pass.cache != nullptr && !pass.cache->first();
        Tensor* slot = pass.cache ? &pass.cache->take() : nullptr;
        const Tensor first = x.index({Slice(), Slice(), Slice(0, 1)});
        const Tensor padded = continued ? torch::cat({*slot, x}, 2) : torch::cat({first, first, x}, 2);
        if (slot) keep_last(*slot, padded, kept_);
        return conv->forward(padded);
    }

private:
    int kept_;  // frames of a chunk that the next one's first window begins with: of three, what the stride leaves
    torch::nn::Conv3d conv{nullptr};
};

class VaeSpaceToDepth : public VaeBlock {
public:
    explicit VaeSpaceToDepth(const VaeBlockSpec& spec) : spec_(spec), fold_(spec.stride_t * spec.stride_hw * spec.stride_hw) {
        conv = register_module("conv", CausalConv3d(spec.in_channels, spec.out_channels / fold_));
    }

    Tensor forward(const Tensor& x, VaePass& pass) override {
        Tensor in = x;
        const bool start = pass.cache == nullptr || pass.cache->first();
        if (spec_.stride_t == 2 && start) in = torch::cat({x.index({Slice(), Slice(), Slice(0, 1)}), x}, 2);  // once a stream
        const Tensor folded = space_to_depth(in, spec_.stride_t, spec_.stride_hw);
        const int64_t group = folded.size(1) / spec_.out_channels;
        const Tensor skip = folded.unflatten(1, {spec_.out_channels, group}).mean(2);
        return space_to_depth(conv->forward(in, pass.padding, pass.cache), spec_.stride_t, spec_.stride_hw) + skip;
    }

private:
    VaeBlockSpec spec_;
    int fold_;
    CausalConv3d conv{nullptr};
};

class VaeDepthToSpace : public VaeBlock {
public:
    explicit VaeDepthToSpace(const VaeBlockSpec& spec) : spec_(spec) {
        conv = register_module("conv", CausalConv3d(spec.in_channels, spec.out_channels * spec.stride_t * spec.stride_hw * spec.stride_hw));
    }

    Tensor forward(const Tensor& x, VaePass& pass) override {
        const bool start = pass.cache == nullptr || pass.cache->first();
        const int dropped = start ? spec_.stride_t - 1 : 0;  // the first of two frames stands for what was before the stream
        const auto unfold = [&](const Tensor& t) {
            return depth_to_space(t, spec_.stride_t, spec_.stride_hw).index({Slice(), Slice(), Slice(dropped, torch::indexing::None)});
        };
        const Tensor deep = conv->forward(x, pass.padding, pass.cache);
        if (spec_.stride_t == 2 && spec_.stride_hw == 2)
            if (const Tensor out = fused::depth_to_space(deep, spec_.skip ? x : Tensor(), dropped); out.defined()) return out;
        const Tensor main = unfold(deep);
        if (!spec_.skip) return main;
        const Tensor unfolded = unfold(x);
        return main + unfolded.repeat({1, spec_.out_channels / unfolded.size(1), 1, 1, 1});  // tiled, not interleaved
    }

private:
    VaeBlockSpec spec_;
    CausalConv3d conv{nullptr};
};

}  // namespace

Tensor patchify(const Tensor& video, int p) {
    const auto s = video.sizes();
    return video.reshape({s[0], s[1], s[2], s[3] / p, p, s[4] / p, p})
        .permute({0, 1, 6, 4, 2, 3, 5})
        .reshape({s[0], s[1] * p * p, s[2], s[3] / p, s[4] / p});
}

Tensor unpatchify(const Tensor& patches, int p) {
    const auto s = patches.sizes();
    return patches.reshape({s[0], s[1] / (p * p), p, p, s[2], s[3], s[4]})
        .permute({0, 1, 4, 5, 3, 6, 2})
        .reshape({s[0], s[1] / (p * p), s[2], s[3] * p, s[4] * p});
}

Tensor pixel_norm(const Tensor& x) {
    const Tensor wide = x.to(c10::promoteTypes(x.scalar_type(), torch::kFloat));
    return (wide * torch::rsqrt(wide.square().mean(1, /*keepdim=*/true) + 1e-8)).to(x.scalar_type());
}

Tensor depth_to_space(const Tensor& x, int t, int hw) {
    const auto s = x.sizes();
    return x.reshape({s[0], s[1] / (t * hw * hw), t, hw, hw, s[2], s[3], s[4]})
        .permute({0, 1, 5, 2, 6, 3, 7, 4})
        .reshape({s[0], s[1] / (t * hw * hw), s[2] * t, s[3] * hw, s[4] * hw});
}

Tensor space_to_depth(const Tensor& x, int t, int hw) {
    const auto s = x.sizes();
    return x.reshape({s[0], s[1], s[2] / t, t, s[3] / hw, hw, s[4] / hw, hw})
        .permute({0, 1, 3, 5, 7, 2, 4, 6})
        .reshape({s[0], s[1] * t * hw * hw, s[2] / t, s[3] / hw, s[4] / hw});
}

Tensor vae_timestep_sinusoid(const Tensor& timestep) {
    constexpr int kHalf = 128;
    const Tensor frequency = torch::exp(-std::log(10000.0) * torch::arange(kHalf, timestep.options().dtype(torch::kFloat)) / kHalf);
    const Tensor angle = timestep.to(torch::kFloat).unsqueeze(-1) * frequency;
    return torch::cat({angle.cos(), angle.sin()}, -1);
}

CausalConv3dImpl::CausalConv3dImpl(int in, int out) {
    conv = register_module("conv", torch::nn::Conv3d(torch::nn::Conv3dOptions(in, out, 3).padding({0, 1, 1})));
}

/// Channels stay last where fused operations follow: a device's convolution keeps them, the CPU's may not.
Tensor CausalConv3dImpl::convolve(const Tensor& padded) {
    const Tensor out = conv->forward(padded);
    return has_table(out.device()) && !torch::GradMode::is_enabled() ? out.contiguous(torch::MemoryFormat::ChannelsLast3d) : out;
}

Tensor CausalConv3dImpl::forward(const Tensor& x, TimePadding padding, VaeStreamCache* cache) {
    const Tensor first = x.index({Slice(), Slice(), Slice(0, 1)});
    if (padding == TimePadding::centred)
        return convolve(torch::cat({first, x, x.index({Slice(), Slice(), Slice(-1, torch::indexing::None)})}, 2));
    if (cache == nullptr) return convolve(torch::cat({first, first, x}, 2));
    Tensor& slot = cache->take();
    const Tensor padded = cache->first() ? torch::cat({first, first, x}, 2) : torch::cat({slot, x}, 2);
    keep_last(slot, padded, 2);
    return convolve(padded);
}

Tensor CausalConv3dImpl::forward_normed(const Tensor& x, const Tensor& scale, const Tensor& shift, TimePadding padding, VaeStreamCache* cache) {
    if (has_table(x.device())) {
        const auto row = [](const Tensor& m) { return m.defined() ? m.flatten(1) : m; };
        const int front = padding == TimePadding::causal ? 2 : 1, back = padding == TimePadding::causal ? 0 : 1;
        if (const Tensor padded = fused::pixel_norm(x, row(scale), row(shift), front, back); padded.defined()) {
            if (cache == nullptr || padding == TimePadding::centred) return convolve(padded);
            Tensor& slot = cache->take();
            if (!cache->first()) padded.narrow(2, 0, 2).copy_(slot);
            keep_last(slot, padded, 2);
            return convolve(padded);
        }
    }
    Tensor h = pixel_norm(x);
    if (scale.defined()) h = h * (1 + scale) + shift;
    return forward(torch::silu(h), padding, cache);
}

VaeTimeEmbedderImpl::VaeTimeEmbedderImpl(int width) {
    timestep_embedder = register_module("timestep_embedder", std::make_shared<torch::nn::Module>());
    linear_1 = timestep_embedder->register_module("linear_1", torch::nn::Linear(256, width));
    linear_2 = timestep_embedder->register_module("linear_2", torch::nn::Linear(width, width));
}

Tensor VaeTimeEmbedderImpl::forward(const VaeDecodeContext& context) {
    const Tensor time = context.timestep.to(torch::kFloat);
    const Tensor sinusoid = vae_timestep_sinusoid(context.timestep_multiplier.defined() ? time * context.timestep_multiplier.to(torch::kFloat) : time * 1000);
    const Tensor e = linear_2->forward(torch::silu(linear_1->forward(sinusoid.to(linear_1->weight.dtype()))));
    return e.view({e.size(0), e.size(1), 1, 1, 1});
}

std::shared_ptr<VaeBlock> make_vae_block(const VaeBlockSpec& spec, const VaeConfig& config, BlockSide side) {
    const bool modulated = side == BlockSide::decoder && config.timestep_conditioning;
    switch (spec.kind) {
        case VaeBlockKind::residual: return std::make_shared<VaeResidualRun>(spec, config.norm_eps, modulated);
        case VaeBlockKind::residual_widen:
            return std::make_shared<VaeResidualBlock>(spec.in_channels, spec.out_channels, config.norm_eps, VaeResidualBlock::Features{});
        case VaeBlockKind::strided_conv: return std::make_shared<VaeStridedConv>(spec);
        case VaeBlockKind::space_to_depth: return std::make_shared<VaeSpaceToDepth>(spec);
        case VaeBlockKind::depth_to_space: return std::make_shared<VaeDepthToSpace>(spec);
        case VaeBlockKind::none: break;
    }
    TORCH_CHECK(false, "a VAE block of no kind");
}

}  // namespace mirrorme

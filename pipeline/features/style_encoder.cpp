#include "features/style_encoder.h"

#include <cmath>
#include <limits>
#include <optional>

namespace mirrorme {
namespace {

using torch::Tensor;

/// Pre-norm self-attention and feed-forward.
class StyleBlock : public torch::nn::Module {
public:
    StyleBlock(int64_t width, int64_t heads) : heads_(heads) {
        norm_1 = register_module("norm_1", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
        norm_2 = register_module("norm_2", torch::nn::LayerNorm(torch::nn::LayerNormOptions({width})));
        qkv = register_module("qkv", torch::nn::Linear(width, 3 * width));
        join = register_module("join", torch::nn::Linear(width, width));
        wide = register_module("wide", torch::nn::Linear(width, 4 * width));
        narrow = register_module("narrow", torch::nn::Linear(4 * width, width));
    }

    /// mask [B, 1, 1, T] true = seen, or undefined.
    Tensor forward(const Tensor& x, const std::optional<Tensor>& mask) {
        const std::vector<Tensor> parts = qkv->forward(norm_1->forward(x)).unflatten(-1, {3, heads_, -1}).permute({2, 0, 3, 1, 4}).unbind(0);
        const Tensor mixed = torch::scaled_dot_product_attention(parts[0], parts[1], parts[2], mask).transpose(1, 2).flatten(2);
        const Tensor y = x + join->forward(mixed);
        return y + narrow->forward(torch::gelu(wide->forward(norm_2->forward(y))));
    }

private:
    int64_t heads_;
    torch::nn::LayerNorm norm_1{nullptr}, norm_2{nullptr};
    torch::nn::Linear qkv{nullptr}, join{nullptr}, wide{nullptr}, narrow{nullptr};
};

}  // namespace

StyleEncoderImpl::StyleEncoderImpl(const StyleEncoderConfig& config) : config_(config) {
    in = register_module("in", torch::nn::Linear(config.motion, config.width));
    position = register_parameter("position", torch::randn({config.longest, config.width}) * 0.02);
    blocks = register_module("blocks", torch::nn::ModuleList());
    for (int i = 0; i < config.layers; ++i) blocks->push_back(std::make_shared<StyleBlock>(config.width, config.heads));
    score = register_module("score", torch::nn::Linear(config.width, 1));
    out = register_module("out", torch::nn::Linear(config.width, config.style));
}

Tensor StyleEncoderImpl::forward(const Tensor& motion, const Tensor& valid) {
    TORCH_CHECK(motion.size(1) <= config_.longest, "a style clip has ", motion.size(1), " latent frames, at most ", config_.longest);
    Tensor x = in->forward(motion) + position.slice(0, 0, motion.size(1));
    std::optional<Tensor> mask;
    if (valid.defined()) mask = valid.unsqueeze(1).unsqueeze(1);
    for (const auto& block : *blocks) x = block->as<StyleBlock>()->forward(x, mask);
    Tensor scores = score->forward(x).squeeze(-1);  // [B, T']
    if (valid.defined()) scores = scores.masked_fill(valid.logical_not(), -std::numeric_limits<float>::infinity());
    const Tensor pooled = (torch::softmax(scores, 1).unsqueeze(-1) * x).sum(1);
    const Tensor style = out->forward(pooled);
    return style * (std::sqrt(static_cast<double>(config_.style)) / style.norm(2, -1, true).clamp_min(1e-6));
}

}  // namespace mirrorme

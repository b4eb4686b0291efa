#include "denoise/token_modules.h"

namespace mirrorme {

using torch::Tensor;

PartProjectionImpl::PartProjectionImpl(int64_t parts, int64_t in, int64_t out) {
    weight_ = register_parameter("weight", torch::zeros({parts, in, out}));
    bias_ = register_parameter("bias", torch::zeros({parts, out}));
}

Tensor PartProjectionImpl::forward(const Tensor& x) {
    const int64_t parts = weight_.size(0), frames = x.size(0) * x.size(1) / parts;
    const Tensor by_part = x.reshape({frames, parts, x.size(2)}).transpose(0, 1);  // [parts, B F, in]
    const Tensor out = torch::baddbmm(bias_.unsqueeze(1), by_part, weight_);
    return out.transpose(0, 1).reshape({x.size(0), x.size(1), weight_.size(2)});
}

StyleGateImpl::StyleGateImpl(const DitConfig& config) {
    linear_1 = register_module("linear_1", torch::nn::Linear(config.style.dim, config.width()));
    linear_2 = register_module("linear_2", torch::nn::Linear(config.width(), 6 * config.width()));
    torch::nn::init::zeros_(linear_2->weight);
    torch::nn::init::zeros_(linear_2->bias);
    if (config.part_tokens == 0) return;
    constexpr float kSure = 4;  // sigmoid(4) = 0.98
    const Tensor region = torch::full({config.part_tokens}, kSure);
    for (const int token : config.style.audio_tokens) region[token] = -kSure;
    region_ = register_parameter("region", region);
}

Tensor StyleGateImpl::forward(const Tensor& style, const Tensor& mask, int64_t frames, int64_t tokens) {
    const Tensor modulation = linear_2->forward(torch::silu(linear_1->forward(style))).unsqueeze(1);  // [B, 1, 6 D]
    Tensor share;
    if (mask.defined()) share = mask.flatten(1).unsqueeze(-1);
    else if (region_.defined()) share = torch::sigmoid(region_).repeat({frames}).view({1, -1, 1});
    else share = torch::ones({1, frames * tokens, 1}, modulation.options());
    return modulation * share.to(modulation.scalar_type());
}

}  // namespace mirrorme

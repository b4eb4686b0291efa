#include "denoise/audio_adapter.h"

#include <cmath>
#include <limits>

namespace mirrorme {
namespace {

using torch::Tensor;

Tensor weights(const Tensor& scores, const Tensor& mask) {
    return torch::softmax(mask.defined() ? scores + mask.to(scores.scalar_type()) : scores, -1);
}

}  // namespace

Tensor additive_mask(const Tensor& sees) {
    return torch::zeros(sees.sizes(), sees.options().dtype(torch::kFloat))
        .masked_fill_(sees.logical_not(), -std::numeric_limits<float>::infinity());
}

AudioAdapterImpl::AudioAdapterImpl(const DitConfig& config, int layer)
    : DitAttentionImpl(config.width(), config.num_attention_heads, config.adapter.audio_dim), alpha_(config.alpha(layer)) {
    torch::nn::init::zeros_(out()->weight);
    torch::nn::init::zeros_(out()->bias);
}

Tensor AudioAdapterImpl::hear(const Tensor& x, const KeysValues& audio, const AudioContext& context) {
    const Tensor listening = context.first_token == 0 ? x : x.narrow(1, context.first_token, x.size(1) - context.first_token);
    const Tensor q = normed_rope(queries(rms_norm(listening, kBlockNormEps)), q_weight(), kQkNormEps, context.rope);
    const int64_t head_dim = q.size(-1) / heads();
    const auto split = [&](const Tensor& t) { return t.unflatten(-1, {heads(), head_dim}).transpose(1, 2); };

    const Tensor scores = torch::matmul(split(q) * (1 / std::sqrt(static_cast<double>(head_dim))), split(audio.k).transpose(-1, -2));
    Tensor shares;
    if (alpha_ >= 1) shares = weights(scores, context.window_mask);
    else if (alpha_ <= 0) shares = weights(scores, context.full_mask);
    else shares = torch::lerp(weights(scores, context.full_mask), weights(scores, context.window_mask), alpha_);

    const Tensor heard = project_out(torch::matmul(shares, split(audio.v)).transpose(1, 2).flatten(2));
    return context.gate.defined() ? heard * context.gate : heard;
}

}  // namespace mirrorme

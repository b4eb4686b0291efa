#include "features/causal_audio_encoder.h"

#include "core/error.h"

namespace mirrorme {

using torch::Tensor;

CausalAudioEncoderImpl::CausalAudioEncoderImpl(const CausalAudioEncoderConfig& config) : config_(config) {
    int halvings = 0;
    while ((1 << halvings) < config.temporal) ++halvings;
    if ((1 << halvings) != config.temporal)
        throw Error(ErrorCode::mismatch, "audio config, field temporal", std::to_string(config.temporal) + " is not a power of two");
    if (config.layers > 1) layer_mix = register_parameter("layer_mix", torch::full({config.layers, 1, 1}, 0.01));

    // Widths double towards D_a, as far as the halvings go.
    int64_t width = std::max(config.width >> std::max(halvings - 1, 0), config.width / 4);
    conv_in = register_module("conv_in", CausalConv(CausalConvShape{.in = config.features, .out = width * config.tokens, .kernel = 3}));
    stages = register_module("stages", torch::nn::ModuleList());
    for (int i = 0; i < halvings; ++i) {
        const int64_t out = i + 1 == halvings ? config.width : std::min<int64_t>(2 * width, config.width);
        stages->push_back(CausalConv(CausalConvShape{.in = width, .out = out, .kernel = 3, .stride = 2}));
        width = out;
        receptive_field_ = 2 * (receptive_field_ - 1) + 3;
    }
    receptive_field_ += 2;
    learned_token = register_parameter("learned_token", torch::zeros({1, config.width}));
}

Tensor CausalAudioEncoderImpl::forward(const Tensor& frames) {
    Tensor x = frames;
    if (layer_mix.defined()) {
        const Tensor share = torch::silu(layer_mix);
        x = (x * share).sum(1) / share.sum();
    }
    const int64_t batch = x.size(0), n = config_.tokens;
    x = conv_in->forward(x);
    x = x.view({batch * n, -1, x.size(2)});
    x = torch::silu(channel_norm(x));
    for (const auto& stage : *stages) x = torch::silu(channel_norm(stage->as<CausalConv>()->forward(x)));
    const Tensor tokens = x.view({batch, n, x.size(1), x.size(2)}).permute({0, 3, 1, 2});  // [B, m, n, D_a]
    return torch::cat({tokens, learned_token.expand({batch, tokens.size(1), 1, -1})}, 2);
}

Tensor CausalAudioEncoderImpl::extend_start(const Tensor& frames, FirstLatent start) const {
    const int64_t copies = receptive_field_ - (start == FirstLatent::still ? 1 : config_.temporal);
    std::vector<int64_t> shape(frames.sizes().begin(), frames.sizes().end());
    shape.back() = copies;
    return torch::cat({frames.narrow(-1, 0, 1).expand(shape), frames}, -1);
}

}  // namespace mirrorme

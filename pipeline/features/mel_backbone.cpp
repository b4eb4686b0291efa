#include "features/mel_backbone.h"

#include "features/mel.h"

namespace mirrorme {

using torch::Tensor;

MelBackboneImpl::MelBackboneImpl(const MelBackboneConfig& config) {
    const int64_t width = config.width;
    stem = register_module("stem", torch::nn::ModuleList());
    stem->push_back(CausalConv(CausalConvShape{.in = kMelBins, .out = width, .kernel = 3}));
    stem->push_back(CausalConv(CausalConvShape{.in = width, .out = width, .kernel = 4, .stride = 2}));
    blocks = register_module("blocks", torch::nn::ModuleList());
    mixes = register_module("mixes", torch::nn::ModuleList());
    int64_t span = 1;
    for (const int dilation : config.dilations) {
        const CausalConvShape shape{.in = width, .out = width, .kernel = 3, .dilation = dilation};
        blocks->push_back(CausalConv(shape));
        mixes->push_back(CausalConv(CausalConvShape{.in = width, .out = width, .kernel = 1}));
        span += shape.span() - 1;
    }
    receptive_field_ = 2 * (span - 1) + 4 + 2;
}

Tensor MelBackboneImpl::forward(const Tensor& mel) {
    Tensor x = mel;
    for (const auto& conv : *stem) x = torch::gelu(channel_norm(conv->as<CausalConv>()->forward(x)), "tanh");
    for (std::size_t i = 0; i < blocks->size(); ++i) {
        const Tensor h = torch::gelu(channel_norm(blocks[i]->as<CausalConv>()->forward(x)), "tanh");
        x = x.slice(2, x.size(2) - h.size(2)) + mixes[i]->as<CausalConv>()->forward(h);
    }
    return x;
}

}  // namespace mirrorme

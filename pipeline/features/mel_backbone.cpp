#include "features/mel_backbone.h"

#include "features/feature_times.h"

namespace mirrorme {

using torch::Tensor;

MelBackboneImpl::MelBackboneImpl(const MelBackboneConfig& config, const HearingTimes& times) : times_(times) {
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

namespace {

/// Features that `frames` frames in a row need, whatever the last one's place: from the earlier neighbour of the first on.
int64_t feature_count(int64_t frames, Rational fps) {
    return mul_div_ceil(frames - 1, kModelSampleRate * fps.den, kFeatureHop * fps.num) + 2;
}

}  // namespace

SampleSpan MelBackboneImpl::span(const HeardFrames& heard) const {
    const SampleIndex end = kFeatureHop * end_of_hearing(heard.last, times_).whole;
    const int64_t mel_frames = receptive_field_ + 2 * (feature_count(heard.total(), times_.fps) - 1);
    return {end - kMelWindow - kMelHop * (mel_frames - 1), end};
}

Tensor MelBackboneImpl::forward(const Tensor& samples, const HeardFrames& heard) {
    const int64_t first = end_of_hearing(heard.last, times_).whole - feature_count(heard.total(), times_.fps) + 1;
    std::vector<int64_t> low;
    std::vector<float> share;
    for (FrameIndex f = heard.first(); f <= heard.last; ++f) {
        const FeaturePosition position = end_of_hearing(f, times_);
        low.push_back(position.whole - 1 - first);
        share.push_back(position.part);
    }
    const Tensor x = features(log_mel_.forward(samples).to(samples.scalar_type()));
    return resample_features(x, torch::tensor(low, torch::kLong).to(x.device()), torch::tensor(share).to(x.device(), x.scalar_type()))
        .unsqueeze(1)
        .unsqueeze(1);
}

Tensor MelBackboneImpl::features(const Tensor& mel) {
    Tensor x = mel;
    for (const auto& conv : *stem) x = torch::gelu(channel_norm(conv->as<CausalConv>()->forward(x)), "tanh");
    for (std::size_t i = 0; i < blocks->size(); ++i) {
        const Tensor h = torch::gelu(channel_norm(blocks[i]->as<CausalConv>()->forward(x)), "tanh");
        x = x.slice(2, x.size(2) - h.size(2)) + mixes[i]->as<CausalConv>()->forward(h);
    }
    return x;
}

Tensor resample_features(const Tensor& x, const Tensor& low, const Tensor& share) {
    return torch::lerp(x.index_select(-1, low), x.index_select(-1, low + 1), share);
}

}  // namespace mirrorme

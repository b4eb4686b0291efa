#include "features/wav2vec2_backbone.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_fields.h"

namespace mirrorme {
namespace {

using torch::Tensor;

struct ResamplingName {
    FeatureResampling resampling;
    const char* name;
};
constexpr ResamplingName kResamplings[] = {{FeatureResampling::hidden_states, "hidden_states"}, {FeatureResampling::convolutions, "convolutions"}};

/// Each output between two inputs: positions from input 0 -> [inputs, outputs], columns of sum one.
Tensor interpolation(const std::vector<FeaturePosition>& positions, int64_t inputs) {
    const Tensor weights = torch::zeros({inputs, static_cast<int64_t>(positions.size())});
    auto at = weights.accessor<float, 2>();
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const FeaturePosition p = positions[i].whole < inputs - 1 ? positions[i] : FeaturePosition{inputs - 2, 1};
        TORCH_CHECK(p.whole >= 0, "a video frame lies before its window");
        at[p.whole][static_cast<int64_t>(i)] = 1 - p.part;
        at[p.whole + 1][static_cast<int64_t>(i)] = p.part;
    }
    return weights;
}

int64_t hops_up(int64_t frames, Rational fps) { return mul_div_ceil(frames, kModelSampleRate * fps.den, kFeatureHop * fps.num); }
int64_t frames_down(int64_t hops, Rational fps) { return mul_div_floor(hops, kFeatureHop * fps.num, kModelSampleRate * fps.den); }

}  // namespace

/// One latent frame's window in the stream.
struct Wav2Vec2BackboneImpl::Window {
    SampleIndex end = 0;  // of its samples
    Tensor weights;       // [N, F]: F frames out of N features, as the layers give or see them
    int64_t first = 0;    // of those F, the first that is wanted
};

Wav2Vec2BackboneImpl::Wav2Vec2BackboneImpl(const Wav2Vec2BackboneConfig& config, const HearingTimes& times, const std::string& subject)
    : config_(config), times_(times) {
    if (config.model.hop() != kFeatureHop)
        throw Error(ErrorCode::unsupported, subject, "field 'wav2vec2.conv_stride' makes a feature of " + std::to_string(config.model.hop()) + " samples",
                    "Take a model with one every " + std::to_string(kFeatureHop) + ".");
    frames_ = frames_down(config.window_features - 2, times.fps);
    wav2vec2_ = register_module("model", Wav2Vec2(config.model));
}

Wav2Vec2BackboneImpl::Window Wav2Vec2BackboneImpl::window_of(FrameIndex last, int64_t field) const {
    const int64_t features = config_.window_features, end = end_of_hearing(last, times_).whole, to_middle = config_.model.receptive_field() / 2;
    FrameIndex shown_first = last - field + 1, shown_last = last;
    if (config_.resampling == FeatureResampling::convolutions) {
        shown_last = std::max(last, last_frame_with_middle_before(end, times_.fps, to_middle));
        shown_first = shown_last - frames_ + 1;
    }
    std::vector<FeaturePosition> positions;
    for (FrameIndex f = shown_first; f <= shown_last; ++f) {
        FeaturePosition position = middle_of_frame(f, times_.fps, to_middle);
        position.whole -= end - features + 1;
        positions.push_back(position);
    }
    return {.end = kFeatureHop * end, .weights = interpolation(positions, features), .first = last - field + 1 - shown_first};
}

int64_t Wav2Vec2BackboneImpl::longest_field() const {
    const int64_t look_ahead = (times_.look_ahead + kFeatureHop - 1) / kFeatureHop;
    return std::max<int64_t>(0, frames_down(config_.window_features - 2 - look_ahead, times_.fps) - 1);
}

SampleSpan Wav2Vec2BackboneImpl::span(const HeardFrames& heard) const {
    const SampleIndex end = kFeatureHop * end_of_hearing(heard.last, times_).whole;
    return {end - config_.window_samples() - kFeatureHop * hops_up(heard.stride * (heard.latents - 1), times_.fps), end};
}

Tensor Wav2Vec2BackboneImpl::forward(const Tensor& samples, const HeardFrames& heard) {
    const SampleSpan given = span(heard);
    const torch::TensorOptions options = wav2vec2_->parameters().front().options().requires_grad(false);
    std::vector<Tensor> sounds, weights;
    std::vector<int64_t> first;
    for (int64_t latent = 0; latent < heard.latents; ++latent) {
        const Window window = window_of(heard.last_of(latent), heard.field);
        const Tensor sound = samples.narrow(1, window.end - config_.window_samples() - given.first, config_.window_samples());
        sounds.push_back(config_.normalise ? normalise_sound(sound) : sound);
        weights.push_back(window.weights);
        first.push_back(window.first);
    }
    const int64_t batch = samples.size(0), g = heard.latents;
    const Tensor mix = torch::stack(weights).to(options);                                // [g, N, F]
    const auto of_windows = [&](const Tensor& x) { return x.unflatten(0, {batch, g}); };  // [B g, ...] -> [B, g, ...]

    Tensor features = wav2vec2_->convolve(torch::stack(sounds, 1).flatten(0, 1).to(options));  // [B g, C, N]
    if (config_.resampling == FeatureResampling::convolutions) features = torch::matmul(of_windows(features), mix).flatten(0, 1);
    Wav2Vec2States given_states = wav2vec2_->states(features);
    given_states.hidden.back() = given_states.last;
    const Tensor states = of_windows(torch::stack(given_states.hidden, 1)).transpose(-1, -2);  // [B, g, L, D, N or F]
    if (config_.resampling == FeatureResampling::hidden_states) return torch::matmul(states, mix.unsqueeze(1));

    std::vector<Tensor> wanted;
    for (int64_t latent = 0; latent < g; ++latent) wanted.push_back(states.select(1, latent).narrow(-1, first[static_cast<std::size_t>(latent)], heard.field));
    return torch::stack(wanted, 1);
}

void add_json(nlohmann::json& json, const Wav2Vec2BackboneConfig& config) {
    json["wav2vec2"] = to_json(config.model);
    json["window_features"] = config.window_features;
    json["normalise"] = config.normalise;
    for (const auto& [resampling, name] : kResamplings)
        if (resampling == config.resampling) json["resampling"] = name;
}

Wav2Vec2BackboneConfig wav2vec2_backbone_config_from_json(const nlohmann::json& value, const std::string& subject) {
    const JsonObject json(value, subject);
    Wav2Vec2BackboneConfig config;
    if (json.has("wav2vec2")) config.model = wav2vec2_config_from_json(json.raw("wav2vec2"), subject + ".wav2vec2");
    if (json.has("window_features")) config.window_features = static_cast<int>(json.integer("window_features", 2, kMostWindowFeatures));
    if (json.has("normalise")) config.normalise = json.flag("normalise");
    if (json.has("resampling")) {
        const std::string wanted = json.text("resampling");
        const auto* found = std::find_if(std::begin(kResamplings), std::end(kResamplings), [&](const ResamplingName& r) { return wanted == r.name; });
        if (found == std::end(kResamplings)) json.wrong("resampling", "'" + wanted + "' is not known", "Known are hidden_states and convolutions.");
        config.resampling = found->resampling;
    }
    return config;
}

}  // namespace mirrorme

#include "features/audio_frontend.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/error.h"
#include "core/json_fields.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr Rational kModelRate{kModelSampleRate, 1};

int64_t divide_up(int64_t value, int64_t by) { return (value + by - 1) / by; }

LatentIndex last_frame(LatentIndex latent, FirstLatent start, int64_t r) {
    return start == FirstLatent::still ? latent * r : latent * r + r - 1;
}

}  // namespace

/// Where everything lies for one span of latent frames; indices since the stream's start.
struct AudioFrontEndImpl::Plan {
    HeardFrames heard;
    SampleSpan samples, features;  // all that is wanted; the backbone's part of it
    std::vector<IndexSpan> hops;   // per latent frame, for find_silence
};

AudioFrontEndImpl::AudioFrontEndImpl(const AudioFrontEndConfig& config, const std::string& subject) : config_(config) {
    const HearingTimes times{config.fps, config.look_ahead};
    if (config.backbone == BackboneKind::wav2vec2) backbone_ = register_module("wav2vec2", Wav2Vec2Backbone(config.wav2vec2, times, subject));
    else backbone_ = register_module("mel", MelBackbone(config.mel, times));
    encoder = register_module("encoder", CausalAudioEncoder(config.encoder));
    if (encoder->receptive_field() > backbone_->longest_field())
        throw Error(ErrorCode::mismatch, subject,
                    "field 'window_features' leaves room for " + std::to_string(backbone_->longest_field()) + " video frames, and a latent frame depends on " +
                        std::to_string(encoder->receptive_field()),
                    "Give a larger one.");
}

Wav2Vec2 AudioFrontEndImpl::wav2vec2() const {
    const auto published = std::dynamic_pointer_cast<Wav2Vec2BackboneImpl>(backbone_);
    return published ? published->model() : Wav2Vec2(nullptr);
}

AudioFrontEndImpl::Plan AudioFrontEndImpl::plan(IndexSpan latents, FirstLatent start) const {
    Plan plan;
    const int64_t r = config_.encoder.temporal;
    const Rational fps = reduced(config_.fps);
    plan.heard = {.last = last_frame(latents.end - 1, start, r), .latents = latents.size(), .field = encoder->receptive_field(), .stride = r};
    plan.features = backbone_->span(plan.heard);

    int64_t longest = 0;
    for (LatentIndex latent = latents.first; latent < latents.end; ++latent) {
        const FrameIndex end = last_frame(latent, start, r) + 1, first = latent == 0 && start == FirstLatent::still ? 0 : end - r;
        const SampleIndex from = rescale_ceil(first, fps, kModelRate), until = rescale_ceil(end, fps, kModelRate) + config_.look_ahead;
        plan.hops.push_back({mul_div_floor(from, 1, kSpeechHop), mul_div_floor(until, 1, kSpeechHop)});
    }
    longest = divide_up(rescale_ceil(latents.size() * r, fps, kModelRate) + config_.look_ahead, kSpeechHop) + 1;
    longest += std::max(config_.speech.history_hops, config_.speech.hang_hops);

    plan.samples.end = std::max(plan.hops.back().end * kSpeechHop, plan.features.end);
    const int64_t for_features = plan.features.size() + kFeatureHop;
    plan.samples.first = plan.samples.end - std::max(divide_up(for_features, kSpeechHop), longest) * kSpeechHop;
    return plan;
}

SampleSpan AudioFrontEndImpl::span(IndexSpan latents, FirstLatent start) const { return plan(latents, start).samples; }

AudioTokens AudioFrontEndImpl::encode(const Tensor& samples, IndexSpan latents, FirstLatent start) {
    const Plan where = plan(latents, start);
    TORCH_CHECK(samples.dim() == 2 && samples.size(1) == where.samples.size(), "the audio front end wants ", where.samples.size(),
                " samples for these latent frames and got ", samples.size(1));
    AudioTokens heard;
    heard.silent = find_silence(hop_levels(samples), where.samples.first / kSpeechHop, where.hops, config_.speech);

    Tensor features = backbone_->forward(samples.narrow(1, where.features.first - where.samples.first, where.features.size()), where.heard);
    features = features.flatten(0, 1);                                  // [B g, L, D, n]
    if (features.size(1) == 1) features = features.squeeze(1);
    const Tensor tokens = encoder->forward(features);                   // [B g, m, n + 1, D_a], g m = T'
    heard.tokens = tokens.reshape({samples.size(0), latents.size(), tokens.size(2), tokens.size(3)});
    return heard;
}

void AudioFrontEndConfig::fit_encoder() {
    encoder.features = backbone == BackboneKind::mel ? mel.width : wav2vec2.model.hidden_size;
    encoder.layers = backbone == BackboneKind::mel ? 1 : wav2vec2.layers();
}

nlohmann::json to_json(const AudioFrontEndConfig& c) {
    nlohmann::json json{{"backbone", c.backbone == BackboneKind::mel ? "mel" : "wav2vec2"},
                        {"temporal", c.encoder.temporal},
                        {"tokens", c.encoder.tokens},
                        {"audio_dim", c.encoder.width},
                        {"fps", {c.fps.num, c.fps.den}},
                        {"look_ahead_samples", c.look_ahead},
                        {"speech",
                         {{"threshold_db", c.speech.threshold_db},
                          {"margin_db", c.speech.margin_db},
                          {"hang_hops", c.speech.hang_hops},
                          {"history_hops", c.speech.history_hops},
                          {"loud_hops", c.speech.loud_hops}}}};
    if (c.backbone == BackboneKind::wav2vec2) {
        add_json(json, c.wav2vec2);
    } else {
        json["width"] = c.mel.width;
        json["dilations"] = c.mel.dilations;
    }
    return json;
}

AudioFrontEndConfig audio_frontend_config_from_json(const nlohmann::json& value, const std::string& subject) {
    const JsonObject json(value, subject);
    AudioFrontEndConfig config;
    const auto read = [](const JsonObject& from, const char* key, int minimum, int maximum, int& out) {
        if (from.has(key)) out = static_cast<int>(from.integer(key, minimum, maximum));
    };
    const std::string backbone = json.has("backbone") ? json.text("backbone") : "mel";
    if (backbone != "mel" && backbone != "wav2vec2") json.wrong("backbone", "'" + backbone + "' is not known", "Known are mel and wav2vec2.");
    config.backbone = backbone == "mel" ? BackboneKind::mel : BackboneKind::wav2vec2;
    if (config.backbone == BackboneKind::wav2vec2) config.wav2vec2 = wav2vec2_backbone_config_from_json(value, subject);
    read(json, "width", 8, 4096, config.mel.width);
    read(json, "temporal", 1, 64, config.encoder.temporal);
    read(json, "tokens", 1, 64, config.encoder.tokens);
    read(json, "audio_dim", 8, 16384, config.encoder.width);
    if (json.has("dilations")) {
        config.mel.dilations.clear();
        for (const auto& dilation : json.array("dilations", 16)) {
            if (!dilation.is_number_integer() || dilation.get<int>() < 1 || dilation.get<int>() > 256)
                json.wrong("dilations", "holds something that is no dilation", "Give whole numbers from 1 to 256.");
            config.mel.dilations.push_back(dilation.get<int>());
        }
    }
    if (json.has("fps")) {
        const auto& fps = json.array("fps", 2);
        if (fps.size() != 2 || !fps[0].is_number_integer() || !fps[1].is_number_integer())
            json.wrong("fps", "is no rate", "Give two whole numbers, such as [24, 1].");
        config.fps = {fps[0].get<std::int64_t>(), fps[1].get<std::int64_t>()};
        if (!config.fps.positive() || config.fps.num > 1'000'000 || config.fps.den > 1'000'000)
            json.wrong("fps", "is out of range", "Give a rate such as [24, 1].");
    }
    if (json.has("look_ahead_samples")) config.look_ahead = json.integer("look_ahead_samples", 0, kModelSampleRate);
    if (json.has("speech")) {
        const JsonObject speech = json.object("speech");
        if (speech.has("threshold_db")) config.speech.threshold_db = speech.number("threshold_db", -120, 0);
        if (speech.has("margin_db")) config.speech.margin_db = speech.number("margin_db", 0, 120);
        read(speech, "hang_hops", 0, 1000, config.speech.hang_hops);
        read(speech, "history_hops", 1, 10000, config.speech.history_hops);
        read(speech, "loud_hops", 1, 100, config.speech.loud_hops);
    }
    config.fit_encoder();
    return config;
}

}  // namespace mirrorme

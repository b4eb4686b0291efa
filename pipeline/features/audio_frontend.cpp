#include "features/audio_frontend.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/json_fields.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr int64_t kFeatureHop = 2 * kMelHop;  // samples: 50 Hz
constexpr Rational kModelRate{kModelSampleRate, 1};

int64_t divide_up(int64_t value, int64_t by) { return (value + by - 1) / by; }

LatentIndex last_frame(LatentIndex latent, FirstLatent start, int64_t r) {
    return start == FirstLatent::still ? latent * r : latent * r + r - 1;
}

}  // namespace

/// Where everything lies for one span of latent frames; indices since the stream's start.
struct AudioFrontEndImpl::Plan {
    SampleSpan samples;
    int64_t first_feature = 0, features = 0;  // at 50 Hz; feature i ends at sample 320 i
    int64_t mel_frames = 0;
    std::vector<int64_t> low;                 // per video frame: the earlier of its two features, from first_feature
    std::vector<float> share;                 // weight of the later one
    std::vector<IndexSpan> hops;              // per latent frame, for find_silence
};

AudioFrontEndImpl::AudioFrontEndImpl(const AudioFrontEndConfig& config) : config_(config) {
    mel = register_module("mel", MelBackbone(config.mel));
    encoder = register_module("encoder", CausalAudioEncoder(config.encoder));
}

AudioFrontEndImpl::Plan AudioFrontEndImpl::plan(IndexSpan latents, FirstLatent start) const {
    Plan plan;
    const int64_t r = config_.encoder.temporal, frames = encoder->receptive_field() + r * (latents.size() - 1);
    const FrameIndex last = last_frame(latents.end - 1, start, r);
    const Rational fps = reduced(config_.fps);
    // Position of what frame f hears, in features: numerator / denominator, exact.
    const int64_t denominator = kFeatureHop * fps.num;
    const auto numerator = [&](FrameIndex f) { return (f + 1) * kModelSampleRate * fps.den + config_.look_ahead * fps.num; };

    const int64_t last_feature = mul_div_floor(numerator(last), 1, denominator);
    plan.features = divide_up((frames - 1) * kModelSampleRate * fps.den, denominator) + 2;
    plan.first_feature = last_feature - plan.features + 1;
    for (FrameIndex f = last - frames + 1; f <= last; ++f) {
        const int64_t later = mul_div_floor(numerator(f), 1, denominator);
        plan.low.push_back(later - 1 - plan.first_feature);
        plan.share.push_back(static_cast<float>(static_cast<double>(numerator(f) - later * denominator) / static_cast<double>(denominator)));
    }
    plan.mel_frames = mel->receptive_field() + 2 * (plan.features - 1);

    int64_t longest = 0;
    for (LatentIndex latent = latents.first; latent < latents.end; ++latent) {
        const FrameIndex end = last_frame(latent, start, r) + 1, first = latent == 0 && start == FirstLatent::still ? 0 : end - r;
        const SampleIndex from = rescale_ceil(first, fps, kModelRate), until = rescale_ceil(end, fps, kModelRate) + config_.look_ahead;
        plan.hops.push_back({mul_div_floor(from, 1, kSpeechHop), mul_div_floor(until, 1, kSpeechHop)});
    }
    longest = divide_up(rescale_ceil(latents.size() * r, fps, kModelRate) + config_.look_ahead, kSpeechHop) + 1;
    longest += std::max(config_.speech.history_hops, config_.speech.hang_hops);

    plan.samples.end = std::max(plan.hops.back().end * kSpeechHop, last_feature * kFeatureHop);
    const int64_t for_features = kMelWindow + kMelHop * (plan.mel_frames - 1) + kFeatureHop;
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

    const int64_t end = (where.first_feature + where.features - 1) * kFeatureHop - where.samples.first;
    const int64_t wanted = kMelWindow + kMelHop * (where.mel_frames - 1);
    const Tensor features = mel->forward(log_mel_.forward(samples.narrow(1, end - wanted, wanted)).to(samples.scalar_type()));
    const Tensor low = torch::tensor(where.low, torch::kLong).to(samples.device());
    const Tensor share = torch::tensor(where.share).to(features.device(), features.scalar_type());
    heard.tokens = encoder->forward(resample_features(features, low, share));
    return heard;
}

Tensor resample_features(const Tensor& x, const Tensor& low, const Tensor& share) {
    return torch::lerp(x.index_select(-1, low), x.index_select(-1, low + 1), share);
}

nlohmann::json to_json(const AudioFrontEndConfig& c) {
    return {{"backbone", "mel"},
            {"width", c.mel.width},
            {"dilations", c.mel.dilations},
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
}

AudioFrontEndConfig audio_frontend_config_from_json(const nlohmann::json& value, const std::string& subject) {
    const JsonObject json(value, subject);
    AudioFrontEndConfig config;
    const auto read = [](const JsonObject& from, const char* key, int minimum, int maximum, int& out) {
        if (from.has(key)) out = static_cast<int>(from.integer(key, minimum, maximum));
    };
    if (json.has("backbone") && json.text("backbone") != "mel")
        json.wrong("backbone", "'" + json.text("backbone") + "' is not the mel front end", "Known here is mel.");
    read(json, "width", 8, 4096, config.mel.width);
    read(json, "temporal", 1, 64, config.encoder.temporal);
    read(json, "tokens", 1, 64, config.encoder.tokens);
    read(json, "audio_dim", 8, 16384, config.encoder.width);
    config.encoder.features = config.mel.width;
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
    return config;
}

}  // namespace mirrorme

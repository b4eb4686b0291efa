#include "features/wav2vec2_backbone.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "features/audio_frontend.h"
#include "support/heard_stream.h"
#include "support/wav2vec2_golden.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
using torch::Tensor;

namespace {

AudioFrontEndConfig config_of(FeatureResampling resampling) {
    AudioFrontEndConfig config;
    config.backbone = BackboneKind::wav2vec2;
    config.wav2vec2.model = golden::tiny_wav2vec2();
    config.wav2vec2.window_features = 60;
    config.wav2vec2.resampling = resampling;
    config.encoder.temporal = 8;
    config.encoder.tokens = 3;
    config.encoder.width = 32;
    config.fit_encoder();
    return config;
}

AudioFrontEnd front_end(const AudioFrontEndConfig& config) {
    torch::manual_seed(3);
    AudioFrontEnd front(config);
    front->eval();
    return front;
}

double largest_difference(const Tensor& a, const Tensor& b) {
    REQUIRE(a.sizes() == b.sizes());
    return (a - b).abs().max().item<double>();
}

/// What a mix of layers is made of.
std::vector<Tensor> layers_of(Wav2Vec2States states) {
    states.hidden.back() = states.last;
    return states.hidden;
}

constexpr FeatureResampling kBoth[] = {FeatureResampling::hidden_states, FeatureResampling::convolutions};

}  // namespace

TEST_CASE("what wav2vec2 hears of a stream is what it hears of the whole clip, wherever it is cut") {
    torch::InferenceMode guard;
    const Tensor sound = golden::input("sound", {2, 4 * kModelSampleRate}) * 0.3;
    for (const FeatureResampling resampling : kBoth)
        for (const FirstLatent start : {FirstLatent::still, FirstLatent::moving}) {
            AudioFrontEnd front = front_end(config_of(resampling));
            const int64_t latents = 10;
            const AudioTokens whole = hear(front, sound, {0, latents}, start);
            REQUIRE(whole.tokens.sizes() == torch::IntArrayRef({2, latents, 4, 32}));
            REQUIRE(whole.tokens.slice(2, 0, 3).std().item<double>() > 0.05);
            for (const int64_t chunk : {1, 2, 5})
                for (int64_t first = 0; first + chunk <= latents; first += chunk) {
                    const AudioTokens part = hear(front, sound, {first, first + chunk}, start);
                    CHECK(largest_difference(part.tokens, whole.tokens.slice(1, first, first + chunk)) < 2e-5);
                    CHECK(part.silent.equal(whole.silent.slice(1, first, first + chunk)));
                }
        }
}

TEST_CASE("in whatever blocks sound comes, each latent frame hears the same of it, bit for bit") {
    torch::InferenceMode guard;
    AudioFrontEnd front = front_end(config_of(FeatureResampling::hidden_states));
    const Tensor sound = golden::input("blocks", {1, 3 * kModelSampleRate}) * 0.3;
    const int64_t latents = 8;
    std::vector<Tensor> expected;
    for (int64_t latent = 0; latent < latents; ++latent) expected.push_back(hear(front, sound, {latent, latent + 1}, FirstLatent::still).tokens);

    for (const int64_t block : {1, 160, 441, 1024, 5333, 16000, 48000}) {
        Tensor arrived = torch::zeros({1, 0});
        int64_t latent = 0;
        while (latent < latents) {
            // As a live session: a latent frame is made as soon as its last sample is there, and nothing later is known by then.
            const int64_t wanted = front->span({latent, latent + 1}, FirstLatent::still).end;
            const int64_t blocks = (std::max<int64_t>(wanted - arrived.size(1), 0) + block - 1) / block;
            arrived = sound.slice(1, 0, std::min(arrived.size(1) + blocks * block, sound.size(1))).clone();
            REQUIRE(arrived.size(1) >= wanted);
            CHECK(hear(front, arrived, {latent, latent + 1}, FirstLatent::still).tokens.equal(expected[static_cast<std::size_t>(latent)]));
            ++latent;
        }
    }
}

TEST_CASE("wav2vec2 hears nothing later than the look-ahead, nothing before its window, and an hour later the same") {
    torch::InferenceMode guard;
    for (const FeatureResampling resampling : kBoth) {
        AudioFrontEnd front = front_end(config_of(resampling));
        const int64_t count = front->span({1, 2}, FirstLatent::still).size();
        const Tensor sound = golden::input("sound", {1, 6 * kModelSampleRate}) * 0.3;
        for (LatentIndex latent = 3; latent < 15; ++latent) {
            const IndexSpan latents{latent, latent + 1};
            const SampleSpan span = front->span(latents, FirstLatent::still);
            CHECK(span.size() == count);
            const SampleIndex limit = mul_div_floor(8 * latent + 1, kModelSampleRate, 24) + front->config().look_ahead;
            CHECK(span.end <= limit);
            CHECK(span.end > limit - kFeatureHop);
            const Tensor heard = hear(front, sound, latents, FirstLatent::still).tokens;
            const auto after_change = [&](SampleIndex first, SampleIndex end) {
                Tensor changed = sound.clone();
                changed.slice(1, first, end) += 0.7;
                return hear(front, changed, latents, FirstLatent::still).tokens;
            };
            const SampleIndex window_end = span.end / kFeatureHop * kFeatureHop, window_first = window_end - front->config().wav2vec2.window_samples();
            CHECK(after_change(limit, limit + 2000).equal(heard));
            if (window_first > 0) {
                CHECK(after_change(0, window_first - kFeatureHop).equal(heard));
                CHECK_FALSE(after_change(window_first + kFeatureHop, window_first + 2 * kFeatureHop).equal(heard));
            }
            CHECK_FALSE(after_change(window_end - 200, window_end).equal(heard));
        }

        const IndexSpan early{12, 13}, late{12 + 3 * 3600, 13 + 3 * 3600};  // three latent frames a second
        CHECK(front->span(late, FirstLatent::moving).first - front->span(early, FirstLatent::moving).first == 3600 * kModelSampleRate);
        const Tensor hour = golden::input("an hour", {1, count}) * 0.2;
        CHECK(front->encode(hour, early, FirstLatent::moving).tokens.equal(front->encode(hour, late, FirstLatent::moving).tokens));
    }
}

TEST_CASE("a video frame is interpolated at its own middle, by hidden states or before the layers") {
    torch::InferenceMode guard;
    constexpr int64_t kField = 17, kLast = 70;
    for (const Rational fps : {Rational{24, 1}, Rational{25, 1}, Rational{30000, 1001}})
        for (const FeatureResampling resampling : kBoth) {
            Wav2Vec2BackboneConfig config = config_of(resampling).wav2vec2;
            if (fps.num == 25) config.model = golden::as_large_kind(config.model);
            torch::manual_seed(5);
            Wav2Vec2Backbone backbone(config, HearingTimes{fps, 1600}, "test");
            backbone->eval();
            const HeardFrames heard{.last = kLast, .latents = 1, .field = kField, .stride = 8};
            const SampleSpan span = backbone->span(heard);
            const Tensor sound = golden::input("middle", {1, span.size()});
            const Tensor given = backbone->forward(sound, heard);
            REQUIRE(given.sizes() == torch::IntArrayRef({1, 1, config.layers(), 32, kField}));

            // The same from the definition. Feature j of the window covers samples 320 j .. 320 j + 400 of it, its middle is at 320 j + 200.
            const auto place = [&](int64_t frame) {
                const double middle = (static_cast<double>(frame) + 0.5) * kModelSampleRate / fps.value() - static_cast<double>(span.first);
                return std::min((middle - 200) / 320, static_cast<double>(config.window_features - 1));
            };
            const auto between = [](const Tensor& x, double at) {  // x [C, n]
                const auto low = std::min(static_cast<int64_t>(at), x.size(1) - 2);
                const double share = at - static_cast<double>(low);
                return x.select(1, low) * (1 - share) + x.select(1, low + 1) * share;
            };
            const Tensor features = backbone->model()->convolve(normalise_sound(sound));
            REQUIRE(features.size(2) == config.window_features);
            if (resampling == FeatureResampling::hidden_states) {
                const std::vector<Tensor> states = layers_of(backbone->model()->states(features));
                for (int layer = 0; layer < config.layers(); ++layer)
                    for (int64_t i = 0; i < kField; ++i) {
                        const Tensor expected = between(states[static_cast<std::size_t>(layer)][0].t(), place(kLast - kField + 1 + i));
                        CHECK((given[0][0][layer].select(1, i) - expected).abs().max().item<double>() < 1e-4);
                    }
            } else {
                int64_t last = kLast;
                while (place(last + 1) < config.window_features - 1) ++last;
                const auto frames = static_cast<int64_t>((config.window_features - 2) * 0.02 * fps.value() + 1e-9);
                std::vector<Tensor> shown;
                for (int64_t frame = last - frames + 1; frame <= last; ++frame) shown.push_back(between(features[0], place(frame)));
                const std::vector<Tensor> states = layers_of(backbone->model()->states(torch::stack(shown, 1).unsqueeze(0)));
                const int64_t first = frames - 1 - (last - kLast) - (kField - 1);
                REQUIRE(first >= 0);
                for (int layer = 0; layer < config.layers(); ++layer) {
                    const Tensor expected = states[static_cast<std::size_t>(layer)][0].t().slice(1, first, first + kField);
                    CHECK(largest_difference(given[0][0][layer], expected) < 1e-4);
                }
            }
        }
}

TEST_CASE("gradients reach the backbone, and the encoder mixes all of its layers") {
    AudioFrontEnd front = front_end(config_of(FeatureResampling::hidden_states));
    front->train();
    const IndexSpan latents{2, 4};
    const Tensor sound = golden::input("gradient", {1, front->span(latents, FirstLatent::still).size()});
    front->encode(sound, latents, FirstLatent::still).tokens.square().mean().backward();
    int64_t reached = 0;
    for (const auto& item : front->named_parameters()) {
        CAPTURE(item.key());
        REQUIRE(item.value().grad().defined());
        reached += item.value().grad().abs().max().item<double>() > 0 ? 1 : 0;
    }
    CHECK(reached > static_cast<int64_t>(front->parameters().size()) * 9 / 10);
    CHECK(front->wav2vec2()->config().hidden_size == 32);
    CHECK(AudioFrontEnd(AudioFrontEndConfig{})->wav2vec2().is_empty());
}

TEST_CASE("a wav2vec2 front end's config survives a round trip, and what cannot be is refused by field") {
    AudioFrontEndConfig config = config_of(FeatureResampling::convolutions);
    config.wav2vec2.normalise = false;
    config.wav2vec2.model = golden::as_large_kind(config.wav2vec2.model);
    const nlohmann::json json = to_json(config);
    CHECK(json["backbone"] == "wav2vec2");
    CHECK(to_json(audio_frontend_config_from_json(json, "bundle.json")) == json);

    const auto error_of = [&](const char* field, const nlohmann::json& value) {
        nlohmann::json changed = json;
        changed[field] = value;
        try {
            AudioFrontEnd front(audio_frontend_config_from_json(changed, "bundle.json"), "bundle.json");
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("nothing was refused");
    };
    CHECK_THAT(error_of("backbone", "whisper"), ContainsSubstring("bundle.json") && ContainsSubstring("backbone") && ContainsSubstring("wav2vec2"));
    CHECK_THAT(error_of("window_features", 20), ContainsSubstring("bundle.json") && ContainsSubstring("window_features"));
    CHECK_THAT(error_of("window_features", 5000), ContainsSubstring("window_features"));
    CHECK_THAT(error_of("resampling", "cubic"), ContainsSubstring("resampling"));
    nlohmann::json model = json["wav2vec2"];
    model["conv_stride"] = {5, 2, 2, 2, 2, 2, 1};
    CHECK_THAT(error_of("wav2vec2", model), ContainsSubstring("conv_stride"));
}

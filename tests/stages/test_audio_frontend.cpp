#include "features/audio_frontend.h"

#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "core/error.h"
#include "support/golden_fill.h"
#include "support/heard_stream.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using torch::Tensor;

namespace {

constexpr int64_t kSeconds = 4;

/// Sound with silence in its second second.
Tensor recording() {
    Tensor sound = golden::input("sound", {1, kSeconds * kModelSampleRate}) * 0.3;
    sound.slice(1, kModelSampleRate, 2 * kModelSampleRate).zero_();
    return sound;
}

AudioFrontEnd front_end(int temporal) {
    torch::manual_seed(3);
    AudioFrontEndConfig config;
    config.encoder.temporal = temporal;
    AudioFrontEnd front(config);
    front->eval();
    return front;
}

}  // namespace

TEST_CASE("audio tokens of a stream equal those of one call, wherever it is cut") {
    torch::InferenceMode guard;
    for (const int temporal : {4, 8})
        for (const FirstLatent start : {FirstLatent::still, FirstLatent::moving}) {
            AudioFrontEnd front = front_end(temporal);
            const Tensor sound = recording();
            const int64_t latents = 60 / temporal;
            const AudioTokens whole = hear(front, sound, {0, latents}, start);
            REQUIRE(whole.tokens.sizes() == torch::IntArrayRef({1, latents, 3, 128}));
            for (const int64_t chunk : {1, 2, 5})
                for (int64_t first = 0; first + chunk <= latents; first += chunk) {
                    const AudioTokens part = hear(front, sound, {first, first + chunk}, start);
                    CHECK((part.tokens - whole.tokens.slice(1, first, first + chunk)).abs().max().item<double>() < 2e-5);
                    CHECK(part.silent.equal(whole.silent.slice(1, first, first + chunk)));
                }
        }
}

TEST_CASE("an hour into a stream the same sound gives the same tokens") {
    torch::InferenceMode guard;
    AudioFrontEnd front = front_end(4);
    const IndexSpan early{12, 13}, late{12 + 6 * 3600, 13 + 6 * 3600};  // six latent frames a second
    const SampleSpan a = front->span(early, FirstLatent::moving), b = front->span(late, FirstLatent::moving);
    CHECK(b.first - a.first == 3600 * kModelSampleRate);
    CHECK(a.size() == b.size());
    const Tensor sound = golden::input("an hour", {1, a.size()}) * 0.2;
    CHECK(front->encode(sound, early, FirstLatent::moving).tokens.equal(front->encode(sound, late, FirstLatent::moving).tokens));
}

TEST_CASE("a latent frame hears no sample later than the stated look-ahead, and shapes never change") {
    torch::InferenceMode guard;
    AudioFrontEnd front = front_end(4);
    const Tensor sound = recording();
    const int64_t count = front->span({1, 2}, FirstLatent::still).size();
    for (LatentIndex latent = 1; latent < 20; ++latent) {
        const IndexSpan latents{latent, latent + 1};
        const SampleSpan span = front->span(latents, FirstLatent::still);
        CHECK(span.size() == count);
        // Latent frame l holds video frames 4 l - 3 .. 4 l; the last of them ends where frame 4 l + 1 begins.
        const SampleIndex limit = mul_div_floor(4 * latent + 1, kModelSampleRate, 24) + front->config().look_ahead;
        CHECK(span.end <= limit);
        CHECK(span.end > limit - 320);
        const AudioTokens heard = hear(front, sound, latents, FirstLatent::still);
        Tensor near = sound.clone();
        near.slice(1, limit - 700, limit - 320).fill_(0.9);
        CHECK_FALSE(hear(front, near, latents, FirstLatent::still).tokens.equal(heard.tokens));
    }
}

TEST_CASE("silence is flagged where nobody is heard, by level and by a margin over the noise") {
    torch::InferenceMode guard;
    AudioFrontEnd front = front_end(4);
    const Tensor silent = hear(front, recording(), {0, 15}, FirstLatent::still).silent;
    for (int64_t latent = 0; latent < 15; ++latent) {
        const double time = 4.0 * static_cast<double>(latent) / 24;
        if (time > 1.4 && time < 1.85) CHECK(silent[0][latent].item<bool>());
        if ((time > 0.1 && time < 1.0) || time > 2.1) CHECK_FALSE(silent[0][latent].item<bool>());
    }

    SECTION("a steady hiss becomes silence, a voice over it does not, a click never counts") {
        Tensor hiss = golden::input("hiss", {1, kSeconds * kModelSampleRate}) * 0.02;
        const IndexSpan last{18, 20};
        CHECK(hear(front, hiss, last, FirstLatent::still).silent.all().item<bool>());
        const SampleIndex at = mul_div_floor(4 * 18, kModelSampleRate, 24);
        Tensor clicked = hiss.clone();
        clicked.slice(1, at, at + 80).fill_(0.9);
        CHECK(hear(front, clicked, last, FirstLatent::still).silent.all().item<bool>());
        hiss.slice(1, at, at + 1600) *= 20;
        CHECK_FALSE(hear(front, hiss, last, FirstLatent::still).silent.any().item<bool>());
    }
}

TEST_CASE("a tone lights up the mel band that holds its frequency") {
    const LogMel mel;
    const Tensor time = torch::arange(1600, torch::kDouble) / 16000.0;
    const double low = 2595 * std::log10(1 + 20 / 700.0), high = 2595 * std::log10(1 + 7600 / 700.0);
    for (const double hz : {200.0, 500.0, 1500.0, 4000.0, 7000.0}) {
        const Tensor tone = (torch::sin(2 * std::numbers::pi * hz * time) * 0.3).to(torch::kFloat).unsqueeze(0);
        const Tensor frames = mel.forward(tone);
        REQUIRE(frames.sizes() == torch::IntArrayRef({1, 80, (1600 - 400) / 160 + 1}));
        const auto band = frames[0].select(1, 3).argmax().item<int64_t>();
        const double expected = (2595 * std::log10(1 + hz / 700) - low) / (high - low) * 81 - 1;
        CHECK(std::abs(static_cast<double>(band) - expected) <= 1.5);
        CHECK(frames.max().item<float>() < 1.5f);
        CHECK(frames.max().item<float>() > 0.3f);
    }
    CHECK(mel.forward(torch::zeros({1, 1600})).max().item<float>() == Catch::Approx(-1));
    const Tensor bank = mel_filterbank(512);
    CHECK((bank.sum(1) - 1).abs().max().item<float>() < 1e-5f);
    CHECK(bank.min().item<float>() >= 0);
}

TEST_CASE("a clip without a past starts as replicated padding in every layer would have it") {
    torch::InferenceMode guard;
    for (const int temporal : {2, 4, 8}) {
        CausalAudioEncoder encoder(CausalAudioEncoderConfig{.features = 16, .temporal = temporal, .tokens = 3, .width = 32});
        const int64_t m = 5;
        const Tensor still = golden::input("still", {2, 16, 1 + temporal * m});
        const Tensor tokens = encoder->forward(encoder->extend_start(still, FirstLatent::still));
        REQUIRE(tokens.sizes() == torch::IntArrayRef({2, m + 1, 4, 32}));
        // The first latent frame knows the first video frame only, the second the next `temporal`.
        Tensor changed = still.clone();
        changed.slice(2, 1) += 1;
        const Tensor other = encoder->forward(encoder->extend_start(changed, FirstLatent::still));
        CHECK(other.select(1, 0).equal(tokens.select(1, 0)));
        CHECK_FALSE(other.select(1, 1).equal(tokens.select(1, 1)));
        const Tensor moving = encoder->forward(encoder->extend_start(still.slice(2, 1), FirstLatent::moving));
        CHECK(moving.size(1) == m);
        // Once the past is real, both starts agree.
        CHECK((moving.select(1, m - 1) - tokens.select(1, m)).abs().max().item<double>() < 1e-5);
    }
}

TEST_CASE("layers of a backbone are mixed with learned weights") {
    torch::InferenceMode guard;
    CausalAudioEncoder encoder(CausalAudioEncoderConfig{.features = 16, .layers = 3, .temporal = 4, .tokens = 2, .width = 32});
    const int64_t frames = encoder->receptive_field();
    const Tensor one = golden::input("layer", {1, 1, 16, frames});
    const Tensor tokens = encoder->forward(one.expand({1, 3, 16, frames}));
    CHECK(tokens.sizes() == torch::IntArrayRef({1, 1, 3, 32}));
    CHECK((encoder->forward(torch::cat({one, one, one * 2}, 1)) - tokens).abs().max().item<double>() > 1e-4);
}

TEST_CASE("the audio config survives a round trip and refuses what it cannot be") {
    AudioFrontEndConfig config;
    config.mel.width = config.encoder.features = 64;
    config.mel.dilations = {1, 3};
    config.encoder.tokens = 3;
    config.fps = {30000, 1001};
    config.speech.margin_db = 7;
    CHECK(to_json(audio_frontend_config_from_json(to_json(config), "bundle.json")) == to_json(config));
    CHECK_THROWS_AS(audio_frontend_config_from_json({{"backbone", "whisper"}}, "bundle.json"), Error);
    CHECK_THROWS_AS(audio_frontend_config_from_json({{"tokens", 0}}, "bundle.json"), Error);
    CHECK_THROWS_AS(audio_frontend_config_from_json({{"fps", {24, 0}}}, "bundle.json"), Error);
    CHECK_THROWS_AS(audio_frontend_config_from_json({{"dilations", {1000}}}, "bundle.json"), Error);
    CHECK_THROWS_AS(CausalAudioEncoder(CausalAudioEncoderConfig{.temporal = 6}), Error);
}

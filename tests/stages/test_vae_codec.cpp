#include "codec/vae/vae_codec.h"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "support/golden_fill.h"

using namespace mirrorme;

namespace {

VaeCodecConfig tiny() { return {.vae = published_vae(VaeVersion::v0_9_5, 8, 16), .window = {}, .width = 96, .height = 64}; }

}  // namespace

TEST_CASE("the vae codec turns a picture into a latent and latents into opaque frames, 1 first and 8 a latent later") {
    VaeCodec codec(tiny());
    golden::fill(codec);
    ReferencePicture picture{.image = RgbaImage(96, 64), .points = {}};
    for (std::size_t i = 0; i < picture.image.pixels.size(); ++i) picture.image.pixels[i] = static_cast<std::uint8_t>(i * 31 % 256);
    const auto identity = codec.make_identity(picture);
    CHECK(identity->latent.sizes() == torch::IntArrayRef({1, 16, 1, 2, 3}));

    const auto cache = codec.make_decode_cache();
    const torch::Tensor latents = golden::input("latents", {1, 16, 4, 2, 3});
    const torch::Tensor first = codec.decode(latents.slice(2, 0, 1), *identity, *cache, {});
    const torch::Tensor second = codec.decode(latents.slice(2, 1, 4), *identity, *cache, {});
    CHECK(first.sizes() == torch::IntArrayRef({1, 64, 96, 4}));
    CHECK(second.sizes() == torch::IntArrayRef({24, 64, 96, 4}));
    CHECK(second.select(3, 3).min().item<int>() == 255);
    CHECK(second.slice(3, 0, 3).to(torch::kFloat).std().item<float>() > 1);

    const auto again = codec.make_decode_cache(), single = codec.make_decode_cache();
    CHECK(codec.decode(latents, *identity, *again, {}).equal(torch::cat({first, second})));
    std::vector<torch::Tensor> parts;
    for (int64_t i = 0; i < 4; ++i) parts.push_back(codec.decode(latents.slice(2, i, i + 1), *identity, *single, {}));
    CHECK(torch::cat(parts).equal(torch::cat({first, second})));
}

TEST_CASE("a picture of another size and a bad config are refused") {
    VaeCodec codec(tiny());
    CHECK_THROWS_AS(codec.make_identity({.image = RgbaImage(64, 64), .points = {}}), Error);
    CHECK_THROWS_AS(vae_codec_config_from_json({{"width", 100}}), Error);
    CHECK_THROWS_AS(vae_codec_config_from_json({{"window", {{"context_back", 0}}}}), Error);
    const VaeCodecConfig back = vae_codec_config_from_json(to_json(tiny()));
    CHECK(back.width == 96);
    CHECK(back.vae.latent_channels == 16);
    CHECK_THROWS_AS(vae_codec_config_from_json({{"window", "wide"}}), Error);
    CHECK_THROWS_AS(vae_codec_config_from_json({{"window", {{"noise_scale", 1.5}}}}), Error);
    CHECK(vae_codec_config_from_json({{"vae", {{"version", "0.9.5"}}}}).window.noise_scale == 0.025);
    CHECK(vae_codec_config_from_json({{"vae", {{"version", "0.9.0"}}}}).window.noise_scale == 0);
    CHECK(vae_codec_config_from_json({{"window", {{"context_back", 5}, {"noise_scale", 0.01}}}}).window.context_back == 5);
}

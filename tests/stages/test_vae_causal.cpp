#include "codec/vae/vae_causal_stream.h"

#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "codec/vae/vae_codec.h"
#include "ops/tensor_table.h"
#include "support/golden_fill.h"
#include "support/work_check.h"

using namespace mirrorme;
using mirrorme::testing::WorkCheck;
using torch::Tensor;

namespace {

constexpr VaeVersion kVersions[] = {VaeVersion::v0_9_0, VaeVersion::v0_9_1, VaeVersion::v0_9_5};

VaeConfig causal_config(VaeVersion version, int width) {
    VaeConfig config = published_vae(version, width, 16);
    config.causal_decoder = true;
    return config;
}

LtxVae causal_vae(VaeVersion version, int width = 4) {
    LtxVae vae(causal_config(version, width));
    golden::fill(*vae);
    const torch::NoGradGuard no_gradients;
    for (auto& item : vae->named_parameters())
        if (item.key().find("per_channel_scale") != std::string::npos) item.value().fill_(0.05);
    vae->eval();
    return vae;
}

double largest_difference(const Tensor& a, const Tensor& b) {
    REQUIRE(a.sizes() == b.sizes());
    return (a - b).abs().max().item<double>();
}

Tensor streamed(const LtxVae& vae, const VaeWindow& window, const Tensor& latents, const std::vector<int64_t>& cuts) {
    VaeCausalDecoder decoder(vae, window);
    std::vector<Tensor> parts;
    int64_t first = 0;
    for (const int64_t count : cuts) parts.push_back(decoder.push(latents.slice(2, first, first + count))), first += count;
    REQUIRE(first == latents.size(2));
    return torch::cat(parts, 2);
}

}  // namespace

TEST_CASE("a causal decoder's stream is the decode of the whole clip") {
    const torch::InferenceMode no_gradients;
    for (const VaeVersion version : kVersions) {
        LtxVae vae = causal_vae(version);
        const Tensor latents = golden::input("latents", {1, 16, 6, 2, 1});
        for (const VaeWindow& window : {VaeWindow{}, VaeWindow{.noise_scale = 0.1, .seed = 7}}) {
            // The same in one pass, without what remembers.
            VaeDecodeCall call{.vae = vae, .window = window};
            const Tensor whole = unpatchify(call.patches(with_decode_noise(latents, 0, window), nullptr));
            REQUIRE(whole.size(2) == 1 + 8 * 5);
            const Tensor one_by_one = streamed(vae, window, latents, {1, 1, 1, 1, 1, 1});
            CHECK(largest_difference(one_by_one, whole) < 1e-4);
            CHECK(streamed(vae, window, latents, {6}).equal(one_by_one));
            CHECK(streamed(vae, window, latents, {2, 1, 3}).equal(one_by_one));
        }
        // It does look back: without the first latents the others come out differently.
        CHECK(largest_difference(streamed(vae, {}, latents.slice(2, 2), {1, 1, 1, 1}).slice(2, 1), streamed(vae, {}, latents, {6}).slice(2, 17)) > 1e-3);
        // And never ahead: what follows changes nothing.
        CHECK(streamed(vae, {}, latents.slice(2, 0, 3), {3}).equal(streamed(vae, {}, latents, {6}).slice(2, 0, 17)));
    }
}

TEST_CASE("a causal decode by fused operations is the decode by torch's") {
    const torch::InferenceMode no_gradients;
    for (const VaeVersion version : kVersions) {
        LtxVae vae = causal_vae(version, 8);
        const Tensor latents = golden::input("latents", {1, 16, 4, 2, 3});
        const Tensor plain = streamed(vae, {}, latents, {1, 1, 1, 1});
        const CpuTableScope table;
        const std::int64_t before = CpuTableScope::operations_run();
        const Tensor fused = streamed(vae, {}, latents, {1, 1, 1, 1});
        CHECK(CpuTableScope::operations_run() - before >= 4 * 20);
        CHECK(largest_difference(fused, plain) < 1e-4 * plain.abs().max().item<double>());
    }
}

TEST_CASE("a causal decode can be recorded") {
    const torch::InferenceMode no_gradients;
    LtxVae vae = causal_vae(VaeVersion::v0_9_5, 8);
    const Tensor latents = golden::input("latents", {1, 16, 6, 2, 3});
    const VaeWindow window{.noise_scale = 0.025};
    const Tensor plain = streamed(vae, window, latents, {1, 1, 1, 1, 1, 1});
    const Tensor pixels = VaeCausalDecoder(vae, window).push_pixels(latents);
    REQUIRE(pixels.sizes() == torch::IntArrayRef({41, 64, 96, 4}));
    CHECK(pixels.equal(bgra_of(plain)));
    for (const bool by_table : {false, true}) {
        std::optional<CpuTableScope> table;
        if (by_table) table.emplace();
        WorkCheck check;
        const Tensor recorded = streamed(vae, window, latents, {1, 1, 2, 2});
        CHECK(largest_difference(recorded, plain) < 1e-4 * plain.abs().max().item<double>());
        const Tensor bytes = VaeCausalDecoder(vae, window).push_pixels(latents);
        CHECK((bytes.to(torch::kInt) - pixels.to(torch::kInt)).abs().max().item<int>() <= 1);
        CHECK(check.problems() == "");
        CHECK(check.replayed() >= 6);
    }
}

TEST_CASE("the codec decodes causally where the decoder is causal, in the memory of one latent") {
    const torch::InferenceMode no_gradients;
    VaeCodec codec({.vae = causal_config(VaeVersion::v0_9_5, 4), .window = {.context_back = 1}, .width = 32, .height = 32});
    golden::fill(codec);
    const Tensor latents = golden::input("codec", {1, 16, 5, 1, 1});
    const auto cache = codec.make_decode_cache();
    std::vector<Tensor> parts;
    for (int64_t i = 0; i < 5; ++i) parts.push_back(codec.decode(latents.slice(2, i, i + 1), {}, *cache, {}));
    CHECK(parts[0].size(0) == 1);
    CHECK(parts[4].size(0) == 8);
    CHECK(torch::cat(parts).equal(bgra_of(streamed(codec.vae, {.noise_scale = 0}, latents, {5}))));

    // Once more in the same memory.
    REQUIRE(cache->restart());
    for (int64_t i = 0; i < 5; ++i) CHECK(codec.decode(latents.slice(2, i, i + 1), {}, *cache, {}).equal(parts[static_cast<std::size_t>(i)]));

    LtxVae published(published_vae(VaeVersion::v0_9_5, 4, 16));
    CHECK_THROWS(VaeCausalDecoder(published, {}));
}

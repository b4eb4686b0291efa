#include "codec/vae/ltx_vae.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "support/golden_fill.h"
#include "support/vae_golden.h"

using namespace mirrorme;
using torch::Tensor;

namespace {

LtxVae small_vae(VaeVersion version) {
    LtxVae vae(published_vae(version, 8, 16));
    golden::fill(*vae);
    vae->eval();
    return vae;
}

double largest_difference(const Tensor& a, const Tensor& b) {
    REQUIRE(a.sizes() == b.sizes());
    return (a - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("patches put the width offset first, and unpatchify undoes it") {
    Tensor pixels = torch::zeros({1, 1, 1, 4, 4});
    for (int y = 0; y < 4; ++y)
        for (int x = 0; x < 4; ++x) pixels[0][0][0][y][x] = y * 4 + x;
    const Tensor patch = patchify(pixels).flatten();
    const float expected[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
    for (int i = 0; i < 16; ++i) CHECK(patch[i].item<float>() == expected[i]);
    const Tensor video = golden::input("round", {2, 3, 3, 8, 12});
    CHECK(unpatchify(patchify(video)).equal(video));
    CHECK(depth_to_space(space_to_depth(patchify(video), 1, 1), 1, 1).equal(patchify(video)));
    const Tensor block = golden::input("block", {1, 4, 4, 6, 8});
    CHECK(depth_to_space(space_to_depth(block, 2, 2), 2, 2).equal(block));
}

TEST_CASE("the autoencoder reproduces the public implementation at base 8", "[golden]") {
    torch::InferenceMode guard;
    for (const golden::VaeRow& row : golden::kSmallVaeRows) {
        CAPTURE(row.name);
        LtxVae vae = small_vae(row.version);
        golden::check_vae_row(row, vae, golden::VaeInputs{.height = 64, .width = 96, .latent = {1, 16, 2, 2, 3}});
    }
}

TEST_CASE("a stream is encoded exactly, however it is cut") {
    torch::InferenceMode guard;
    for (const VaeVersion version : {VaeVersion::v0_9_0, VaeVersion::v0_9_5}) {
        LtxVae vae = small_vae(version);
        const Tensor clip = golden::input("clip", {1, 3, 33, 64, 64});
        const Tensor whole = vae->normalise(vae->encoder->forward(clip).mean);
        for (const std::vector<int64_t>& cuts : {std::vector<int64_t>{1, 8, 8, 8, 8}, {9, 24}, {17, 8, 8}, {1, 32}, {33}}) {
            VaeStreamEncoder stream(vae);
            std::vector<Tensor> parts;
            int64_t first = 0;
            for (const int64_t count : cuts) {
                parts.push_back(stream.push(clip.slice(2, first, first + count)));
                first += count;
            }
            CHECK(largest_difference(torch::cat(parts, 2), whole) < 2e-5);
        }
        VaeStreamEncoder wrong(vae);
        CHECK_THROWS(wrong.push(clip.slice(2, 0, 8)));
    }
}

TEST_CASE("windowed decoding shows every frame once, near the full decode when the context is long") {
    torch::InferenceMode guard;
    LtxVae vae = small_vae(VaeVersion::v0_9_0);
    const Tensor latents = golden::input("latents", {1, 16, 7, 2, 2});
    VaeDecodeContext context;
    const Tensor full = vae->decoder->forward(vae->denormalise(latents), context);
    REQUIRE(full.size(2) == 1 + 8 * 6);
    for (const VaeWindow& window : {VaeWindow{1, 0, 0}, VaeWindow{3, 0, 0}, VaeWindow{3, 1, 4}, VaeWindow{6, 2, 8}}) {
        VaeStreamDecoder decoder(vae, window);
        std::vector<Tensor> parts;
        int64_t shown = 0;
        for (int64_t i = 0; i < 7; ++i) {
            const Tensor part = decoder.push(latents.slice(2, i, i + 1));
            if (part.size(2) > 0) parts.push_back(part), shown += part.size(2);
            const int64_t ready = i - window.context_forward;
            CHECK(shown == (ready < 0 ? 0 : 1 + 8 * ready));
        }
        if (const Tensor rest = decoder.flush(); rest.size(2) > 0) parts.push_back(rest);
        CHECK(torch::cat(parts, 2).size(2) == full.size(2));
    }
    // With every latent as context there is nothing to approximate.
    VaeStreamDecoder exact(vae, {.context_back = 8});
    CHECK(largest_difference(exact.push(latents), full) < 1e-5);
}

TEST_CASE("an impossible window and an unknown version are refused") {
    LtxVae vae = small_vae(VaeVersion::v0_9_0);
    CHECK_THROWS(VaeStreamDecoder(vae, {.context_back = 0}));
    CHECK_THROWS(VaeStreamDecoder(vae, {.context_back = 2, .context_forward = 1, .cross_fade = 9}));
    CHECK_THROWS_AS(vae_config_from_json({{"version", "1.7"}}), Error);
    CHECK(to_json(vae_config_from_json({{"version", "0.9.1"}, {"base_channels", 8}})) == to_json(published_vae(VaeVersion::v0_9_1, 8)));
}

TEST_CASE("the sizes of every version have the published numbers of tensors and parameters per base width") {
    struct Expected {
        VaeVersion version;
        std::size_t tensors;
    };
    // Tensors without the statistics, as the published files hold them.
    for (const Expected& expected : {Expected{VaeVersion::v0_9_0, 188}, {VaeVersion::v0_9_1, 292}, {VaeVersion::v0_9_5, 224}}) {
        LtxVae vae(published_vae(expected.version, 4, 4));
        CHECK(vae->parameters().size() == expected.tensors);
    }
}

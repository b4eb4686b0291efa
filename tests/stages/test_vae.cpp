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

TEST_CASE("an unknown version is refused") {
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

#include <catch2/catch_test_macros.hpp>

#include "support/vae_golden.h"

using namespace mirrorme;

TEST_CASE("the autoencoder reproduces the public implementation at full size", "[golden][slow]") {
    torch::InferenceMode guard;
    for (const golden::VaeRow& row : golden::kFullVaeRows) {
        CAPTURE(row.name);
        LtxVae vae(published_vae(row.version));
        golden::fill(*vae);
        golden::check_vae_row(row, vae, {.height = 64, .width = 64, .latent = {1, 128, 2, 2, 2}});
    }
}

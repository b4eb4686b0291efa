#include <catch2/catch_test_macros.hpp>
#include <cstring>
#include <random>
#include <vector>

#include "denoise/philox.h"
#include "kernels/include/tensor_operations.h"

using namespace mirrorme;

TEST_CASE("the kernels' noise is the sampler's, bit for bit") {
    constexpr std::size_t kElements = 128 * 16 * 24;  // a latent frame of 768 x 512
    std::mt19937_64 random(5);
    std::vector<float> want(kElements), got(kElements);
    for (int round = 0; round < 24; ++round) {
        const NoiseKey key{.seed = round == 0 ? 0 : random(), .latent = static_cast<std::int64_t>(random() >> (round % 2 == 0 ? 60 : 20)),
                           .step = static_cast<std::uint32_t>(round % 5), .stream = static_cast<std::uint32_t>(round % 3)};
        fill_normal(want, key);
        const kernels::NormalNoise work{.seed = key.seed, .first_latent = key.latent, .step = key.step, .stream = key.stream, .latents = 1,
                                        .elements = kElements, .out = got.data()};
        // The operation asks for 16-byte alignment; operator new gives it.
        REQUIRE(kernels::cpu_tensor_operations().normal_noise(work, {}) == nullptr);
        CHECK(std::memcmp(want.data(), got.data(), kElements * sizeof(float)) == 0);
    }
}

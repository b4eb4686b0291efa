#include <array>
#include <cmath>
#include <numbers>

#include "kernels/properties/trial.h"

namespace mirrorme::testing {
namespace {

using namespace mirrorme::kernels;
using Words = std::array<std::uint32_t, 4>;

/// Philox4x32-10 as its paper has it; ties the counter and key layout down without the code under test.
Words philox(Words c, std::uint32_t k0, std::uint32_t k1) {
    for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        const std::uint64_t a = 0xD2511F53ull * c[0], b = 0xCD9E8D57ull * c[2];
        c = {static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ k0, static_cast<std::uint32_t>(b), static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ k1,
             static_cast<std::uint32_t>(a)};
    }
    return c;
}

}  // namespace

void check_normal_noise(Trial& trial) {
    NormalNoise work{.type = trial.one_of({Scalar::f32, Scalar::bf16, Scalar::f16}), .seed = trial.bits()};
    work.first_latent = trial.one_of<std::int64_t>({0, 7, trial.whole(0, 1ll << 40)});
    work.step = static_cast<std::uint32_t>(trial.whole(0, 9));
    work.stream = static_cast<std::uint32_t>(trial.whole(0, 3));
    work.latents = trial.whole(1, 3);
    work.elements = 4 * trial.one_of<std::int64_t>({1, trial.whole(2, 127), 128, trial.whole(129, 700)});
    trial.describe(std::string(name_of(work.type)) + ", " + std::to_string(work.latents) + " x " + std::to_string(work.elements));
    const Tensor out = trial.wanted("out", work.type, work.latents * work.elements);
    work.out = out.at();
    if (!trial.run(trial.operations().normal_noise, work)) return;

    trial.all_written("out", *out.place);
    const std::vector<double> got = out.fetch();
    for (std::int64_t l = 0; l < work.latents; ++l)
        for (std::int64_t i = 0; i < work.elements; i += 4) {
            const std::uint64_t latent = static_cast<std::uint64_t>(work.first_latent + l);
            const Words bits = philox({static_cast<std::uint32_t>(i / 4), static_cast<std::uint32_t>(latent), static_cast<std::uint32_t>(latent >> 32),
                                       work.stream * 0x10000u + work.step},
                                      static_cast<std::uint32_t>(work.seed), static_cast<std::uint32_t>(work.seed >> 32));
            for (std::size_t pair = 0; pair < 4; pair += 2) {
                const double radius = std::sqrt(-2 * std::log((bits[pair] + 1.0) * 0x1p-32)), angle = bits[pair + 1] * 0x1p-32 * 2 * std::numbers::pi;
                const double want[2] = {radius * std::cos(angle), radius * std::sin(angle)};
                for (std::size_t j = 0; j < 2; ++j) {
                    std::array<std::byte, 4> bytes{};  // to the bit: rounded to float, then to the type
                    encode(work.type, static_cast<float>(want[j]), bytes.data());
                    const std::int64_t at = l * work.elements + i + static_cast<std::int64_t>(pair + j);
                    trial.close("out", at, got[static_cast<std::size_t>(at)], static_cast<double>(decode(work.type, bytes.data())), 0, 0);
                }
            }
        }
    trial.moved(0, static_cast<std::uint64_t>(work.latents * work.elements * bytes_of(work.type)));

    NormalNoise odd = work;
    odd.elements = 6;
    trial.must_refuse(trial.operations().normal_noise, odd, "multiple of 4");
}

}  // namespace mirrorme::testing

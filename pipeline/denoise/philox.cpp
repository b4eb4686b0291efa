#include "denoise/philox.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mirrorme {

PhiloxBlock philox4x32(PhiloxBlock c, std::array<std::uint32_t, 2> key) noexcept {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t a = std::uint64_t{0xD2511F53u} * c[0], b = std::uint64_t{0xCD9E8D57u} * c[2];
        c = {static_cast<std::uint32_t>(b >> 32) ^ c[1] ^ key[0], static_cast<std::uint32_t>(b),
             static_cast<std::uint32_t>(a >> 32) ^ c[3] ^ key[1], static_cast<std::uint32_t>(a)};
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    return c;
}

void fill_normal(std::span<float> out, const NoiseKey& key) noexcept {
    const auto latent = static_cast<std::uint64_t>(key.latent);
    const std::array<std::uint32_t, 2> seed = {static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32)};
    const std::uint32_t place = key.stream * 0x10000u + key.step;
    for (std::size_t i = 0; i < out.size(); i += 4) {
        const PhiloxBlock bits = philox4x32(
            {static_cast<std::uint32_t>(i / 4), static_cast<std::uint32_t>(latent), static_cast<std::uint32_t>(latent >> 32), place}, seed);
        std::array<float, 4> values;
        for (std::size_t pair = 0; pair < 4; pair += 2) {
            const double u = (bits[pair] + 1.0) * 0x1p-32;  // (0, 1]
            const double angle = bits[pair + 1] * 0x1p-32 * 2 * std::numbers::pi;
            const double radius = std::sqrt(-2 * std::log(u));
            values[pair] = static_cast<float>(radius * std::cos(angle));
            values[pair + 1] = static_cast<float>(radius * std::sin(angle));
        }
        std::copy_n(values.begin(), std::min<std::size_t>(4, out.size() - i), out.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

}  // namespace mirrorme

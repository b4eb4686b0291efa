#pragma once
// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011). A value
// depends on its key and its place alone, so noise is the same however a stream is cut into chunks. No torch here.

#include <array>
#include <cstdint>
#include <span>

namespace mirrorme {

using PhiloxBlock = std::array<std::uint32_t, 4>;

/// Ten rounds.
PhiloxBlock philox4x32(PhiloxBlock counter, std::array<std::uint32_t, 2> key) noexcept;

/// What the noise of one latent frame depends on, besides the element's place.
struct NoiseKey {
    std::uint64_t seed = 0;
    std::int64_t latent = 0;   // since the stream's start
    std::uint32_t step = 0;    // of the sampler: 0 = the start, s = re-noising after step s
    std::uint32_t stream = 0;  // place in a batch
};

/// Standard normal values (Box-Muller), element i of the latent frame at out[i].
void fill_normal(std::span<float> out, const NoiseKey& key) noexcept;

}  // namespace mirrorme

#pragma once
// The sampler's noise, made where it is needed. Bit for bit what denoise/philox.h's fill_normal gives, on every device.

#include "kernels/include/tensor_view.h"

namespace mirrorme::kernels {

/// out[l, i] = element i of the noise of latent frame first_latent + l. Standard normal, rounded to `type`.
struct NormalNoise {
    Scalar type = Scalar::f32;
    std::uint64_t seed = 0;
    std::int64_t first_latent = 0;           // since the stream's start
    std::uint32_t step = 0, stream = 0;      // of the sampler, in the batch: as in NoiseKey
    std::int64_t latents = 0, elements = 0;  // elements of one latent frame, a multiple of 4
    void* out = nullptr;                     // [latents, elements]
};

Refusal check(const NormalNoise& work) noexcept;

}  // namespace mirrorme::kernels

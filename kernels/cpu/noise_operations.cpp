#include "kernels/cpu/tensor_operations.h"
#include "kernels/include/normal_from_bits.h"

namespace mirrorme::kernels::cpu {

Refusal normal_noise(const NormalNoise& work, Stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    with_type(work.type, [&](auto type) {
        using T = decltype(type);
        const std::uint32_t key0 = static_cast<std::uint32_t>(work.seed), key1 = static_cast<std::uint32_t>(work.seed >> 32);
        for (std::int64_t l = 0; l < work.latents; ++l) {
            const std::uint64_t latent = static_cast<std::uint64_t>(work.first_latent + l);
            T* out = static_cast<T*>(work.out) + l * work.elements;
            for (std::int64_t i = 0; i < work.elements; i += 4) {
                const exact::Counter counter{{static_cast<std::uint32_t>(i / 4), static_cast<std::uint32_t>(latent), static_cast<std::uint32_t>(latent >> 32),
                                              work.stream * 0x10000u + work.step}};
                const exact::Four four = exact::normal(counter, key0, key1);
                for (int j = 0; j < 4; ++j) out[i + j] = narrow<T>(four.value[j]);
            }
        }
    });
    return nullptr;
}

}  // namespace mirrorme::kernels::cpu

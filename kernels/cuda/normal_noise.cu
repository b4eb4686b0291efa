// Not bound by memory: four values cost about 200 double operations for 8 or 16 bytes. A latent frame has 49152 values at 768 x 512, some
// microseconds even where double is a sixty-fourth of float, and it runs outside the steps' graphs.

#include "kernels/cuda/device.h"
#include "kernels/cuda/operations.h"
#include "kernels/include/normal_from_bits.h"

namespace mirrorme::kernels::cuda {
namespace {

constexpr int kThreads = 128;

__device__ __forceinline__ void put_four(float* to, const float* v) {
    uint4 words;
    words.x = pack(v, float{}), words.y = pack(v + 1, float{}), words.z = pack(v + 2, float{}), words.w = pack(v + 3, float{});
    put(reinterpret_cast<uint4*>(to), words);
}
template <typename T>
__device__ __forceinline__ void put_four(T* to, const float* v) {
    uint2 words;
    words.x = pack(v, T{}), words.y = pack(v + 2, T{});
    put(reinterpret_cast<uint2*>(to), words);
}

template <typename T>
__global__ void __launch_bounds__(kThreads) draw(const NormalNoise work) {
    const std::int64_t four = std::int64_t{blockIdx.x} * kThreads + threadIdx.x;
    if (4 * four >= work.elements) return;
    const std::uint64_t latent = static_cast<std::uint64_t>(work.first_latent + blockIdx.y);
    const exact::Counter counter{{static_cast<std::uint32_t>(four), static_cast<std::uint32_t>(latent), static_cast<std::uint32_t>(latent >> 32),
                                  work.stream * 0x10000u + work.step}};
    const exact::Four values = exact::normal(counter, static_cast<std::uint32_t>(work.seed), static_cast<std::uint32_t>(work.seed >> 32));
    put_four(static_cast<T*>(work.out) + blockIdx.y * work.elements + 4 * four, values.value);
}

}  // namespace

Refusal normal_noise(const NormalNoise& work, Stream stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    return with_type(work.type, [&](auto type) {
        const std::int64_t blocks = (work.elements / 4 + kThreads - 1) / kThreads;
        return launch(stream, dim3(static_cast<unsigned>(blocks), static_cast<unsigned>(work.latents)), dim3(kThreads), draw<decltype(type)>, work);
    });
}

}  // namespace mirrorme::kernels::cuda

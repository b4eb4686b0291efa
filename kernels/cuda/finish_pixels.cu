// Bound by memory: a pixel moves 6 bytes in (bfloat16 RGB), 4 more with a matte, and 4 out. Unpatchify, clamp, cast and channel order as
// separate float32 operations move about 40. A thread has a patch: it reads its 48 or 64 channels in lines that its neighbours complete
// to whole sectors in L1, and writes four rows of four pixels, 16 bytes each, 512 neighbouring bytes a warp.

#include "kernels/cuda/device.h"
#include "kernels/cuda/operations.h"

namespace mirrorme::kernels::cuda {
namespace {

constexpr int kThreads = 128;

/// NaN becomes 0.
__device__ __forceinline__ unsigned to_byte(float value) { return __float2uint_rn(__saturatef(value) * 255.0f); }

template <typename T, int kChannels>
__global__ void __launch_bounds__(kThreads) finish(const FinishPixels work) {
    const unsigned patch = blockIdx.x * kThreads + threadIdx.x, width = static_cast<unsigned>(work.width);
    if (patch >= work.frames * work.height * work.width) return;
    float v[kChannels];
#pragma unroll
    for (int c = 0; c < kChannels; c += kPerLine<T>) {
        Line<T> line = load_line(static_cast<const T*>(work.patches) + std::int64_t{patch} * kChannels + c);
        if (work.bias != nullptr) {
            const Line<T> bias = load_line(static_cast<const T*>(work.bias) + c);
#pragma unroll
            for (int i = 0; i < kPerLine<T>; ++i) line.v[i] += bias.v[i];
        }
#pragma unroll
        for (int i = 0; i < kPerLine<T>; ++i) v[c + i] = line.v[i];
    }
    const std::int64_t w = patch % width, th = patch / width;  // th: row of patches, over all frames
#pragma unroll
    for (int dy = 0; dy < 4; ++dy) {
        const std::int64_t pixel = ((th * 4 + dy) * work.width + w) * 4;
        Line<float> matte{};
        if (work.matte != nullptr) matte = load_line(work.matte + pixel);
        unsigned bgra[4];
#pragma unroll
        for (int dx = 0; dx < 4; ++dx) {
            const auto colour = [&](int c) { return to_byte(v[c * 16 + dx * 4 + dy] * 0.5f + 0.5f); };
            unsigned alpha = 255;
            if constexpr (kChannels == 64) alpha = colour(3);
            else if (work.matte != nullptr) alpha = to_byte(matte.v[dx]);
            bgra[dx] = colour(2) | colour(1) << 8 | colour(0) << 16 | alpha << 24;
        }
        uint4 four;
        four.x = bgra[0], four.y = bgra[1], four.z = bgra[2], four.w = bgra[3];
        put(reinterpret_cast<uint4*>(work.bgra + 4 * pixel), four);
    }
}

}  // namespace

Refusal finish_pixels(const FinishPixels& work, Stream stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    return with_type(work.type, [&](auto type) {
        using T = decltype(type);
        const std::int64_t patches = work.frames * work.height * work.width;
        return launch(stream, dim3(static_cast<unsigned>((patches + kThreads - 1) / kThreads)), dim3(kThreads),
                      work.channels == 64 ? finish<T, 64> : finish<T, 48>, work);
    });
}

}  // namespace mirrorme::kernels::cuda

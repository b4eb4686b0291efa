// Bound by memory: an element moves 2 bytes in and 2 out (bfloat16), and 2 more for every padded or remembered copy, which are written
// from registers. Norm, scale, shift, SiLU and padding as separate operations move about 38. A pixel's channels are a row: 128 to 1024 of
// them are 16 to 128 lines, so a warp holds two pixels of the widest pictures.

#include "kernels/cuda/operations.h"
#include "kernels/cuda/rows.h"

namespace mirrorme::kernels::cuda {
namespace {

template <typename T>
__global__ void __launch_bounds__(kRowThreads) norm_and_pad(const PixelNorm work) {
    const OwnRow row = own_row(work.batch * work.frames * work.pixels);
    const unsigned frames = static_cast<unsigned>(work.frames), bt = row.index / static_cast<unsigned>(work.pixels);  // 64-bit divisions are dear
    const std::int64_t p = row.index % static_cast<unsigned>(work.pixels), b = bt / frames, t = bt % frames;
    Line<T> lines[1];
    load_row(static_cast<const T*>(work.x) + row.index * work.channels, work.channels, row.inside, lines);
    const float inverse = inverse_rms<0>(lines, work.channels, work.eps);
    const int c = channel_of<T>(0);
    if (!row.inside || c >= work.channels) return;  // nobody waits any more

    Line<T>& x = lines[0];
#pragma unroll
    for (int i = 0; i < kPerLine<T>; ++i) x.v[i] *= inverse;
    if (work.scale != nullptr) {
        const Line<T> scale = load_line(static_cast<const T*>(work.scale) + b * work.modulation_stride + c);
        const Line<T> shift = load_line(static_cast<const T*>(work.shift) + b * work.modulation_stride + c);
#pragma unroll
        for (int i = 0; i < kPerLine<T>; ++i) x.v[i] = x.v[i] * (1 + scale.v[i]) + shift.v[i];
    }
#pragma unroll
    for (int i = 0; i < kPerLine<T>; ++i) x.v[i] = silu(x.v[i]);
    const uint4 y = pack_line(x);

    const std::int64_t padded = work.front + work.frames + work.back;
    T* const out = static_cast<T*>(work.out);
    T* const keep = static_cast<T*>(work.keep);
    const T* const history = static_cast<const T*>(work.history);
    const auto put_frame = [&](T* clip, std::int64_t length, std::int64_t frame, const uint4& value) {
        put(reinterpret_cast<uint4*>(clip + ((b * length + frame) * work.pixels + p) * work.channels + c), value);
    };
    // Frame s of the sequence "front, then y"; the last `front` of it are kept.
    const auto put_sequence = [&](std::int64_t s, const uint4& value) {
        put_frame(out, padded, s, value);
        if (keep != nullptr && s >= work.frames) put_frame(keep, work.front, s - work.frames, value);
    };
    put_sequence(work.front + t, y);
    if (t == 0) {
        for (int f = 0; f < work.front; ++f) {
            const T* remembered = history + ((b * work.front + f) * work.pixels + p) * work.channels + c;
            put_sequence(f, history == nullptr ? y : fetch(reinterpret_cast<const uint4*>(remembered)));
        }
    }
    if (t == work.frames - 1)
        for (int f = 0; f < work.back; ++f) put_frame(out, padded, work.front + work.frames + f, y);
}

}  // namespace

Refusal pixel_norm(const PixelNorm& work, Stream stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    return launch_rows(stream, work, work.channels, work.batch * work.frames * work.pixels, [](auto type, auto) { return norm_and_pad<decltype(type)>; });
}

}  // namespace mirrorme::kernels::cuda

// Bound by memory: an element moves 2 bytes in and 2 out (bfloat16), or 2 and 1 (e4m3), for about five operations; scale and shift are
// one row for hundreds of tokens and come from L2. The separate operations read and write the row six times.

#include "kernels/cuda/operations.h"
#include "kernels/cuda/rows.h"

namespace mirrorme::kernels::cuda {
namespace {

template <typename T, bool kBytes, int kLines>
__global__ void __launch_bounds__(kRowThreads) modulate(const ModulatedNorm work) {
    const OwnRow row = own_row(work.batch * work.tokens);
    const std::int64_t b = row.index / static_cast<unsigned>(work.tokens), n = row.index % static_cast<unsigned>(work.tokens);
    Line<T> x[kLines];
    load_row(static_cast<const T*>(work.x.at) + b * work.x.batch_stride + n * work.x.token_stride, work.width, row.inside, x);
    const float inverse = inverse_rms<0>(x, work.width, work.eps);

    const std::int64_t group = n / (work.tokens / work.groups);
    const T* scales = static_cast<const T*>(work.scale.at) + b * work.scale.batch_stride + group * work.scale.token_stride;
    const T* shifts = static_cast<const T*>(work.shift.at) + b * work.shift.batch_stride + group * work.shift.token_stride;
#pragma unroll
    for (int l = 0; l < kLines; ++l) {
        const int c = channel_of<T>(l);
        if (!row.inside || c >= work.width) continue;
#pragma unroll
        for (int i = 0; i < kPerLine<T>; ++i) x[l].v[i] *= inverse;
        if (work.scale.at == nullptr) continue;
        const Line<T> scale = load_line(scales + c), shift = load_line(shifts + c);
#pragma unroll
        for (int i = 0; i < kPerLine<T>; ++i) x[l].v[i] = x[l].v[i] * (1 + scale.v[i]) + shift.v[i];
    }
    store_row<kBytes>(x, work.out, b, n, work.row_scale, work.width, row);
}

}  // namespace

Refusal modulated_norm(const ModulatedNorm& work, Stream stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    return launch_rows(stream, work, work.width, work.batch * work.tokens, [&](auto type, auto lines) {
        using T = decltype(type);
        constexpr int kLines = decltype(lines)::value;
        return work.row_scale ? modulate<T, true, kLines> : modulate<T, false, kLines>;
    });
}

}  // namespace mirrorme::kernels::cuda

// Bound by memory: an element moves 2 bytes in and 2 out (bfloat16), or 2 and 1 (e4m3: the row's largest value is found while the row
// lies in registers, so quantising costs no pass of its own), for one exponential and one division.

#include "kernels/cuda/operations.h"
#include "kernels/cuda/rows.h"

namespace mirrorme::kernels::cuda {
namespace {

/// x / 2 (1 + tanh(u)) = x / (1 + exp(-2u)), which loses no digits for negative u.
__device__ __forceinline__ float gelu_tanh(float x) {
    const float u = 0.7978845608028654f * (x + 0.044715f * x * x * x);
    return __fdividef(x, 1.0f + __expf(-2 * u));
}

template <typename T, bool kBytes, int kLines>
__global__ void __launch_bounds__(kRowThreads) activate(const ActivateRows work) {
    const OwnRow row = own_row(work.rows);
    Line<T> x[kLines];
    load_row(static_cast<const T*>(work.x) + row.index * work.x_stride, work.width, row.inside, x);
#pragma unroll
    for (int l = 0; l < kLines; ++l) {
        const int c = channel_of<T>(l);
        if (!row.inside || c >= work.width) continue;
        if (work.bias != nullptr) {
            const Line<T> bias = load_line(static_cast<const T*>(work.bias) + c);
#pragma unroll
            for (int i = 0; i < kPerLine<T>; ++i) x[l].v[i] += bias.v[i];
        }
        if (work.activation == Activation::gelu_tanh) {
#pragma unroll
            for (int i = 0; i < kPerLine<T>; ++i) x[l].v[i] = gelu_tanh(x[l].v[i]);
        }
    }
    store_row<kBytes>(x, RowTarget{work.out, 0, work.out_stride}, 0, row.index, work.row_scale, work.width, row);
}

}  // namespace

Refusal activate_rows(const ActivateRows& work, Stream stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    return launch_rows(stream, work, work.width, work.rows, [&](auto type, auto lines) {
        using T = decltype(type);
        constexpr int kLines = decltype(lines)::value;
        return work.row_scale ? activate<T, true, kLines> : activate<T, false, kLines>;
    });
}

}  // namespace mirrorme::kernels::cuda

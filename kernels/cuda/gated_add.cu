// Bound by memory: an element moves 4 bytes in and 2 out (bfloat16) for two operations; gate and bias are shared by all tokens and come
// from L2. Bias, gate and sum as three operations move 16.

#include "kernels/cuda/operations.h"
#include "kernels/cuda/rows.h"

namespace mirrorme::kernels::cuda {
namespace {

template <typename T>
__global__ void __launch_bounds__(kRowThreads) add_gated(const GatedAdd work) {
    const OwnRow row = own_row(work.batch * work.tokens);
    if (!row.inside) return;
    const std::int64_t b = row.index / static_cast<unsigned>(work.tokens), n = row.index % static_cast<unsigned>(work.tokens);
    T* xs = static_cast<T*>(work.x.at) + b * work.x.batch_stride + n * work.x.token_stride;
    const T* ys = static_cast<const T*>(work.y.at) + b * work.y.batch_stride + n * work.y.token_stride;
    const T* gates = static_cast<const T*>(work.gate.at) + b * work.gate.batch_stride + n / (work.tokens / work.groups) * work.gate.token_stride;
    const T* biases = static_cast<const T*>(work.bias);
    for (int c = channel_of<T>(0); c < work.width; c += static_cast<int>(blockDim.x) * kPerLine<T>) {
        Line<T> x = load_line(xs + c), y = load_line(ys + c);
        if (biases != nullptr) {
            const Line<T> bias = load_line(biases + c);
#pragma unroll
            for (int i = 0; i < kPerLine<T>; ++i) y.v[i] += bias.v[i];
        }
        if (work.gate.at != nullptr) {
            const Line<T> gate = load_line(gates + c);
#pragma unroll
            for (int i = 0; i < kPerLine<T>; ++i) y.v[i] *= gate.v[i];
        }
#pragma unroll
        for (int i = 0; i < kPerLine<T>; ++i) x.v[i] += y.v[i];
        store_line(xs + c, x);
    }
}

}  // namespace

Refusal gated_add(const GatedAdd& work, Stream stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    return launch_rows(stream, work, work.width, work.batch * work.tokens, [](auto type, auto) { return add_gated<decltype(type)>; });
}

}  // namespace mirrorme::kernels::cuda

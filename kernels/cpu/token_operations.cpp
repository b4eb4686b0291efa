#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/cpu/tensor_operations.h"

namespace mirrorme::kernels::cpu {
namespace {

/// Writes value(c) for every channel as T, or as e4m3 with the row's scale.
template <typename T, typename Value>
void write_row(void* out, float* row_scale, std::int64_t width, Value value) {
    if (row_scale == nullptr) {
        for (std::int64_t c = 0; c < width; ++c) static_cast<T*>(out)[c] = narrow<T>(value(c));
        return;
    }
    float peak = 1e-12f;
    for (std::int64_t c = 0; c < width; ++c) peak = std::max(peak, std::abs(value(c)));
    *row_scale = peak / kLargestE4m3;
    for (std::int64_t c = 0; c < width; ++c) static_cast<std::uint8_t*>(out)[c] = to_e4m3(value(c) * (kLargestE4m3 / peak));
}

template <typename T>
void* out_row(const RowTarget& out, bool bytes, std::int64_t b, std::int64_t n) {
    return bytes ? static_cast<void*>(row_of<std::uint8_t>(out, b, n)) : static_cast<void*>(row_of<T>(out, b, n));
}

template <typename T>
void norm_and_rotate(const NormedRope& work, const T* x, const T* weight, std::int64_t b, std::int64_t n, T* plain, T* rotated) {
    const float inverse = weight ? inverse_rms(x, work.width, work.eps) : 1;
    const std::int64_t table = b * work.table_batch_stride + n * work.width;
    for (std::int64_t c = 0; c < work.width; c += 2) {
        const float even = widen(x[c]) * inverse * (weight ? widen(weight[c]) : 1), odd = widen(x[c + 1]) * inverse * (weight ? widen(weight[c + 1]) : 1);
        if (plain != nullptr) plain[c] = narrow<T>(even), plain[c + 1] = narrow<T>(odd);
        const float cos = work.cos == nullptr ? 1 : work.cos[table + c], sin = work.cos == nullptr ? 0 : work.sin[table + c];
        rotated[c] = narrow<T>(even * cos - odd * sin);
        rotated[c + 1] = narrow<T>(odd * cos + even * sin);
    }
}

float gelu_tanh(float x) {
    const float inner = 0.7978845608028654f * (x + 0.044715f * x * x * x);
    return x / (1 + std::exp(-2 * inner));  // 1 + tanh(u) = 2 / (1 + exp(-2u)), which loses no digits for negative u
}

}  // namespace

Refusal modulated_norm(const ModulatedNorm& work, Stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    with_type(work.type, [&](auto type) {
        using T = decltype(type);
        const std::int64_t per_group = work.tokens / work.groups;
        for (std::int64_t b = 0; b < work.batch; ++b)
            for (std::int64_t n = 0; n < work.tokens; ++n) {
                const T* x = row_of<T>(work.x, b, n);
                const T* scale = work.scale.at ? row_of<T>(work.scale, b, n / per_group) : nullptr;
                const T* shift = work.shift.at ? row_of<T>(work.shift, b, n / per_group) : nullptr;
                const float inverse = inverse_rms(x, work.width, work.eps);
                float* row_scale = work.row_scale ? work.row_scale + b * work.tokens + n : nullptr;
                write_row<T>(out_row<T>(work.out, row_scale != nullptr, b, n), row_scale, work.width, [&](std::int64_t c) {
                    const float normed = widen(x[c]) * inverse;
                    return scale ? normed * (1 + widen(scale[c])) + widen(shift[c]) : normed;
                });
            }
    });
    return nullptr;
}

Refusal normed_rope(const NormedRope& work, Stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    with_type(work.type, [&](auto type) {
        using T = decltype(type);
        const T *q_weight = static_cast<const T*>(work.q_weight), *k_weight = static_cast<const T*>(work.k_weight);
        for (std::int64_t b = 0; b < work.batch; ++b)
            for (std::int64_t n = 0; n < work.tokens; ++n) {
                if (work.q.at) norm_and_rotate(work, row_of<T>(work.q, b, n), q_weight, b, n, static_cast<T*>(nullptr), row_of<T>(work.q_out, b, n));
                if (work.k.at)
                    norm_and_rotate(work, row_of<T>(work.k, b, n), k_weight, b, n, work.k_plain.at ? row_of<T>(work.k_plain, b, n) : nullptr,
                                    row_of<T>(work.k_out, b, n));
                if (work.v.at)
                    std::memcpy(row_of<T>(work.v_out, b, n), row_of<T>(work.v, b, n), static_cast<std::size_t>(work.width) * sizeof(T));
            }
    });
    return nullptr;
}

Refusal gated_add(const GatedAdd& work, Stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    with_type(work.type, [&](auto type) {
        using T = decltype(type);
        const T* bias = static_cast<const T*>(work.bias);
        const std::int64_t per_group = work.tokens / work.groups;
        for (std::int64_t b = 0; b < work.batch; ++b)
            for (std::int64_t n = 0; n < work.tokens; ++n) {
                T* x = row_of<T>(work.x, b, n);
                const T* y = row_of<T>(work.y, b, n);
                const T* gate = work.gate.at ? row_of<T>(work.gate, b, n / per_group) : nullptr;
                for (std::int64_t c = 0; c < work.width; ++c) {
                    const float added = widen(y[c]) + (bias ? widen(bias[c]) : 0);
                    x[c] = narrow<T>(widen(x[c]) + (gate ? widen(gate[c]) : 1) * added);
                }
            }
    });
    return nullptr;
}

Refusal activate_rows(const ActivateRows& work, Stream) noexcept {
    if (const Refusal refusal = check(work)) return refusal;
    with_type(work.type, [&](auto type) {
        using T = decltype(type);
        const T* bias = static_cast<const T*>(work.bias);
        for (std::int64_t r = 0; r < work.rows; ++r) {
            const T* x = static_cast<const T*>(work.x) + r * work.x_stride;
            float* row_scale = work.row_scale ? work.row_scale + r : nullptr;
            const RowTarget out{work.out, 0, work.out_stride};
            write_row<T>(out_row<T>(out, row_scale != nullptr, 0, r), row_scale, work.width, [&](std::int64_t c) {
                const float value = widen(x[c]) + (bias ? widen(bias[c]) : 0);
                return work.activation == Activation::gelu_tanh ? gelu_tanh(value) : value;
            });
        }
    });
    return nullptr;
}

}  // namespace mirrorme::kernels::cpu

#pragma once
// What the transformer does to tokens between its matrix products. x is [batch, tokens, width].
//
// Rows of e4m3: where `row_scale` is given, `out` takes one byte an element, with row = bytes * row_scale[b * tokens + n] and
// row_scale = max |row| / 448: what a matrix product with scales by row takes.

#include "kernels/include/tensor_view.h"

namespace mirrorme::kernels {

/// out = x / sqrt(mean(x^2) + eps) * (1 + scale) + shift. Scale and shift are [batch, groups, width], one row for tokens / groups
/// tokens; both null: the norm alone.
struct ModulatedNorm {
    Scalar type = Scalar::f32;
    std::int64_t batch = 0, tokens = 0, width = 0, groups = 1;
    RowView x{}, scale{}, shift{};  // scale, shift: token_stride is that of groups
    float eps = 1e-6f;
    RowTarget out{};                // may be x
    float* row_scale = nullptr;
};

/// q_out = rotate(norm(q)), k_out = rotate(norm(k)), v_out = v, k_plain = norm(k), with norm(x) = x / sqrt(mean(x^2) + eps) * weight over all
/// channels and rotate(even, odd) = (even cos - odd sin, odd cos + even sin) on neighbouring channels. k_out and v_out usually lie in
/// the context cache behind earlier tokens' keys and values; k_plain is what the cache remembers when positions may still change.
/// A weight that is null leaves its rows as they are and only turns them: remembered keys at their new positions.
struct NormedRope {
    Scalar type = Scalar::f32;
    std::int64_t batch = 0, tokens = 0, width = 0;
    RowView q{}, k{}, v{};                                // one that is null is left out, and its outputs with it
    const void *q_weight = nullptr, *k_weight = nullptr;  // [width]; null: not normalised
    float eps = 1e-5f;
    const float *cos = nullptr, *sin = nullptr;           // [tokens, width], the same for both channels of a pair; both null: no rotation
    std::int64_t table_batch_stride = 0;                  // 0: all streams of the batch turn alike
    RowTarget q_out{}, k_out{}, v_out{};
    RowTarget k_plain{};                                  // null: not wanted
};

/// x = x + gate * (y + bias), in place. gate is [batch, groups, width], as in ModulatedNorm.
struct GatedAdd {
    Scalar type = Scalar::f32;
    std::int64_t batch = 0, tokens = 0, width = 0, groups = 1;
    RowTarget x{};
    RowView y{};
    const void* bias = nullptr;  // [width]; null: none
    RowView gate{};              // null: 1
};

enum class Activation : std::uint8_t { none, gelu_tanh };

/// out = activation(x + bias), gelu_tanh(x) = x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). x is [rows, width].
struct ActivateRows {
    Scalar type = Scalar::f32;
    std::int64_t rows = 0, width = 0;
    const void* x = nullptr;
    std::int64_t x_stride = 0;
    const void* bias = nullptr;  // [width]; null: none
    Activation activation = Activation::none;
    void* out = nullptr;         // may be x
    std::int64_t out_stride = 0;
    float* row_scale = nullptr;
};

/// What every implementation refuses; null: nothing.
Refusal check(const ModulatedNorm& work) noexcept;
Refusal check(const NormedRope& work) noexcept;
Refusal check(const GatedAdd& work) noexcept;
Refusal check(const ActivateRows& work) noexcept;

}  // namespace mirrorme::kernels

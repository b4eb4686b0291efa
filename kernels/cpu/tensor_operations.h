#pragma once
// The CPU's tensor operations behind the table, and its scalar types; meanings in kernels/include/tensor_operations.h.

#include <cmath>
#include <cstdint>

#include "kernels/include/tensor_operations.h"

namespace mirrorme::kernels::cpu {

Refusal modulated_norm(const ModulatedNorm& work, Stream stream) noexcept;
Refusal normed_rope(const NormedRope& work, Stream stream) noexcept;
Refusal gated_add(const GatedAdd& work, Stream stream) noexcept;
Refusal activate_rows(const ActivateRows& work, Stream stream) noexcept;
Refusal pixel_norm(const PixelNorm& work, Stream stream) noexcept;
Refusal depth_to_space(const DepthToSpace& work, Stream stream) noexcept;
Refusal finish_pixels(const FinishPixels& work, Stream stream) noexcept;
Refusal normal_noise(const NormalNoise& work, Stream stream) noexcept;

struct BrainFloat {
    std::uint16_t bits;
};
struct HalfFloat {
    std::uint16_t bits;
};
inline float widen(float x) { return x; }
inline float widen(BrainFloat x) { return from_bf16(x.bits); }
inline float widen(HalfFloat x) { return from_f16(x.bits); }
template <typename T>
T narrow(float x);
template <>
inline float narrow<float>(float x) { return x; }
template <>
inline BrainFloat narrow<BrainFloat>(float x) { return {to_bf16(x)}; }
template <>
inline HalfFloat narrow<HalfFloat>(float x) { return {to_f16(x)}; }

/// Calls work(T{}) with the type that `type` names.
template <typename Work>
void with_type(Scalar type, Work work) {
    switch (type) {
        case Scalar::f32: return work(float{});
        case Scalar::bf16: return work(BrainFloat{});
        case Scalar::f16: return work(HalfFloat{});
    }
}

/// Row (b, n) of a view; T is const for inputs.
template <typename T>
const T* row_of(const RowView& rows, std::int64_t b, std::int64_t n) {
    return static_cast<const T*>(rows.at) + b * rows.batch_stride + n * rows.token_stride;
}
template <typename T>
T* row_of(const RowTarget& rows, std::int64_t b, std::int64_t n) {
    return static_cast<T*>(rows.at) + b * rows.batch_stride + n * rows.token_stride;
}

/// 1 / sqrt(mean(x^2) + eps); the sum is double, so that the reference does not depend on an order.
template <typename T>
float inverse_rms(const T* x, std::int64_t width, float eps) {
    double sum = 0;
    for (std::int64_t c = 0; c < width; ++c) sum += static_cast<double>(widen(x[c])) * static_cast<double>(widen(x[c]));
    return static_cast<float>(1 / std::sqrt(sum / static_cast<double>(width) + static_cast<double>(eps)));
}

}  // namespace mirrorme::kernels::cpu

#pragma once
// IEEE 754 binary16, in software: files are read and written on machines with and without F16C.

#include <bit>
#include <cstdint>

namespace mirrorme {

/// Rounded to nearest even; beyond 65504 becomes infinity.
constexpr std::uint16_t to_half(float value) noexcept {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const std::uint32_t sign = (bits >> 16) & 0x8000u, size = bits & 0x7FFFFFFFu;
    if (size >= 0x7F800000u) return static_cast<std::uint16_t>(sign | (size > 0x7F800000u ? 0x7E00u : 0x7C00u));
    if (size >= 0x477FF000u) return static_cast<std::uint16_t>(sign | 0x7C00u);
    if (size < 0x33000001u) return static_cast<std::uint16_t>(sign);  // below half of the smallest
    std::uint32_t mantissa = 0, shift = 13;
    std::uint32_t half = 0;
    if (size < 0x38800000u) {  // subnormal
        const std::uint32_t exponent = size >> 23;
        mantissa = (size & 0x7FFFFFu) | 0x800000u;
        shift = 126 - exponent;
        half = mantissa >> shift;
    } else {
        mantissa = size - 0x38000000u;
        half = mantissa >> shift;
    }
    const std::uint32_t rest = mantissa & ((1u << shift) - 1), middle = 1u << (shift - 1);
    if (rest > middle || (rest == middle && (half & 1u) != 0)) ++half;
    return static_cast<std::uint16_t>(sign | half);
}

constexpr float from_half(std::uint16_t half) noexcept {
    const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000u) << 16;
    const std::uint32_t exponent = (half >> 10) & 0x1Fu, mantissa = half & 0x3FFu;
    if (exponent == 0) {
        const float size = static_cast<float>(mantissa) * 0x1.0p-24f;
        return sign != 0 ? -size : size;
    }
    const std::uint32_t wide = exponent == 31 ? 0x7F800000u : (exponent + 112) << 23;
    return std::bit_cast<float>(sign | wide | (mantissa << 13));
}

}  // namespace mirrorme

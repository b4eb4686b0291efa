#pragma once
// Numbers of 8 and 16 bits as they lie in memory, on any processor: bfloat16, IEEE half, and e4m3 of 8 bits (no infinity, largest 448;
// OCP 8-bit floating point specification 1.0). Rounding is to nearest, ties to even. Pure functions.

#include <bit>
#include <cstdint>

namespace mirrorme::kernels {

enum class Scalar : std::uint8_t { f32, bf16, f16 };
constexpr int bytes_of(Scalar type) { return type == Scalar::f32 ? 4 : 2; }

inline constexpr float kLargestE4m3 = 448;

inline float from_bf16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
inline std::uint16_t to_bf16(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value);
    if ((bits & 0x7FFFFFFFu) > 0x7F800000u) return 0x7FFF;  // NaN, as the device writes it
    return static_cast<std::uint16_t>((bits + 0x7FFFu + (bits >> 16 & 1)) >> 16);
}

/// Magnitude of a finite value with `mantissa` stored bits and exponent bias `bias`; what is too large comes out larger than any finite code.
inline std::uint32_t round_magnitude(float value, int mantissa, int bias) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value) & 0x7FFFFFFFu;
    const int exponent = static_cast<int>(bits >> 23) - 127, smallest = 1 - bias;  // float subnormals are below anything here
    const int shift = 23 - mantissa + (exponent < smallest ? smallest - exponent : 0);
    if (shift > 24) return 0;
    const std::uint32_t significand = (bits & 0x7FFFFFu) | 0x800000u;
    const std::uint32_t rounded = (significand + (1u << (shift - 1)) - 1 + (significand >> shift & 1)) >> shift;
    if (exponent < smallest) return rounded;  // a carry makes it the smallest normal number, which is its code
    return rounded + (static_cast<std::uint32_t>(exponent + bias - 1) << mantissa);
}

inline std::uint16_t to_f16(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) return 0x7FFF;
    const std::uint32_t code = magnitude == 0x7F800000u ? 0x7C00u : round_magnitude(value, 10, 15);
    return static_cast<std::uint16_t>(sign | (code > 0x7C00u ? 0x7C00u : code));
}
inline float from_f16(std::uint16_t bits) {
    const std::uint32_t sign = std::uint32_t{bits & 0x8000u} << 16, exponent = bits >> 10 & 31u, mantissa = bits & 0x3FFu;
    if (exponent == 31) return std::bit_cast<float>(sign | 0x7F800000u | mantissa << 13);
    if (exponent == 0) return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(static_cast<float>(mantissa) * 0x1p-24f));
    return std::bit_cast<float>(sign | (exponent + 112) << 23 | mantissa << 13);
}

/// Too large and infinite become 448 with their sign.
inline std::uint8_t to_e4m3(float value) {
    const std::uint32_t bits = std::bit_cast<std::uint32_t>(value), sign = bits >> 24 & 0x80u, magnitude = bits & 0x7FFFFFFFu;
    if (magnitude > 0x7F800000u) return 0x7F;
    const std::uint32_t code = magnitude == 0x7F800000u ? 0x7Eu : round_magnitude(value, 3, 7);
    return static_cast<std::uint8_t>(sign | (code > 0x7Eu ? 0x7Eu : code));
}
inline float from_e4m3(std::uint8_t bits) {
    const std::uint32_t exponent = bits >> 3 & 15u, mantissa = bits & 7u;
    if ((bits & 0x7F) == 0x7F) return std::bit_cast<float>(0x7FC00000u);
    const float magnitude = exponent == 0 ? static_cast<float>(mantissa) * 0x1p-9f : std::bit_cast<float>((exponent + 120) << 23 | mantissa << 20);
    return bits & 0x80 ? -magnitude : magnitude;
}

}  // namespace mirrorme::kernels

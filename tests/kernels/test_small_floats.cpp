#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "kernels/include/small_floats.h"

using namespace mirrorme::kernels;

namespace {

struct Format {
    int exponent_bits, mantissa, bias;
    bool infinite;  // has infinities; otherwise only all ones is NaN
};
constexpr Format kHalf{5, 10, 15, true}, kBrain{8, 7, 127, true}, kEight{4, 3, 7, false};

/// The value a code stands for, from the definition.
double value_of(unsigned code, const Format& f) {
    const int width = 1 + f.exponent_bits + f.mantissa;
    const unsigned mantissa = code & ((1u << f.mantissa) - 1), exponent = code >> f.mantissa & ((1u << f.exponent_bits) - 1);
    const double sign = code >> (width - 1) & 1 ? -1 : 1;
    const bool top = exponent == (1u << f.exponent_bits) - 1;
    if (top && f.infinite) return mantissa == 0 ? sign * INFINITY : NAN;
    if (top && mantissa == (1u << f.mantissa) - 1) return NAN;
    if (exponent == 0) return sign * std::ldexp(mantissa, 1 - f.bias - f.mantissa);
    return sign * std::ldexp((1u << f.mantissa) + mantissa, static_cast<int>(exponent) - f.bias - f.mantissa);
}

template <typename From, typename To>
void check_codes(const Format& format, From from, To to) {
    const unsigned codes = 1u << (1 + format.exponent_bits + format.mantissa);
    for (unsigned code = 0; code < codes; ++code) {
        using Code = decltype(to(0.0f));
        const double want = value_of(code, format);
        const float got = from(static_cast<Code>(code));
        if (std::isnan(want)) {
            if (!std::isnan(got) || !std::isnan(from(to(got)))) FAIL_CHECK("NaN " << code);
            continue;
        }
        if (static_cast<double>(got) != want || to(got) != code) FAIL_CHECK("code " << code << " is " << got << ", must be " << want);
        // Just under, at and above the middle to the next larger magnitude: a tie goes to the even code.
        const double next = value_of(code + 1, format);
        if ((code + 1) % (codes / 2) == 0 || !std::isfinite(want) || !std::isfinite(next)) continue;
        const float middle = static_cast<float>((want + next) / 2);
        if (static_cast<double>(middle) != (want + next) / 2) continue;  // below what a float can say
        const unsigned even = code % 2 == 0 ? code : code + 1;
        if (to(middle) != even || to(std::nextafter(middle, static_cast<float>(want))) != code ||
            to(std::nextafter(middle, static_cast<float>(next))) != code + 1)
            FAIL_CHECK("rounding about code " << code);
    }
}

}  // namespace

TEST_CASE("every code of the small floats is read and written as defined, and rounding is to nearest even") {
    check_codes(kHalf, from_f16, to_f16);
    check_codes(kBrain, from_bf16, to_bf16);
    check_codes(kEight, from_e4m3, to_e4m3);
}

TEST_CASE("what is too large for a small float") {
    CHECK(to_f16(65519.0f) == 0x7BFF);
    CHECK(to_f16(65520.0f) == 0x7C00);
    CHECK(to_f16(-1e9f) == 0xFC00);
    CHECK(to_bf16(3.4e38f) == 0x7F80);
    CHECK(from_e4m3(to_e4m3(464.0f)) == 448);
    CHECK(from_e4m3(to_e4m3(1e30f)) == 448);
    CHECK(from_e4m3(to_e4m3(-INFINITY)) == -448);
    CHECK(to_e4m3(0x1p-10f) == 0);
    CHECK(to_e4m3(0x1.002p-10f) == 1);
}

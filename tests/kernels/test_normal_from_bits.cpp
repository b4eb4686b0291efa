#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include "kernels/include/normal_from_bits.h"

using namespace mirrorme::kernels;

namespace {

constexpr double kUlp = std::numeric_limits<double>::epsilon();

bool within_ulps(double got, double want, double ulps) { return std::abs(got - want) <= ulps * kUlp * std::abs(want); }

void check(std::uint32_t bits) {
    const double log = -2 * std::log((bits + 1.0) * 0x1p-32), angle = bits * 0x1p-32 * 2 * std::numbers::pi;
    const exact::Direction d = exact::direction(bits);
    if (!within_ulps(exact::minus_two_log(bits), log, 2)) FAIL_CHECK("-2 log of " << bits);
    if (!within_ulps(d.cosine, std::cos(angle), 2)) FAIL_CHECK("cosine of " << bits);
    if (!within_ulps(d.sine, std::sin(angle), 2)) FAIL_CHECK("sine of " << bits);
}

}  // namespace

TEST_CASE("the polynomials are the library's functions to 2 ulp, also where they are nearly zero") {
    for (std::uint64_t eighth = 0; eighth <= 8; ++eighth)  // the quarters' middles, where a cosine is 1e-17, and the edges of the reduction
        for (int near = -300; near <= 300; ++near) check(static_cast<std::uint32_t>((eighth << 29) + static_cast<std::uint64_t>(near)));
    for (int power = 0; power < 32; ++power)
        for (int near = -3; near <= 3; ++near) check((1u << power) + static_cast<std::uint32_t>(near));
    std::mt19937 random(3);
    for (int i = 0; i < 200000; ++i) check(static_cast<std::uint32_t>(random()));
    CHECK(exact::minus_two_log(0xFFFFFFFFu) == 0);  // u = 1
    CHECK(exact::direction(0).sine == 0);
    CHECK(exact::direction(0).cosine == 1);
}

TEST_CASE("Philox gives the numbers its authors publish") {
    const exact::Counter zeros = exact::philox({{0, 0, 0, 0}}, 0, 0), ones = exact::philox({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u);
    CHECK(zeros.word[0] == 0x6627e8d5u);
    CHECK(zeros.word[3] == 0x9b00dbd8u);
    CHECK(ones.word[0] == 0x408f276du);
    CHECK(ones.word[3] == 0x6d5451fdu);
}

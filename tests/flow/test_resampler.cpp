#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cmath>
#include <numbers>
#include <vector>

#include "audio/resampler.h"
#include "core/error.h"

using namespace mirrorme;

namespace {

/// Output n of a sine of `hz` at `in` samples a second.
double resampled_sine(const Resampler& resampler, double in, double hz, SampleIndex n) {
    const SampleSpan support = resampler.support(n);
    std::vector<float> input;
    for (SampleIndex i = support.first; i < support.end; ++i) input.push_back(static_cast<float>(std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / in)));
    return resampler.at(n, input.data());
}

}  // namespace

TEST_CASE("tones in the pass band keep level and phase at any rate", "[resampler]") {
    const auto in = GENERATE(8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 192000);
    const Resampler resampler({in, 1}, {16000, 1});
    for (const double hz : {0.0, 100.0, 1000.0, 3360.0}) {  // 3360 Hz = 0.84 of 4 kHz
        double worst = 0;
        for (SampleIndex n = 1000; n < 1400; ++n) {
            const double expected = std::sin(2 * std::numbers::pi * hz * static_cast<double>(n) / 16000);
            worst = std::max(worst, std::abs(resampled_sine(resampler, in, hz, n) - expected));
        }
        INFO(in << " Hz, tone " << hz);
        CHECK(worst < 1e-3);
    }
}

TEST_CASE("what the model's rate cannot carry is gone", "[resampler]") {
    const Resampler resampler({48000, 1}, {16000, 1});
    for (const double hz : {8050.0, 9000.0, 12000.0, 17000.0, 23000.0}) {
        double worst = 0;
        for (SampleIndex n = 1000; n < 1400; ++n) worst = std::max(worst, std::abs(resampled_sine(resampler, 48000, hz, n)));
        INFO(hz);
        CHECK(worst < 1.5e-4);
    }
}

TEST_CASE("the same rate passes bit for bit", "[resampler]") {
    const Resampler resampler({16000, 1}, {16000, 1});
    const float x = 0.123f;
    CHECK(resampler.at(77, &x) == x);
    CHECK(resampler.support(77) == SampleSpan{77, 78});
    CHECK(resampler.complete_outputs(10) == 10);
}

TEST_CASE("complete_outputs is exactly how far the input reaches", "[resampler]") {
    const auto in = GENERATE(Rational{8000, 1}, Rational{44100, 1}, Rational{48000, 1}, Rational{47999, 1});
    const Resampler resampler(in, {16000, 1});
    for (SampleIndex end = -10; end < 3000; end += 7) {
        const SampleIndex n = resampler.complete_outputs(end);
        CHECK(resampler.support(n - 1).end <= end);
        CHECK(resampler.support(n).end > end);
    }
}

TEST_CASE("impossible rates are refused", "[resampler]") {
    CHECK_THROWS_AS(Resampler({0, 1}, {16000, 1}), Error);
    CHECK_THROWS_AS(Resampler({100, 1}, {16000, 1}), Error);
    CHECK_THROWS_AS(Resampler({44100001, 1000}, {16000, 1}), Error);
}

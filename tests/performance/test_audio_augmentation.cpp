// Treated sound keeps its length, its time and its bounds.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "performance/performances.h"
#include "train/performance/audio_augmentation.h"
#include "train/performance/audio_effects.h"

using namespace mirrorme;

namespace {

double product(const std::vector<float>& a, const std::vector<float>& b, int lag) {
    double sum = 0;
    for (std::size_t i = 100; i + 100 < a.size(); ++i) sum += static_cast<double>(a[i]) * b[static_cast<std::size_t>(static_cast<int>(i) + lag)];
    return sum;
}

double level_at(const std::vector<float>& audio, double hz) {
    double re = 0, im = 0;
    for (std::size_t i = 0; i < audio.size(); ++i) {
        re += audio[i] * std::cos(2 * std::numbers::pi * hz * static_cast<double>(i) / 16000);
        im += audio[i] * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / 16000);
    }
    return std::hypot(re, im) * 2 / static_cast<double>(audio.size());
}

std::vector<float> sine(double hz, float size) {
    std::vector<float> x(16000);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = size * static_cast<float>(std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / 16000));
    return x;
}

}  // namespace

TEST_CASE("treatment keeps length, time and bounds, and repeats", "[performance]") {
    PerformanceOptions options;
    options.speech_share = 1;
    const std::vector<float> clean = mirrorme::testing::generator().make(1, options).audio_16k;
    REQUIRE(rms_of(clean) > 0.01);
    int changed = 0, in_time = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        std::vector<float> treated = clean, again = clean;
        augment_audio(treated, seed, 0.8f);
        augment_audio(again, seed, 0.8f);
        CHECK(treated == again);
        CHECK(treated.size() == clean.size());
        CHECK(std::all_of(treated.begin(), treated.end(), [](float s) { return std::abs(s) <= 1 && std::isfinite(s); }));
        changed += treated != clean;
        int best = 0;
        for (int lag = -60; lag <= 60; ++lag) {
            if (product(clean, treated, lag) > product(clean, treated, best)) best = lag;
        }
        in_time += std::abs(best) <= 16;
    }
    CHECK(changed > 50);
    CHECK(in_time >= 57);  // a filter that turns the phases of a periodic voice may make another period fit better
    std::vector<float> untouched = clean;
    augment_audio(untouched, 5, 0);
    CHECK(untouched == clean);
    std::vector<float> empty;
    augment_audio(empty, 5, 1);
    CHECK(empty.empty());
}

TEST_CASE("silence may be treated too", "[performance]") {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        std::vector<float> silence(16000, 0.0f);
        augment_audio(silence, seed, 1);
        CHECK(std::all_of(silence.begin(), silence.end(), [](float s) { return std::abs(s) <= 1 && std::isfinite(s); }));
        CHECK(rms_of(silence) < 0.12);
    }
}

TEST_CASE("filters, clipping and coding do what their names say", "[performance]") {
    std::vector<float> low = sine(200, 0.5f), high = sine(6000, 0.5f);
    Biquad::low_pass(2000, 0.7).apply(low);
    Biquad::low_pass(2000, 0.7).apply(high);
    CHECK(std::abs(level_at(low, 200) - 0.5) < 0.02);
    CHECK(level_at(high, 6000) < 0.04);
    std::vector<float> boosted = sine(1000, 0.1f);
    Biquad::peak(1000, 1, 6).apply(boosted);
    CHECK(std::abs(level_at(boosted, 1000) / 0.1 - 2) < 0.05);

    std::vector<float> loud = sine(300, 0.9f);
    clip(loud, 0.5f);
    CHECK(*std::max_element(loud.begin(), loud.end()) <= 0.5f);
    std::vector<float> coded = sine(300, 0.5f);
    const std::vector<float> before = coded;
    code_mu_law(coded);
    double error = 0;
    for (std::size_t i = 0; i < coded.size(); ++i) error += std::pow(coded[i] - before[i], 2);
    error = std::sqrt(error / static_cast<double>(coded.size()));
    CHECK(error < 0.02 * rms_of(before));
    CHECK(error > 0.001 * rms_of(before));
}

TEST_CASE("a room rings for as long as it was asked to", "[performance]") {
    for (const double seconds : {0.2, 0.5}) {
        std::vector<float> click(16000, 0.0f);
        click[10] = 1;
        SeededRandom random(3);
        add_room(click, seconds, 1, random);
        const auto energy = [&](double from, double to) {
            double sum = 0;
            for (auto i = static_cast<std::size_t>(from * 16000); i < static_cast<std::size_t>(to * 16000); ++i) sum += click[i] * click[i];
            return sum;
        };
        const double fall_db = 10 * std::log10(energy(0.03, 0.06) / (energy(0.03 + seconds / 2, 0.06 + seconds / 2) + 1e-30));
        CHECK(fall_db > 20);   // 30 dB in half the time, more where walls are soft
        CHECK(fall_db < 60);
        CHECK(energy(0.02, 0.1) > 1e-3);
    }
}

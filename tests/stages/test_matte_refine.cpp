// An estimated matte drawn to the picture's own edges.
#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include "codec/motion/matte_refine.h"

namespace mirrorme {
namespace {

constexpr kernels::Size kSize{96, 128};
constexpr std::size_t kPixels = 96 * 128;

/// 1 inside an ellipse about (cx, cy), 0 outside, the edge `soft` pixels wide.
std::vector<float> ellipse(float cx, float cy, float rx, float ry, float soft) {
    std::vector<float> out;
    for (int y = 0; y < kSize.height; ++y)
        for (int x = 0; x < kSize.width; ++x) {
            const float d = (1 - std::hypot((static_cast<float>(x) - cx) / rx, (static_cast<float>(y) - cy) / ry)) * std::min(rx, ry);
            out.push_back(std::clamp(0.5f + d / soft, 0.0f, 1.0f));
        }
    return out;
}

/// A person of two colours before a striped wall, with noise.
std::vector<float> picture_of(const std::vector<float>& truth) {
    std::vector<float> rgba;
    std::uint32_t dice = 1;
    for (std::size_t i = 0; i < truth.size(); ++i) {
        const bool shirt = i / 96 > 70, stripe = i / 8 % 2 == 0;
        const float person[3]{shirt ? 0.2f : 0.8f, shirt ? 0.3f : 0.6f, 0.5f}, wall[3]{0.3f, stripe ? 0.7f : 0.6f, stripe ? 0.3f : 0.2f};
        for (std::size_t c = 0; c < 3; ++c) {
            dice = dice * 1664525u + 1013904223u;
            rgba.push_back(wall[c] + truth[i] * (person[c] - wall[c]) + (static_cast<float>(dice >> 16) / 65536.0f - 0.5f) * 0.02f);
        }
        rgba.push_back(1);
    }
    return rgba;
}

double distance(const std::vector<float>& a, const std::vector<float>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    return sum;
}

TEST_CASE("a matte that is soft and a little beside the person is drawn to the person's edge") {
    const std::vector<float> truth = ellipse(48, 64, 26, 44, 1.5f), guess = ellipse(51, 61, 25, 46, 14);
    const std::vector<float> refined = refine_matte(picture_of(truth).data(), guess.data(), kSize);
    CAPTURE(distance(guess, truth), distance(refined, truth));
    CHECK(distance(refined, truth) < distance(guess, truth) / 4);
}

TEST_CASE("where person and wall look the same the estimate stands") {
    const std::vector<float> guess = ellipse(48, 64, 26, 44, 6);
    const std::vector<float> refined = refine_matte(std::vector<float>(4 * kPixels, 0.5f).data(), guess.data(), kSize);
    for (std::size_t i = 0; i < kPixels; ++i)
        if (guess[i] < 0.2f || guess[i] > 0.8f) REQUIRE(refined[i] == (guess[i] > 0.5f ? 1.0f : 0.0f));
}

TEST_CASE("a person is one piece: eyes of the wall's colour stay, shirts on the wall go, a gap the net has seen stays") {
    const std::vector<float> person = ellipse(48, 64, 26, 44, 1.5f), eye = ellipse(40, 50, 3, 3, 1), shirt = ellipse(8, 110, 4, 4, 1), gap = ellipse(60, 80, 4, 4, 1);
    std::vector<float> truth = person;
    for (std::size_t i = 0; i < kPixels; ++i) truth[i] -= gap[i];
    std::vector<float> shown = truth, guess = ellipse(49, 63, 25, 44, 8);
    for (std::size_t i = 0; i < kPixels; ++i) {
        shown[i] = std::clamp(truth[i] - eye[i] + shirt[i], 0.0f, 1.0f);
        guess[i] = std::clamp(guess[i] - 0.97f * gap[i] + 0.3f * shirt[i], 0.0f, 1.0f);
    }
    const std::vector<float> refined = refine_matte(picture_of(shown).data(), guess.data(), kSize);
    const auto at = [&](int x, int y) { return refined[static_cast<std::size_t>(y * 96 + x)]; };
    CHECK(at(40, 50) == 1);
    CHECK(at(8, 110) == 0);
    CHECK(at(60, 80) == 0);
}

TEST_CASE("pictures of any size, nobody and everybody: finite, and nobody stays nobody") {
    for (const kernels::Size size : {kernels::Size{1, 1}, {3, 2}, {2, 40}, {64, 5}}) {
        const auto pixels = static_cast<std::size_t>(size.width * size.height);
        std::vector<float> rgba(4 * pixels, 0.25f);
        for (std::size_t i = 0; i < rgba.size(); i += 7) rgba[i] = 1;
        for (const float value : {0.0f, 1.0f}) {
            const std::vector<float> refined = refine_matte(rgba.data(), std::vector<float>(pixels, value).data(), size);
            REQUIRE(refined.size() == pixels);
            for (const float m : refined) CHECK(m == value);
        }
    }
}

}  // namespace
}  // namespace mirrorme

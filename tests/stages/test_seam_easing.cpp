// Head and torso over the seams between latents: jerks are spread, smooth motion and everything else stays as it is.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "codec/motion/seam_easing.h"

using namespace mirrorme;

namespace {

constexpr std::size_t kFrames = 4, kLatents = 12;

/// Every number of every part is `course` of the frame's number.
std::vector<MotionValues> moving(const std::function<float(int)>& course) {
    std::vector<MotionValues> values(kFrames * kLatents);
    for (std::size_t f = 0; f < values.size(); ++f)
        for (int part = 0; part < kPartCount; ++part)
            values[f].parts[static_cast<std::size_t>(part)].assign(static_cast<std::size_t>(value_count(static_cast<Part>(part))), course(static_cast<int>(f)));
    return values;
}

std::vector<MotionValues> eased(std::vector<MotionValues> values) {
    SeamEasing easing;
    for (std::size_t f = 0; f < values.size(); f += kFrames) easing.apply(std::span(values).subspan(f, kFrames));
    return values;
}

float of(const std::vector<MotionValues>& values, std::size_t frame, Part part) { return values[frame].parts[static_cast<std::size_t>(part)].back(); }

/// The largest change of speed from one frame to the next.
float roughest(const std::vector<MotionValues>& values, Part part) {
    float most = 0;
    for (std::size_t f = 2; f < values.size(); ++f) most = std::max(most, std::abs(of(values, f, part) - 2 * of(values, f - 1, part) + of(values, f - 2, part)));
    return most;
}

}  // namespace

TEST_CASE("smooth motion over a seam stays as it is, steady or quickening") {
    for (const auto& course : {+[](int f) { return 0.25f * static_cast<float>(f); }, +[](int f) { return 0.01f * static_cast<float>(f * f); }}) {
        const auto before = moving(course), after = eased(before);
        for (std::size_t f = 0; f < before.size(); ++f)
            for (const Part part : {Part::head, Part::torso}) CHECK(std::abs(of(after, f, part) - of(before, f, part)) < 1e-5f);
    }
}

TEST_CASE("a jerk at each seam is spread over the latent, and nothing lags at its end") {
    // Steady motion, and each latent a little off by its own error.
    const auto off = [](int f) { return 0.1f * static_cast<float>(f) + 0.5f * static_cast<float>((f / 4 * 7) % 5 - 2); };
    const auto before = moving(off), after = eased(before);
    for (const Part part : {Part::head, Part::torso}) {
        CHECK(roughest(before, part) > 0.9f);
        CHECK(roughest(after, part) < 0.6f * roughest(before, part));
        for (std::size_t f = kFrames - 1; f < before.size(); f += kFrames) CHECK(of(after, f, part) == of(before, f, part));
    }
    for (const Part part : {Part::mouth, Part::eyes, Part::left_hand, Part::right_hand})
        for (std::size_t f = 0; f < before.size(); ++f) CHECK(of(after, f, part) == of(before, f, part));
}

#include "train/motion_metrics.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>

using namespace mirrorme;
using Catch::Matchers::WithinAbs;

namespace {

constexpr double kPi = 3.14159265;

/// Mouth opens and shuts with a rhythm of its own; eyes blink twice; the head sways.
MotionTrack speak(double rhythm, int frames = 120, double late = 0) {
    MotionTrack track(static_cast<std::size_t>(frames));
    for (int i = 0; i < frames; ++i) {
        KeyPointFrame& f = track[static_cast<std::size_t>(i)];
        const float open = 0.15f * std::max(0.0f, static_cast<float>(std::sin(2 * kPi * rhythm * (i - late) / 24)));
        for (int p = 0; p < point::kInnerLipsCount; ++p) f.points[static_cast<std::size_t>(point::kInnerLips + p)] = {0, p > 4 ? open : 0, 1};
        f.points[point::kOuterLips] = {-0.3f + 0.2f * open, 0, 1};
        f.points[point::kOuterLips + 6] = {0.3f - 0.2f * open, 0, 1};
        f[Scalar::lid_right] = f[Scalar::lid_left] = i % 60 < 4 ? 0.0f : 1.0f;
        f[Scalar::yaw] = static_cast<float>(5 * std::sin(0.1 * i));
    }
    return track;
}

SpokenClip clip_of(const MotionTrack& truth) {
    SpokenClip clip;
    clip.truth = truth;
    for (const KeyPointFrame& f : truth) {
        clip.loudness.push_back(lip_opening(f));
        clip.silent.push_back(lip_opening(f) < 0.01f);
    }
    clip.closures = {{13, 15}};
    return clip;
}

}  // namespace

TEST_CASE("the truth itself scores full marks, another clip's does not") {
    const std::vector<MotionTrack> truths{speak(0.8), speak(1.3), speak(2.1)};
    std::vector<SpokenClip> clips;
    for (const auto& t : truths) clips.push_back(clip_of(t));
    const MotionFigures figures = measure_motion(clips, truths);
    CHECK_THAT(figures.generated.opening, WithinAbs(1, 1e-6));
    CHECK_THAT(figures.generated.width, WithinAbs(1, 1e-6));
    CHECK(figures.generated.lag == 0);
    CHECK_THAT(figures.loudness_opening, WithinAbs(1, 1e-6));
    CHECK(figures.shuffled.opening < 0.4);
    CHECK_THAT(figures.opening_amplitude, WithinAbs(1, 1e-6));
    CHECK_THAT(figures.head_energy, WithinAbs(1, 1e-6));
    CHECK_THAT(figures.blinks, WithinAbs(1, 1e-6));
    CHECK(figures.closed_in_silence == 1);
    CHECK(figures.truth_closed_in_silence == 1);
}

TEST_CASE("hands are measured in widths of a hand, where the truth shows one") {
    MotionTrack truth = speak(1.1), track;
    constexpr float kPalm = 0.5f, kWidth = 0.66f * kPalm;  // face units
    for (KeyPointFrame& f : truth) {
        f.points[point::kShoulders] = {-1.5f, 2, 1}, f.points[point::kShoulders + 1] = {1.5f, 2, 1};
        for (int p = point::kWrist; p < point::kHandCount; ++p) f.points[static_cast<std::size_t>(point::kLeftHand + p)] = {1, p == point::kWrist ? 1.0f : 1 - kPalm, 1};
    }
    track = truth;
    for (KeyPointFrame& f : track)
        for (int p = 0; p < point::kHandCount; ++p) f.points[static_cast<std::size_t>(point::kLeftHand + p)].x += kWidth, f.points[static_cast<std::size_t>(point::kRightHand + p)].x += 9;
    const MotionFigures figures = measure_motion({clip_of(truth)}, {track});
    CHECK_THAT(figures.hand_error_widths, WithinAbs(1, 1e-4));
    CHECK_THAT(figures.hand_error, WithinAbs(kWidth / 1.5, 1e-4));
}

TEST_CASE("a clip in which nobody speaks takes nothing from correlations") {
    MotionTrack silent = speak(0.8);
    for (auto& f : silent) f.points = silent[15].points;
    const MotionFigures figures = measure_motion({clip_of(speak(0.8)), clip_of(silent)}, {speak(0.8), silent});
    CHECK_THAT(figures.generated.opening, WithinAbs(1, 1e-6));
    CHECK_THAT(figures.generated.width, WithinAbs(1, 1e-6));
    CHECK_THAT(figures.loudness_opening, WithinAbs(1, 1e-6));
    CHECK(measure_motion({clip_of(silent)}, {speak(0.8)}).generated.opening == 0);
}

TEST_CASE("a late mouth is seen as late") {
    std::vector<SpokenClip> clips{clip_of(speak(0.8)), clip_of(speak(1.3))};
    const MotionFigures figures = measure_motion(clips, {speak(0.8, 120, 3), speak(1.3, 120, 3)});
    CHECK(figures.generated.lag == 3);
    CHECK(figures.generated.opening < 0.9);
}

TEST_CASE("a mouth held still, a mouth held open and a still head score as such") {
    std::vector<SpokenClip> clips{clip_of(speak(0.8))};
    MotionTrack still = speak(0.8);
    for (auto& f : still) f = still[15];
    for (auto& f : still)
        for (int p = 5; p < 8; ++p) f.points[static_cast<std::size_t>(point::kInnerLips + p)].y = 0.1f;
    const MotionFigures figures = measure_motion(clips, {still});
    CHECK(figures.generated.opening == 0);
    CHECK(figures.closed_in_silence == 0);
    CHECK(figures.closed_on_closures == 0);
    CHECK(figures.truth_closed_on_closures == 1);
    CHECK(figures.head_energy == 0);
    CHECK(figures.blinks == 0);
}

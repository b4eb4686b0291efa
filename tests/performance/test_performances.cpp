// Mouths that follow sounds, bodies that live, and the promises of performance_generator.h.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <vector>

#include "core/error.h"
#include "performance/performances.h"
#include "train/performance/gestures.h"
#include "train/performance/mouth_track.h"

using namespace mirrorme;
using mirrorme::testing::generator;
using mirrorme::testing::of_frames;

namespace {

double seconds(std::int64_t sample) { return static_cast<double>(sample) / kSpeechRate; }

/// A frame within one frame of [first, end] seconds has its lips pressed shut.
bool shut_near(const Performance& p, double first, double end) {
    for (int i = 0; i < p.frames(); ++i) {
        const double t = seconds_of_frame(i);
        if (t < first - 1.0 / 24 || t > end + 1.0 / 24) continue;
        const MouthPose& mouth = p.poses[static_cast<std::size_t>(i)].mouth;
        if (mouth.opening == 0 && mouth.press > 0) return true;
    }
    return false;
}

/// Sound of each frame, over a window around its time.
std::vector<double> loudness(const Performance& p) {
    std::vector<double> level;
    for (int i = 0; i < p.frames(); ++i) {
        const std::int64_t middle = kPerformanceClock.first_sample(i), reach = 333;
        double energy = 0;
        for (std::int64_t k = std::max<std::int64_t>(middle - reach, 0); k < std::min<std::int64_t>(middle + reach, static_cast<std::int64_t>(p.audio_16k.size())); ++k) {
            energy += std::pow(p.audio_16k[static_cast<std::size_t>(k)], 2);
        }
        level.push_back(std::sqrt(energy / (2 * reach)));
    }
    return level;
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    const auto n = static_cast<double>(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        mx += x[i] / n;
        my += y[i] / n;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        xx += (x[i] - mx) * (x[i] - mx);
        yy += (y[i] - my) * (y[i] - my);
        xy += (x[i] - mx) * (y[i] - my);
    }
    return xy / std::sqrt(xx * yy + 1e-30);
}

bool inside(float value, float low, float high) { return value >= low && value <= high; }

bool in_range(const PerformerPose& p) {
    bool good = inside(p.mouth.opening, 0, 1) && inside(p.mouth.width, -1, 1) && inside(p.mouth.rounding, 0, 1) && inside(p.mouth.press, 0, 1) &&
                inside(p.mouth.teeth, 0, 1) && inside(p.mouth.tongue, 0, 1) && inside(p.mouth.smile, -1, 1);
    good = good && inside(p.eyes.lid_left, 0, 1.3f) && inside(p.eyes.lid_right, 0, 1.3f) && inside(p.eyes.gaze_x, -1, 1) &&
           inside(p.eyes.gaze_y, -1, 1) && inside(p.eyes.brow_left, -1, 1) && inside(p.eyes.brow_right, -1, 1) && inside(p.eyes.frown, 0, 1);
    good = good && inside(p.head.yaw, -25, 25) && inside(p.head.pitch, -15, 15) && inside(p.head.roll, -15, 15);
    good = good && inside(p.torso.breath, 0, 1) && inside(p.torso.raise_left, 0, 1) && inside(p.torso.raise_right, 0, 1);
    for (const ArmPose* arm : {&p.right_arm, &p.left_arm}) {
        good = good && inside(arm->raised, 0, 1) && inside(arm->palm, -1, 1) && inside(arm->spread, 0, 1);
        for (const float curl : arm->curl) good = good && inside(curl, 0, 1);
    }
    return good;
}

bool same_pose(const PerformerPose& a, const PerformerPose& b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

}  // namespace

TEST_CASE("lips meet in every m, p and b", "[performance]") {
    int closures = 0;
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        PerformanceOptions options;
        options.frames = 120;
        options.held_out = seed % 4 == 3;
        const Performance p = generator().make(seed, options);
        for (const PhonemeSpan& span : p.phonemes) {
            if (!closes_lips(span.phone) || seconds(span.end_sample) > seconds_of_frame(p.frames() - 1)) continue;
            ++closures;
            INFO("seed " << seed << ", " << p.voice << ", " << name_of(span.phone) << " at " << seconds(span.start_sample) << " s in \"" << p.text << '"');
            CHECK(shut_near(p, seconds(span.start_sample), seconds(span.release_sample)));
        }
    }
    CHECK(closures > 200);
}

TEST_CASE("a mouth is shut in pauses and opens in vowels", "[performance]") {
    int paused = 0, open_vowels = 0, wide = 0;
    for (std::uint64_t seed = 100; seed < 140; ++seed) {
        const Performance p = generator().make(seed, {});
        for (int i = 0; i < p.frames(); ++i) {
            const double t = seconds_of_frame(i);
            const MouthPose& mouth = p.poses[static_cast<std::size_t>(i)].mouth;
            for (const PhonemeSpan& span : p.phonemes) {
                const double start = seconds(span.start_sample), end = seconds(span.end_sample);
                if (span.phone == Phone::silence && end - start > kClosedPauseSeconds && t >= start + kPauseRampSeconds && t <= end - kPauseRampSeconds) {
                    ++paused;
                    CHECK(mouth.opening == 0);
                }
                const bool open_vowel = span.phone == Phone::a || span.phone == Phone::ae;
                if (open_vowel && end - start > 0.06 && t >= start && t <= end && std::abs(t - (start + end) / 2) < 0.02) {
                    ++open_vowels;
                    wide += mouth.opening > 0.25f;
                }
            }
        }
    }
    CHECK(paused > 500);
    CHECK(open_vowels > 50);
    CHECK(wide >= open_vowels * 9 / 10);
}

TEST_CASE("the mouth moves with the sound: no lag", "[performance]") {
    std::array<double, 9> by_lag{};
    int counted = 0;
    for (std::uint64_t seed = 200; seed < 240; ++seed) {
        PerformanceOptions options;
        options.speech_share = 1;
        const Performance p = generator().make(seed, options);
        const std::vector<double> level = loudness(p);
        if (*std::max_element(level.begin(), level.end()) <= 0) continue;
        ++counted;
        for (int lag = -4; lag <= 4; ++lag) {
            std::vector<double> x, y;
            for (int i = 4; i + 4 < p.frames(); ++i) {
                x.push_back(level[static_cast<std::size_t>(i)]);
                y.push_back(p.poses[static_cast<std::size_t>(i + lag)].mouth.opening);
            }
            by_lag[static_cast<std::size_t>(lag + 4)] += correlation(x, y);
        }
    }
    REQUIRE(counted > 30);
    const auto best = std::max_element(by_lag.begin(), by_lag.end());
    CHECK(best - by_lag.begin() == 4);
    CHECK(*best / counted > 0.5);
}

TEST_CASE("sound, frames and labels fit each other", "[performance]") {
    for (const int frames : {1, 2, 95, 96, 97, 240}) {
        for (std::uint64_t seed = 0; seed < 3; ++seed) {
            PerformanceOptions options;
            options.frames = frames;
            options.augmentation = 0.5f;
            const Performance p = generator().make(seed, options);
            const auto samples = static_cast<std::int64_t>(p.audio_16k.size());
            CHECK(samples == (frames * 2000 + 2) / 3);  // 16000 / 24, rounded up
            CHECK(p.frames() == frames);
            CHECK(p.speaking.size() == p.poses.size());
            std::int64_t at = 0;
            bool ordered = true;
            for (const PhonemeSpan& span : p.phonemes) {
                ordered = ordered && span.start_sample == at && span.end_sample > at && span.release_sample >= at && span.release_sample <= span.end_sample;
                at = span.end_sample;
            }
            CHECK(ordered);
            CHECK(at == samples);
            CHECK(std::all_of(p.poses.begin(), p.poses.end(), in_range));
            CHECK(std::all_of(p.audio_16k.begin(), p.audio_16k.end(), [](float s) { return std::abs(s) <= 1; }));
        }
    }
    CHECK_THROWS_AS(generator().make(0, of_frames(0)), Error);
    CHECK_THROWS_AS(generator().make(0, of_frames(24 * 601)), Error);
}

TEST_CASE("a frame speaks exactly when it shares time with a phrase", "[performance]") {
    for (std::uint64_t seed = 300; seed < 320; ++seed) {
        const Performance p = generator().make(seed, {});
        for (int i = 0; i < p.frames(); ++i) {
            bool sounds = false, long_pause = false;
            for (const PhonemeSpan& span : p.phonemes) {
                const bool shares = seconds(span.start_sample) < seconds_of_frame(i + 1) && seconds(span.end_sample) > seconds_of_frame(i);
                sounds = sounds || (shares && span.phone != Phone::silence);
                long_pause = long_pause || (shares && span.phone == Phone::silence && seconds(span.end_sample - span.start_sample) > 0.151);
            }
            if (sounds) CHECK(p.speaking[static_cast<std::size_t>(i)] == 1);
            else if (long_pause) CHECK(p.speaking[static_cast<std::size_t>(i)] == 0);
        }
    }
}

TEST_CASE("a seed is a performance", "[performance]") {
    PerformanceOptions options;
    options.augmentation = 0.7f;
    for (const std::uint64_t seed : {1, 2, 3, 40, 500}) {
        const Performance first = generator().make(seed, options);
        generator().make(seed + 1000, {});
        const Performance second = PerformanceGenerator().make(seed, options);
        CHECK(first.audio_16k == second.audio_16k);
        CHECK(first.phonemes == second.phonemes);
        CHECK(first.gestures == second.gestures);
        CHECK(std::equal(first.poses.begin(), first.poses.end(), second.poses.begin(), same_pose));
        const Performance other = generator().make(seed + 1, options);
        CHECK_FALSE(std::equal(first.poses.begin(), first.poses.end(), other.poses.begin(), same_pose));
    }
}

TEST_CASE("who says nothing still lives", "[performance]") {
    PerformanceOptions options;
    options.frames = 24 * 60;
    options.speech_share = 0;
    const Performance p = generator().make(7, options);
    CHECK(std::all_of(p.audio_16k.begin(), p.audio_16k.end(), [](float s) { return s == 0; }));
    CHECK(std::none_of(p.speaking.begin(), p.speaking.end(), [](std::uint8_t s) { return s != 0; }));
    int blinks = 0, glances = 0;
    float least_yaw = 90, most_yaw = -90;
    for (std::size_t i = 1; i < p.poses.size(); ++i) {
        CHECK(p.poses[i].mouth.opening == 0);
        blinks += p.poses[i].eyes.lid_left < 0.4f && p.poses[i - 1].eyes.lid_left >= 0.4f;
        glances += std::abs(p.poses[i].eyes.gaze_x - p.poses[i - 1].eyes.gaze_x) > 0.15f;
        least_yaw = std::min(least_yaw, p.poses[i].head.yaw);
        most_yaw = std::max(most_yaw, p.poses[i].head.yaw);
    }
    CHECK(blinks >= 6);
    CHECK(blinks <= 60);
    CHECK(glances >= 5);
    CHECK(most_yaw - least_yaw > 2);
    CHECK(most_yaw - least_yaw < 50);
}

TEST_CASE("shares of speech and gestures are about what was asked", "[performance]") {
    double spoken = 0, raised = 0, frames = 0;
    for (std::uint64_t seed = 0; seed < 150; ++seed) {
        PerformanceOptions options;
        options.speech_share = 0.7f;
        options.gesture_share = 0.3f;
        const Performance p = generator().make(seed, options);
        for (int i = 0; i < p.frames(); ++i) {
            const PerformerPose& pose = p.poses[static_cast<std::size_t>(i)];
            spoken += p.speaking[static_cast<std::size_t>(i)];
            const bool up = pose.right_arm.raised > 0 || pose.left_arm.raised > 0;
            raised += up;
            const bool listed = std::any_of(p.gestures.begin(), p.gestures.end(), [&](const GestureSpan& g) { return i >= g.start_frame && i < g.end_frame; });
            if (up) CHECK(listed);
        }
        for (const GestureSpan& gesture : p.gestures) CHECK(is_gesture(gesture.name));
        frames += p.frames();
    }
    CHECK(std::abs(spoken / frames - 0.7) < 0.12);
    CHECK(std::abs(raised / frames - 0.3) < 0.12);
    PerformanceOptions none;
    none.gesture_share = 0;
    CHECK(generator().make(5, none).gestures.empty());
}

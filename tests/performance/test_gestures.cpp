// Gestures, and the presets that ship.

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <string>

#include "core/error.h"
#include "core/track_io.h"
#include "train/performance/gesture_track.h"
#include "train/performance/gestures.h"

using namespace mirrorme;

TEST_CASE("gestures start and end at rest and are raised in between", "[performance]") {
    CHECK(gesture_names().size() >= 10);
    for (const std::string_view name : gesture_names()) {
        INFO(name);
        const double duration = 2.5;
        const ArmsPose first = gesture_pose(name, 0, duration, {}), middle = gesture_pose(name, duration / 2, duration, {}),
                       last = gesture_pose(name, duration, duration, {});
        CHECK(first.right.raised == 0);
        CHECK(last.right.raised == 0);
        CHECK(middle.right.raised == 1);
        CHECK(middle.left.raised == (takes_both_hands(name) ? 1.0f : 0.0f));
        float before = 0;
        for (int i = 0; i <= 60; ++i) {  // no jumps
            const float raised = gesture_pose(name, duration * i / 60, duration, {}).right.raised;
            CHECK(std::abs(raised - before) < 0.25f);
            before = raised;
        }
    }
    CHECK_THROWS_AS(gesture_pose("no_such_gesture", 0, 1, {}), Error);
    CHECK_FALSE(is_gesture("no_such_gesture"));
}

TEST_CASE("presets repeat their hold without a seam and stay within an arm's reach", "[performance]") {
    for (const std::string_view name : gesture_preset_names()) {
        INFO(name);
        const KeyPointTrack track = make_gesture_track(name);
        REQUIRE(track.preset);
        REQUIRE(track.preset->hold);
        const auto first = static_cast<std::size_t>(track.preset->hold->first), end = static_cast<std::size_t>(track.preset->hold->end);
        REQUIRE(end < track.frame_count());
        const KeyPointFrame a = track.frame(first), b = track.frame(end), rest = track.frame(0), down = track.frame(track.frame_count() - 1);
        for (const int i : track.points) {
            const auto k = static_cast<std::size_t>(i);
            CHECK(std::hypot(a.points[k].x - b.points[k].x, a.points[k].y - b.points[k].y) < 2e-3f);
            CHECK(std::hypot(rest.points[k].x - down.points[k].x, rest.points[k].y - down.points[k].y) < 2e-2f);
            CHECK(std::hypot(a.points[k].x, a.points[k].y) < 5);
            CHECK(a.points[k].confidence > 0);
        }
        // The right hand is where pictures have it, and higher than at rest.
        const auto wrist = static_cast<std::size_t>(point::kRightHand + point::kWrist);
        CHECK(a.points[wrist].x < 0);
        CHECK(a.points[wrist].y < rest.points[wrist].y - 1);
    }
    CHECK_THROWS_AS(make_gesture_track("beat"), Error);
}

TEST_CASE("the presets in data/gestures are the ones this code makes", "[performance]") {
    for (const std::string_view name : gesture_preset_names()) {
        INFO(name);
        const KeyPointTrack made = make_gesture_track(name);
        const KeyPointTrack stored = read_track(std::string(MIRRORME_SOURCE_DIR) + "/data/gestures/" + std::string(name) + ".json");
        CHECK(stored.points == made.points);
        CHECK(stored.preset == made.preset);
        CHECK(stored.unit == TrackUnit::torso);
        REQUIRE(stored.values.size() == made.values.size());
        float worst = 0;
        for (std::size_t i = 0; i < made.values.size(); ++i) worst = std::max(worst, std::abs(stored.values[i] - made.values[i]));
        CHECK(worst < 1e-3f);
    }
}

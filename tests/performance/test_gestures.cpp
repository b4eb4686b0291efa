// Gestures, and the presets that ship.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
        // Each hand is on its own side of the picture, and higher than at rest.
        for (const auto& [hand, side] : {std::pair{point::kRightHand, -1.0f}, std::pair{point::kLeftHand, 1.0f}}) {
            const auto wrist = static_cast<std::size_t>(hand + point::kWrist);
            if (std::find(track.points.begin(), track.points.end(), hand + point::kWrist) == track.points.end()) continue;
            CHECK(a.points[wrist].x * side > 0);
            CHECK(a.points[wrist].y < rest.points[wrist].y - 1);
        }
    }
    CHECK_THROWS_AS(make_gesture_track("beat"), Error);
    const auto moves = [](std::string_view name, int hand) {
        const std::vector<int> points = make_gesture_track(name).points;
        return std::find(points.begin(), points.end(), hand) != points.end();
    };
    CHECK(moves("show_left", point::kRightHand));  // the performer's right is the viewer's left
    CHECK_FALSE(moves("show_left", point::kLeftHand));
    CHECK(moves("show_right", point::kLeftHand));
    CHECK_FALSE(moves("show_right", point::kRightHand));
    CHECK(moves("cheer", point::kRightHand));
    CHECK(moves("cheer", point::kLeftHand));
}

TEST_CASE("gestures that only presets have stay out of performances", "[performance]") {
    // A seed means the same performance for ever: what it picks from is the list it had.
    CHECK(gesture_names().size() == 13);
    for (const std::string_view name : {"point_up", "present", "hand_on_heart", "cheer"}) {
        INFO(name);
        CHECK(is_gesture(name));
        CHECK(std::find(gesture_names().begin(), gesture_names().end(), name) == gesture_names().end());
    }
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

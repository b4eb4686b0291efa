#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include "engine/session/gesture_player.h"

using namespace mirrorme;
using Catch::Matchers::WithinAbs;

namespace {

const int kWrist = point_index("right_hand.wrist");

/// A track of `frames` frames whose wrist x counts them.
std::shared_ptr<const KeyPointTrack> counting(int frames, Rational fps, std::optional<IndexSpan> hold = std::nullopt, float offset = 0) {
    KeyPointTrack track = make_track(TrackUnit::torso, fps, {kWrist}, {});
    for (int f = 0; f < frames; ++f) track.values.insert(track.values.end(), {static_cast<float>(f) + offset, 0, 1});
    track.preset = TrackPreset{"count", "Count", hold, 1, 1};
    return std::make_shared<const KeyPointTrack>(track);
}

float wrist(const GesturePose& pose) { return pose.points.points[static_cast<std::size_t>(kWrist)].x; }

}  // namespace

TEST_CASE("nothing is asked for until a gesture begins, and after it ends", "[gesture]") {
    GesturePlayer player({24, 1});
    REQUIRE(player.add(CommandKind::gesture, "count", 5, counting(4, {24, 1})));
    for (FrameIndex f = 0; f < 20; ++f) {
        const GesturePose pose = player.pose_at(f);
        const bool on = f >= 5 && f < 9;
        CHECK((pose.weight > 0) == on);
        if (on) CHECK(wrist(pose) == static_cast<float>(f - 5));
        else CHECK(pose.points.points[static_cast<std::size_t>(kWrist)].confidence == 0);
        CHECK(player.playing() == (on ? "count" : ""));
    }
}

TEST_CASE("a preset keeps its duration at another frame rate", "[gesture]") {
    GesturePlayer player({24, 1});
    player.add(CommandKind::gesture, "count", 0, counting(48, {48, 1}));
    for (FrameIndex f = 0; f < 24; ++f) CHECK_THAT(wrist(player.pose_at(f)), WithinAbs(2.0 * static_cast<double>(f), 1e-4));
    CHECK(player.pose_at(24).weight == 0);
}

TEST_CASE("a command for the past begins at the next frame", "[gesture]") {
    GesturePlayer player({24, 1});
    player.pose_at(99);
    player.add(CommandKind::gesture, "count", 3, counting(4, {24, 1}));
    CHECK(wrist(player.pose_at(100)) == 0);
    CHECK(wrist(player.pose_at(101)) == 1);
}

TEST_CASE("a held gesture goes to and fro in its span until it is stopped, then ends by its own way", "[gesture]") {
    GesturePlayer player({24, 1});
    player.add(CommandKind::hold, "count", 0, counting(10, {24, 1}, IndexSpan{3, 6}));
    player.add(CommandKind::stop, "count", 40, nullptr);
    const float expected[] = {0, 1, 2, 3, 4, 5, 4, 3, 4, 5, 4, 3};
    for (FrameIndex f = 0; f < 12; ++f) CHECK_THAT(wrist(player.pose_at(f)), WithinAbs(expected[f], 1e-5));
    for (FrameIndex f = 12; f < 40; ++f) {
        const float x = wrist(player.pose_at(f));
        CHECK(x >= 3);
        CHECK(x <= 5);
    }
    float last = wrist(player.pose_at(40));
    FrameIndex f = 41;
    for (; player.pose_at(f).weight > 0; ++f) REQUIRE(f < 60);
    CHECK(f >= 44);
    CHECK(last >= 3);
    CHECK(player.playing().empty());
}

TEST_CASE("a hold without a span rests on the last frame", "[gesture]") {
    GesturePlayer player({24, 1});
    player.add(CommandKind::hold, "count", 0, counting(4, {24, 1}));
    for (FrameIndex f = 0; f < 50; ++f) player.pose_at(f);
    CHECK(wrist(player.pose_at(50)) == 3);
    player.add(CommandKind::stop, "", 51, nullptr);  // no name: whatever plays
    for (FrameIndex f = 51; f < 60; ++f) player.pose_at(f);
    CHECK(player.pose_at(60).weight == 0);
}

TEST_CASE("stop names the gesture it means", "[gesture]") {
    GesturePlayer player({24, 1});
    player.add(CommandKind::hold, "count", 0, counting(4, {24, 1}));
    player.add(CommandKind::stop, "other", 10, nullptr);
    for (FrameIndex f = 0; f < 30; ++f) player.pose_at(f);
    CHECK(player.pose_at(30).weight == 1);
}

TEST_CASE("a new gesture cross-fades over the old one without a jump", "[gesture]") {
    auto long_ease = [](float x) {
        KeyPointTrack track = make_track(TrackUnit::torso, {24, 1}, {kWrist}, {});
        for (int f = 0; f < 48; ++f) track.values.insert(track.values.end(), {x, 0, 1});
        track.preset = TrackPreset{"still", "Still", std::nullopt, 8, 8};
        return std::make_shared<const KeyPointTrack>(track);
    };
    GesturePlayer player({24, 1});
    player.add(CommandKind::gesture, "a", 0, long_ease(0));
    player.add(CommandKind::gesture, "b", 20, long_ease(8));
    float last = 0;
    for (FrameIndex f = 0; f < 40; ++f) {
        const GesturePose pose = player.pose_at(f);
        if (f >= 20 && f < 30) CHECK_THAT(pose.weight, WithinAbs(1, 1e-5));
        CHECK(std::abs(wrist(pose) - last) < 2.0f);
        last = wrist(pose);
    }
    CHECK(last == 8);
}

TEST_CASE("easing starts and ends at nothing", "[gesture]") {
    KeyPointTrack track = *counting(48, {24, 1});
    track.preset->ease_in_frames = 12;
    track.preset->ease_out_frames = 12;
    GesturePlayer player({24, 1});
    player.add(CommandKind::gesture, "count", 0, std::make_shared<const KeyPointTrack>(track));
    CHECK(player.pose_at(0).weight < 0.05f);
    for (FrameIndex f = 1; f < 24; ++f) player.pose_at(f);
    CHECK(player.pose_at(24).weight == 1);
    for (FrameIndex f = 25; f < 47; ++f) player.pose_at(f);
    CHECK(player.pose_at(47).weight < 0.05f);
}

TEST_CASE("a hidden point is asked for like a seen one, an unknown one is not", "[gesture]") {
    const int elbow = point_index("right_hand.elbow"), thumb = point_index("right_hand.thumb.0");
    KeyPointTrack track = make_track(TrackUnit::torso, {24, 1}, {elbow, thumb}, {});
    for (int f = 0; f < 24; ++f) track.values.insert(track.values.end(), {-1, 2, 0, 0, 0, 0});
    track.preset = TrackPreset{"rest", "Rest", std::nullopt, 1, 1};
    GesturePlayer player({24, 1});
    player.add(CommandKind::gesture, "rest", 0, std::make_shared<const KeyPointTrack>(track));
    const GesturePose pose = player.pose_at(0);
    CHECK(pose.points.points[static_cast<std::size_t>(elbow)].confidence == 1);
    CHECK(pose.points.points[static_cast<std::size_t>(elbow)].y == 2);
    CHECK(pose.points.points[static_cast<std::size_t>(thumb)].confidence == 0);
}

TEST_CASE("pending commands are bounded", "[gesture]") {
    GesturePlayer player({24, 1});
    for (std::size_t i = 0; i < GesturePlayer::kPendingLimit; ++i) CHECK(player.add(CommandKind::stop, "", 1000, nullptr));
    CHECK(!player.add(CommandKind::stop, "", 1000, nullptr));
}

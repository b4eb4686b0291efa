#include <catch2/catch_test_macros.hpp>

#include "engine/api/engine_api.h"

using namespace mirrorme;

TEST_CASE("session info survives JSON", "[api]") {
    SessionInfo before;
    before.width = 256;
    before.height = 384;
    before.fps = {30000, 1001};
    before.sample_rate = {44100, 1};
    before.chunk_frames = 4;
    before.latency = {1, 2, 3, 4};
    before.crop = {10, 20.5, 300, 450};
    before.warnings = {remark("no_face", "%1: no face", {"a.png"})};
    CHECK(session_info_from_json(to_json(before)) == before);
}

TEST_CASE("engine info survives JSON", "[api]") {
    EngineInfo before;
    before.api_version = 7;
    before.backend = "local";
    before.bundle = "mini";
    before.bundle_version = "1.2";
    before.device = "cpu";
    before.capabilities = {"speaks", "hands"};
    before.width = 256;
    before.height = 384;
    before.fps = {25, 1};
    CHECK(engine_info_from_json(to_json(before)) == before);
}

TEST_CASE("a command survives JSON with and without its own track", "[api]") {
    Command before{CommandKind::hold, "wave", -5, std::nullopt};
    CHECK(command_from_json(to_json(before)) == before);
    KeyPointTrack track = make_track(TrackUnit::torso, {24, 1}, {point_index("right_hand.wrist")}, {});
    track.values = {0.1f, 0.2f, 1};
    track.preset = TrackPreset{"wave", "Wave", IndexSpan{0, 1}, 1, 2};
    before.track = track;
    CHECK(command_from_json(to_json(before)) == before);
}

TEST_CASE("what is not understood is refused, what is new is ignored", "[api]") {
    CHECK_THROWS_AS(command_from_json(R"({"kind": "dance"})"), Error);
    CHECK_THROWS_AS(command_from_json(R"({})"), Error);
    CHECK_THROWS_AS(session_info_from_json(R"({"fps": [24, 0]})"), Error);
    CHECK_THROWS_AS(session_info_from_json(R"({"width": -1})"), Error);
    CHECK(session_info_from_json(R"({"width": 3, "mood": "good"})").width == 3);
    CHECK(command_from_json(R"({"kind": "stop"})").gesture.empty());
}

TEST_CASE("every word has a name", "[api]") {
    CHECK(name_of(SessionMode::offline) == "offline");
    CHECK(name_of(CommandKind::stop) == "stop");
    CHECK(name_of(PollResult::failed) == "failed");
}

#include <catch2/catch_test_macros.hpp>

#include "engine/api/engine_api.h"

using namespace mirrorme;

TEST_CASE("a session's config is checked field by field", "[api]") {
    SessionConfig good;
    CHECK_NOTHROW(validate(good));
    SessionConfig config = good;
    config.sample_rate = {7999, 1};
    CHECK_THROWS_AS(validate(config), Error);
    config = good;
    config.sample_rate = {48000, 0};
    CHECK_THROWS_AS(validate(config), Error);
    config = good;
    config.queue_chunks = 0;
    CHECK_THROWS_AS(validate(config), Error);
    config = good;
    config.slack_ns = -1;
    CHECK_THROWS_AS(validate(config), Error);
    config = good;
    config.settings.liveliness = 9;
    CHECK_THROWS_AS(validate(config), Error);

    KeyPointTrack wave = make_track(TrackUnit::torso, {24, 1}, {point_index("right_hand.wrist")}, {});
    wave.values = {0, 0, 1};
    wave.preset = TrackPreset{"wave", "Wave", std::nullopt, 1, 1};
    config = good;
    config.gestures = {wave};
    CHECK_NOTHROW(validate(config));
    config.gestures[0].unit = TrackUnit::face;
    CHECK_THROWS_AS(validate(config), Error);
    config.gestures[0] = wave;
    config.gestures[0].preset.reset();
    CHECK_THROWS_AS(validate(config), Error);
}

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>

#include "service/client/convert.h"
#include "service/handshake.h"

using namespace mirrorme;

namespace {

KeyPointTrack wave() {
    KeyPointTrack track = make_track(TrackUnit::torso, {24, 1}, {point_index("right_hand.wrist")}, {Scalar::roll});
    track.values = {0.25f, -1, 1, 5, 0.5f, -1, 1, 6};
    track.preset = TrackPreset{"wave", "Wave", IndexSpan{0, 2}, 3, 4};
    return track;
}

/// Through the bytes, as the wire does.
template <class Message>
Message resent(const Message& message) {
    Message out;
    REQUIRE(out.ParseFromString(message.SerializeAsString()));
    return out;
}

}  // namespace

TEST_CASE("a session's config survives the wire", "[wire]") {
    SessionConfig before;
    before.mode = SessionMode::realtime;
    before.sample_rate = {44100, 1};
    before.picture.path = "me.png";
    before.picture.encoded = {0, 1, 255, 0};
    before.picture.points_json = "{}";
    before.settings.liveliness = 0.25;
    before.settings.background = {BackgroundChoice::Mode::colour, 0x00b140};
    before.gestures = {wave()};
    before.queue_chunks = 5;
    before.slack_ns = 60'000'000;
    CHECK(from_wire(resent(to_wire(before))) == before);
    before.mode = SessionMode::offline;
    CHECK(from_wire(resent(to_wire(before))) == before);
}

TEST_CASE("sound survives the wire; what is no number becomes silence", "[wire]") {
    std::vector<float> samples{0, 0.5f, -1, 1e-30f}, after;
    CHECK(audio_from_wire(resent(audio_to_wire(-7, samples)), after) == -7);
    CHECK(after == samples);
    samples = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 1e30f, 0.5f};
    audio_from_wire(audio_to_wire(0, samples), after);
    CHECK(after == std::vector<float>{0, 0, 0, 0.5f});
}

TEST_CASE("commands, settings, status and failures survive the wire", "[wire]") {
    for (const CommandKind kind : {CommandKind::gesture, CommandKind::hold, CommandKind::stop}) {
        Command before{kind, "wave", 123456789012, std::nullopt};
        CHECK(from_wire(resent(to_wire(before))) == before);
        before.track = wave();
        CHECK(from_wire(resent(to_wire(before))) == before);
    }
    Settings settings;
    settings.image = "ä.png";
    settings.crop = {1, 2, 3, 4};
    CHECK(from_wire(resent(to_wire(settings))) == settings);

    StatusSnapshot status;
    status.phase = SessionPhase::speaking;
    status.counters.frames_made = 42;
    status.stages = {{"denoise", 1, 2, 3, 4, 5}};
    CHECK(from_wire(resent(to_wire(status))) == status);

    const Error error(ErrorCode::no_space, "disk", "is full", "Free some space");
    const Error after = from_wire(resent(to_wire(error)));
    CHECK(after.code() == ErrorCode::no_space);
    CHECK(std::string(after.what()) == error.what());
    CHECK(error_code_from_name("from the future") == ErrorCode::internal);
    for (int i = 0; i <= static_cast<int>(ErrorCode::internal); ++i)
        CHECK(error_code_from_name(name_of(static_cast<ErrorCode>(i))) == static_cast<ErrorCode>(i));
}

TEST_CASE("a frame survives the wire", "[wire]") {
    VideoFrame before;
    before.index = 9;
    before.first_sample = -3;
    before.width = 2;
    before.height = 1;
    before.degraded = 2;
    before.pixels = std::make_shared<FramePixels>(FramePixels{1, 2, 3, 4, 5, 6, 7, 8});
    const VideoFrame after = from_wire(resent(to_wire(before)));
    CHECK(after.index == 9);
    CHECK(after.first_sample == -3);
    CHECK(after.width == 2);
    CHECK(after.height == 1);
    CHECK(after.degraded == 2);
    CHECK(*after.pixels == *before.pixels);
}

TEST_CASE("messages that do not hold together are refused", "[wire]") {
    v1::Frame frame;
    frame.set_width(2);
    frame.set_height(2);
    frame.set_pixels(std::string(15, 'x'));
    CHECK_THROWS_AS(from_wire(frame), Error);
    frame.set_width(1u << 31);
    CHECK_THROWS_AS(from_wire(frame), Error);
    frame.set_width(0);
    CHECK_THROWS_AS(from_wire(frame), Error);

    v1::AudioBlock block;
    std::vector<float> samples;
    block.set_samples(std::string(6, 'x'));
    CHECK_THROWS_AS(audio_from_wire(block, samples), Error);
    block.set_samples(std::string((kWireAudioBlockLimit + 1) * 4, '\0'));
    CHECK_THROWS_AS(audio_from_wire(block, samples), Error);

    CHECK_THROWS_AS(from_wire(v1::OpenSession{}), Error);
    v1::OpenSession open = to_wire(SessionConfig{});
    open.set_queue_chunks(4'000'000'000u);
    CHECK_THROWS_AS(from_wire(open), Error);
    open = to_wire(SessionConfig{});
    open.mutable_sample_rate()->set_den(0);
    CHECK_THROWS_AS(from_wire(open), Error);
    open = to_wire(SessionConfig{});
    open.add_gesture_tracks_json("{");
    CHECK_THROWS_AS(from_wire(open), Error);
    CHECK_THROWS_AS(from_wire(v1::Command{}), Error);
}

TEST_CASE("a handshake needs the token and the version", "[wire]") {
    EngineInfo engine;
    engine.backend = "test_card";
    v1::HandshakeRequest request;
    request.set_protocol_version(kProtocolVersion);
    request.set_token("secret");
    const v1::HandshakeReply good = answer_handshake(request, engine, "secret");
    CHECK(good.accepted());
    CHECK(engine_info_from_json(good.engine_json()) == engine);

    request.set_protocol_version(kProtocolVersion + 1);
    const v1::HandshakeReply old = answer_handshake(request, engine, "secret");
    CHECK(!old.accepted());
    CHECK(old.problem().find("protocol") != std::string::npos);

    for (const char* token : {"", "secre", "secretx", "Secret"}) {
        request.set_token(token);
        const v1::HandshakeReply reply = answer_handshake(request, engine, "secret");
        CHECK(!reply.accepted());
        CHECK(reply.engine_json().empty());
        CHECK(reply.problem().find("protocol") == std::string::npos);
    }
}

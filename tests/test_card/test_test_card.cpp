#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <random>
#include <thread>

#include "engine/test_card/card_picture.h"
#include "engine/test_card/test_card_engine.h"
#include "frames/compose.h"

using namespace mirrorme;
using namespace std::chrono_literals;

namespace {

constexpr int kRate = 48000;

struct Take {
    std::vector<VideoFrame> frames;
    StatusSnapshot status;
    PollResult end = PollResult::empty;
};

/// Clicks of 50 ms at each full second.
std::vector<float> clicks(int seconds) {
    std::vector<float> samples(static_cast<std::size_t>(seconds) * kRate);
    for (int s = 0; s < seconds; ++s)
        for (int i = 0; i < kRate / 20; ++i) samples[static_cast<std::size_t>(s * kRate + i)] = i % 8 < 4 ? 0.9f : -0.9f;
    return samples;
}

/// Pushes everything in blocks of `block` samples (0: random) and reads every frame.
Take render(Session& session, std::span<const float> samples, std::size_t block) {
    Take take;
    std::mt19937 random(3);
    std::size_t at = 0;
    VideoFrame frame;
    while (true) {
        if (at < samples.size()) {
            const std::size_t size = std::min(block != 0 ? block : 1 + random() % 5000, samples.size() - at);
            at += static_cast<std::size_t>(session.push_audio(static_cast<SampleIndex>(at), samples.subspan(at, size)).accepted);
            if (at == samples.size()) session.end_of_audio();
        }
        const PollResult polled = session.poll_frame(frame, at < samples.size() ? 0ns : 5s);
        if (polled == PollResult::frame) {
            take.frames.push_back(frame);
        } else if (polled != PollResult::empty) {
            take.end = polled;
            break;
        } else if (at == samples.size()) {
            break;  // nothing within 5 s
        }
    }
    take.status = session.status();
    return take;
}

Command gesture(std::string name, SampleIndex at = 0) { return {CommandKind::gesture, std::move(name), at, std::nullopt}; }

}  // namespace

TEST_CASE("the bar code survives composition, halving and noise; damage is noticed", "[card]") {
    for (const SampleIndex sample : {SampleIndex{0}, SampleIndex{1}, SampleIndex{48000} * 3600 * 100, SampleIndex{-4800}}) {
        auto pixels = std::make_shared<FramePixels>();
        draw_card(*pixels, 256, 384, {sample, 0.5f, 0, false});
        VideoFrame frame;
        frame.pixels = pixels;
        frame.width = 256;
        frame.height = 384;
        CHECK(read_card_time(frame) == sample);
        CHECK(read_card_time(composed_over(frame, 0x00b140)) == sample);
        auto noisy = std::make_shared<FramePixels>(*pixels);
        std::mt19937 random(1);
        for (auto& v : *noisy) v = static_cast<std::uint8_t>(std::clamp(static_cast<int>(v) + static_cast<int>(random() % 81) - 40, 0, 255));
        frame.pixels = noisy;
        CHECK(read_card_time(frame) == sample);
        for (std::size_t x = 100; x < 120; ++x)
            for (std::size_t y = 0; y < 64; ++y) (*noisy)[(y * 256 + x) * 4 + 1] ^= 255;
        CHECK(read_card_time(frame) != sample);
    }
}

TEST_CASE("each frame carries its media time and the mouth follows the clicks", "[card]") {
    TestCardEngine engine;
    const auto session = engine.open_session({});
    const Take take = render(*session, clicks(3), 480);
    CHECK(take.end == PollResult::finished);
    REQUIRE(take.frames.size() == 72);
    for (std::size_t f = 0; f < take.frames.size(); ++f) {
        const VideoFrame& frame = take.frames[f];
        REQUIRE(well_formed(frame));
        REQUIRE(frame.index == static_cast<FrameIndex>(f));
        REQUIRE(frame.first_sample == static_cast<SampleIndex>(f) * 2000);
        REQUIRE(read_card_time(frame) == frame.first_sample);
        const bool click = f % 24 < 2;  // 50 ms = 1.2 frames
        REQUIRE((read_card_mouth(frame) > 0.5f) == click);
    }
    CHECK(take.status.phase == SessionPhase::finished);
    CHECK(take.status.counters.frames_made == 72);
    CHECK(take.status.counters.audio_samples == 3 * kRate);
}

TEST_CASE("any block sizes give the same frames", "[card]") {
    TestCardEngine engine;
    const auto sound = clicks(2);
    const auto whole_session = engine.open_session({});
    const Take whole = render(*whole_session, sound, sound.size());
    const std::size_t block = GENERATE(as<std::size_t>{}, 1, 7, 160, 441, 480, 1000, 1024, 2000, 48000, 0);
    const auto session = engine.open_session({});
    const Take take = render(*session, sound, block);
    REQUIRE(take.frames.size() == whole.frames.size());
    for (std::size_t f = 0; f < take.frames.size(); ++f) REQUIRE(*take.frames[f].pixels == *whole.frames[f].pixels);
}

TEST_CASE("other input rates keep picture and sound together", "[card]") {
    const int rate = GENERATE(16000, 44100, 96000);
    TestCardEngine engine;
    SessionConfig config;
    config.sample_rate = {rate, 1};
    const auto session = engine.open_session(config);
    std::vector<float> sound(static_cast<std::size_t>(rate) * 2);
    for (int i = 0; i < rate / 20; ++i) sound[static_cast<std::size_t>(rate + i)] = 0.9f;
    const Take take = render(*session, sound, 1024);
    REQUIRE(take.frames.size() == 48);
    for (std::size_t f = 0; f < 48; ++f) {
        CHECK((read_card_mouth(take.frames[f]) > 0.5f) == (f == 24 || f == 25));
        CHECK(read_card_time(take.frames[f]) == take.frames[f].first_sample);
    }
}

TEST_CASE("a jump in the sound leaves frames out and loses none around it, whatever the blocks", "[card]") {
    const std::size_t block = GENERATE(as<std::size_t>{}, 480, 1023, 48000, 52800);
    TestCardEngine engine;
    const auto session = engine.open_session({});
    const std::vector<float> sound(52800, 0.5f);  // 1.1 s, twice
    const SampleIndex far = SampleIndex{kRate} * 100;
    std::vector<VideoFrame> frames;
    VideoFrame frame;
    for (const SampleIndex first : {SampleIndex{0}, far})
        for (std::size_t at = 0; at < sound.size();) {
            const auto rest = std::span(sound).subspan(at, std::min(block, sound.size() - at));
            at += static_cast<std::size_t>(session->push_audio(first + static_cast<SampleIndex>(at), rest).accepted);
            while (session->poll_frame(frame, 0ns) == PollResult::frame) frames.push_back(frame);
        }
    session->end_of_audio();
    while (session->poll_frame(frame, 5s) == PollResult::frame) frames.push_back(frame);
    REQUIRE(frames.size() == 28 + 27);
    for (std::size_t f = 0; f < frames.size(); ++f) {
        const FrameIndex expected = f < 28 ? static_cast<FrameIndex>(f) : 2400 + static_cast<FrameIndex>(f - 28);
        REQUIRE(frames[f].index == expected);
        REQUIRE((read_card_mouth(frames[f]) > 0.4f) == (f != 27));  // the second half of frame 26 and all of 27 are silence
    }
    CHECK(session->status().counters.audio_reanchored == 1);
    CHECK(session->status().counters.chunks_skipped == 600 - 7);
}

TEST_CASE("no sound at all finishes without a frame", "[card]") {
    TestCardEngine engine;
    const auto session = engine.open_session({});
    const Take take = render(*session, {}, 1);
    session->end_of_audio();
    VideoFrame frame;
    CHECK(session->poll_frame(frame, 5s) == PollResult::finished);
    CHECK(take.frames.empty());
}

TEST_CASE("gestures are acknowledged and appear at their media time", "[card]") {
    TestCardEngine engine;
    const auto session = engine.open_session({});
    CHECK(session->command(gesture("wave", kRate)) == ErrorCode::none);
    const Take take = render(*session, clicks(2), 480);
    for (std::size_t f = 0; f < take.frames.size(); ++f) {
        const VideoFrame& frame = take.frames[f];
        const bool lit = (*frame.pixels)[frame.pixels->size() - 4] == 255;
        CHECK(lit == (f >= 24 && f < 36));
    }
}

TEST_CASE("live settings change the picture, others are left", "[card]") {
    TestCardEngine engine;
    const auto session = engine.open_session({});
    auto corner_alpha = [](const VideoFrame& frame) { return frame.pixels->back(); };
    CHECK(corner_alpha(session->reference_still()) == 255);
    auto changed = std::make_shared<Settings>();
    changed->background.mode = BackgroundChoice::Mode::matte;
    changed->image = "other.png";
    session->update_settings(changed);
    const Take take = render(*session, clicks(1), 480);
    CHECK(corner_alpha(take.frames.back()) == 0);
    CHECK(corner_alpha(session->reference_still()) == 0);
    auto wrong = std::make_shared<Settings>();
    wrong->liveliness = 7;
    CHECK_THROWS_AS(session->update_settings(wrong), Error);
}

TEST_CASE("a failing chunk ends a file and says why", "[card]") {
    TestCardEngine engine;
    const char* fault = GENERATE("test-nan", "test-out-of-memory", "test-fail");
    const auto session = engine.open_session({});
    CHECK(session->command(gesture(fault)) == ErrorCode::none);
    const Take take = render(*session, clicks(1), 480);
    CHECK(take.end == PollResult::failed);
    CHECK(take.status.phase == SessionPhase::failed);
    CHECK(!take.status.last_error.empty());
}

TEST_CASE("the wrong size is what a reader must notice", "[card]") {
    TestCardEngine engine;
    const auto session = engine.open_session({});
    session->command(gesture("test-wrong-size"));
    const Take take = render(*session, clicks(1), 480);
    CHECK(take.frames.back().width != session->info().width);
}

TEST_CASE("a stalled session can be destroyed, and another one on the same engine is served after it", "[card]") {
    TestCardEngine engine;
    auto session = engine.open_session({});
    session->command(gesture("test-stall"));
    session->push_audio(0, clicks(1));
    VideoFrame frame;
    CHECK(session->poll_frame(frame, 50ms) == PollResult::empty);
    session.reset();
    const auto next = engine.open_session({});
    CHECK(render(*next, clicks(1), 480).frames.size() == 24);
}

TEST_CASE("a reader that does not read holds an offline session back and loses nothing", "[card]") {
    TestCardEngine engine;
    SessionConfig config;
    config.queue_chunks = 1;
    const auto session = engine.open_session(config);
    const auto sound = clicks(30);
    std::size_t pushed = 0;
    for (int i = 0; i < 200; ++i) {
        pushed += static_cast<std::size_t>(session->push_audio(static_cast<SampleIndex>(pushed), std::span(sound).subspan(pushed)).accepted);
        if (pushed == sound.size()) break;
        std::this_thread::sleep_for(1ms);
    }
    CHECK(pushed < sound.size());  // bounded: ring + what the worker takes ahead
    std::size_t frames = 0;
    VideoFrame frame;
    while (true) {
        if (pushed < sound.size()) {
            pushed += static_cast<std::size_t>(session->push_audio(static_cast<SampleIndex>(pushed), std::span(sound).subspan(pushed)).accepted);
            if (pushed == sound.size()) session->end_of_audio();
        }
        const PollResult polled = session->poll_frame(frame, 5s);
        if (polled != PollResult::frame) break;
        REQUIRE(read_card_time(frame) == static_cast<SampleIndex>(frames) * 2000);
        ++frames;
    }
    CHECK(frames == 720);
    CHECK(session->status().counters.audio_dropped_samples == 0);
}

namespace {

/// Speaks `sound` at the pace of a clock, from `first` on, and gathers the frames that come.
std::vector<VideoFrame> speak(Session& session, std::span<const float> sound, SampleIndex first) {
    std::vector<VideoFrame> frames;
    VideoFrame frame;
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t at = 0; at < sound.size(); at += 480) {
        std::this_thread::sleep_until(start + std::chrono::microseconds(at * 1'000'000 / kRate));
        session.push_audio(first + static_cast<SampleIndex>(at), sound.subspan(at, 480));
        while (session.poll_frame(frame, 0ns) == PollResult::frame) frames.push_back(frame);
    }
    return frames;
}

}  // namespace

TEST_CASE("real time: slow chunks degrade quality, frames keep their times", "[card][realtime]") {
    TestCardEngine engine;
    SessionConfig config;
    config.mode = SessionMode::realtime;
    config.queue_chunks = 8;
    const auto session = engine.open_session(config);
    session->command(gesture("test-delay-400"));  // 2.4 times slower than real time, and later than L
    const std::vector<VideoFrame> frames = speak(*session, clicks(4), 0);
    const StatusSnapshot status = session->status();
    CHECK(status.degraded_level != DegradationLevel::full);
    CHECK(status.phase == SessionPhase::degraded);
    CHECK(status.counters.chunks_held + status.counters.chunks_skipped > 0);
    REQUIRE(!frames.empty());
    for (std::size_t i = 1; i < frames.size(); ++i) {
        REQUIRE(frames[i].first_sample > frames[i - 1].first_sample);
        REQUIRE(frames[i].first_sample == frames[i].index * 2000);
    }
    CHECK(frames.back().index > 48);  // media time went on
}

TEST_CASE("real time: one lost chunk is held over, three in a row end the session", "[card][realtime]") {
    TestCardEngine engine;
    SessionConfig config;
    config.mode = SessionMode::realtime;
    const auto session = engine.open_session(config);
    session->command(gesture("test-out-of-memory"));
    const auto frames = speak(*session, clicks(1), 0);
    CHECK(frames.size() >= 12);
    CHECK(session->status().counters.chunks_held >= 1);
    CHECK(session->status().last_error_code == ErrorCode::no_space);
    CHECK(session->status().phase != SessionPhase::failed);
    session->command(gesture("test-fail"));
    speak(*session, clicks(2), kRate);
    CHECK(session->status().phase == SessionPhase::failed);
    VideoFrame frame;
    PollResult polled = PollResult::frame;
    while (polled == PollResult::frame) polled = session->poll_frame(frame, 5s);
    CHECK(polled == PollResult::failed);
}

TEST_CASE("real time: sound that joins late is skipped over, not replayed", "[card][realtime]") {
    TestCardEngine engine;
    SessionConfig config;
    config.mode = SessionMode::realtime;
    config.queue_chunks = 8;
    const auto session = engine.open_session(config);
    const auto frames = speak(*session, clicks(1), SampleIndex{kRate} * 7200);  // two hours into somebody's stream
    const StatusSnapshot status = session->status();
    CHECK(status.counters.audio_reanchored == 1);
    REQUIRE(frames.size() > 4);
    CHECK(frames.back().first_sample >= SampleIndex{kRate} * 7200);
    CHECK(read_card_time(frames.back()) == frames.back().first_sample);
    CHECK(frames.size() <= 28);
}

// The engine misbehaves: the picture may stop, OBS and the sound never do, and the avatar comes back.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <signal.h>

#include <cmath>
#include <cstdio>
#include <thread>

#include "obs/host/stage.h"
#include "support/sanitized.h"
#include "support/temp_folder.h"
#include "support/within.h"

namespace mirrorme::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point start) { return std::chrono::duration<double, std::milli>(Clock::now() - start).count(); }

std::int64_t process_of(const nlohmann::json& status) { return status.at("engine").at("process").get<std::int64_t>(); }

/// Sound without a hole from before the trouble to after it: every sample of it is the voice's. For a stage with kEarlyVoice.
void check_unbroken(Stage& stage) {
    const HeardSound sound = stage.recorder().sound();
    CHECK(sound.gaps == 0);
    std::this_thread::sleep_for(200ms);  // who was kept waiting for a processor says so when the waiting is over
    if (stage.host().disturbed()) {
        WARN("the machine is too busy to judge the sound");
        return;
    }
    const auto match = find_voice(sound, 0, static_cast<std::int64_t>(sound.left.size()), kSeed);
    REQUIRE(match);
    CAPTURE(match->first_wrong, match->compared, match->delay_samples);
    CHECK(match->worst < 1e-6);
}

/// Waits until new frames are on the screen; the milliseconds that took.
double wait_moving(Stage& stage, std::chrono::milliseconds limit) {
    const auto start = Clock::now();
    while (Clock::now() - start < limit) {
        const std::size_t seen = stage.recorder().count();
        within(300ms, [&] { return stage.recorder().count() >= seen + 6; });
        const auto frames = stage.recorder().frames();
        if (frames.size() > 6 && changes({frames.end() - 6, frames.end()}, 0) >= 3) return ms_since(start);
    }
    return -1;
}

TEST_CASE("the engine is killed: sound goes on, the picture stays, the avatar is back within three seconds") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage("{}", {}, "Voice", kEarlyVoice);
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    REQUIRE(stage.avatar().wait(10s, [](const auto& s) { return s.at("delay").at("applied").template get<bool>(); }).at("in_time"));
    std::this_thread::sleep_for(1500ms);
    stage.recorder().clear();
    std::this_thread::sleep_for(500ms);
    const nlohmann::json before = stage.avatar().status();
    kill_engine(before);
    const nlohmann::json back = stage.avatar().wait(10s, [&](const auto& s) {
        return s.at("engine").at("state") == "running" && process_of(s) != process_of(before) && process_of(s) > 0;
    });
    REQUIRE(back.at("in_time"));
    const auto waited = wait_moving(stage, 10s);
    std::this_thread::sleep_for(1s);
    const auto frames = stage.recorder().frames();
    // How long the card stood still.
    std::uint64_t still = 0, since = frames.front().ns;
    int blank = 0;
    for (std::size_t i = 1; i < frames.size(); ++i) {
        if (frames[i].card[0] != frames[i - 1].card[0]) since = frames[i].ns;
        still = std::max(still, frames[i].ns - since);
        blank += frames[i].card[0] ? 0 : 1;
    }
    std::printf("engine killed: the picture stood still for %.0f ms, %d of %zu frames show no card\n", static_cast<double>(still) * 1e-6, blank, frames.size());
    CHECK(waited >= 0);
    if (!kSanitized) CHECK(static_cast<double>(still) * 1e-6 < 3000);
    check_unbroken(stage);
    CHECK(stage.close() == 0);
}

TEST_CASE("faults of the engine") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    const std::string fault = GENERATE("test-crash", "test-nan", "test-out-of-memory", "test-wrong-size", "test-fail", "test-stall");
    Stage stage(R"({"delay_mode": "none"})", {}, "Voice", kEarlyVoice);
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    std::this_thread::sleep_for(500ms);
    stage.recorder().clear();
    const Reply reply = stage.avatar().trigger(fault);
    INFO(fault << ": " << reply.problem);
    CHECK(reply.accepted);
    std::this_thread::sleep_for(fault == "test-stall" ? 1s : 2s);
    const auto width = obs_source_get_width(stage.avatar().source());
    CHECK(width == 256);
    if (fault == "test-wrong-size" || fault == "test-fail") stage.avatar().trigger("test-resume");
    const double waited = wait_moving(stage, 30s);
    std::printf("%s: live %.0f ms later; %s\n", fault.c_str(), waited, stage.avatar().status().at("message").get<std::string>().c_str());
    CHECK(waited >= 0);
    check_unbroken(stage);
    CHECK(stage.close() == 0);
}

TEST_CASE("an engine that does not start: a still picture, a reason, and OBS as if nothing were") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    const TempFolder folder;
    put(folder / "mirrorme", "no program");
    HostOptions options;
    options.engine = folder / "mirrorme";
    Stage stage("{}", options);
    const nlohmann::json status = stage.avatar().wait(8s, [](const auto& s) { return s.at("engine").at("error") != ""; });
    INFO(status.dump(1));
    CHECK(status.at("in_time"));
    CHECK_FALSE(status.at("message").get<std::string>().empty());
    CHECK(within(3s, [&] {  // not the colour behind
        const VideoFrame picture = stage.recorder().picture();
        if (!picture.pixels) return false;
        const Rgb seen = pixel(picture, 120, 180);
        return std::abs(seen.r - 0x20) + std::abs(seen.g - 0x40) + std::abs(seen.b - 0x60) > 24;
    }));
    CHECK(obs_source_get_sync_offset(stage.voice()) == 0);
    CHECK(stage.close() == 0);
}

TEST_CASE("two avatars share one engine, each with its own voice") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"delay_mode": "none"})");
    {
        const SourcePtr other = make_source(kVoiceId, "Other", R"({"seed": 2})");
        stage.scene().add(other.get());
        const Avatar second("Second", "Other", R"({"delay_mode": "none"})");
        stage.scene().add(second.source(), {400, 0, kCardScale});
        REQUIRE(stage.avatar().wait_speaking().at("in_time"));
        REQUIRE(second.wait_speaking().at("in_time"));
        CHECK(process_of(stage.avatar().status()) == process_of(second.status()));
        std::this_thread::sleep_for(500ms);
        const Take take = record(stage.recorder(), 6);
        // Each voice as it would be heard alone.
        const auto alone = [&](obs_source_t* voice, std::uint32_t seed) {
            HeardSound sound;
            sound.start_ns = voice_start_ns(voice);
            sound.left = voice_samples(seed, 0, 40 * kVoiceRate);
            return sound;
        };
        const HeardSound first_voice = alone(stage.voice(), kSeed), second_voice = alone(other.get(), 2);
        const double first_total = stage.avatar().status().at("delay").at("total_ms").get<double>();
        const double second_total = second.status().at("delay").at("total_ms").get<double>();
        const auto first = lip_offset(take.frames, 0, first_voice), last = lip_offset(take.frames, 1, second_voice);
        REQUIRE(first);
        REQUIRE(last);
        std::printf("two avatars: %+.0f ms of L %.0f (%.2f), %+.0f ms of L %.0f (%.2f)\n", first->ms, first_total, first->correlation, last->ms, second_total,
                    last->correlation);
        CHECK(first->correlation > 0.6);
        CHECK(last->correlation > 0.6);
        CHECK(std::abs(first->ms - first_total) <= kFrameMs);
        CHECK(std::abs(last->ms - second_total) <= kFrameMs);
        CHECK(lip_offset(take.frames, 0, second_voice)->correlation < 0.5);
    }
    CHECK(stage.close() == 0);
}

TEST_CASE("the engine ends with its OBS") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    std::int64_t process = 0;
    {
        Stage stage;
        const nlohmann::json status = stage.avatar().wait_speaking();
        REQUIRE(status.at("in_time"));
        process = process_of(status);
        CHECK(stage.close() == 0);
    }
    CHECK(within(3s, [&] { return ::kill(static_cast<pid_t>(process), 0) != 0; }));
}

}  // namespace
}  // namespace mirrorme::testing

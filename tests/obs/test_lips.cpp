// Lips and voice: what viewers see and hear, by OBS's own time stamps.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <thread>

#include "obs/host/stage.h"
#include "support/within.h"

namespace mirrorme::testing {
namespace {

using namespace std::chrono_literals;

bool applied(const nlohmann::json& status) { return status.at("delay").at("applied").get<bool>(); }

/// Until the voice waits for the picture and OBS has brought the mix up to that.
nlohmann::json settle(Stage& stage) {
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    const nlohmann::json status = stage.avatar().wait(10s, applied);
    INFO(status.dump(1));
    REQUIRE(status.at("in_time"));
    std::this_thread::sleep_for(1500ms);
    return stage.avatar().status();
}

LipOffset measured(const Take& take) {
    const auto offset = lip_offset(take.frames, 0, take.sound);
    REQUIRE(offset);
    return *offset;
}

double milliseconds_late(Stage& stage, const Take& take) {
    const auto match = find_voice(take.sound, 0, static_cast<std::int64_t>(take.sound.left.size()), kSeed);
    REQUIRE(match);
    CAPTURE(match->first_wrong, match->compared);
    if (stage.host().disturbed()) WARN("the machine is too busy to judge the sound");
    else CHECK(match->worst < 1e-6);  // nothing was cut, doubled, mixed or changed
    const double heard = static_cast<double>(take.sound.start_ns) * 1e-6 + static_cast<double>(match->delay_samples) * 1000.0 / kVoiceRate;
    return heard - static_cast<double>(voice_start_ns(stage.voice())) * 1e-6;
}

TEST_CASE("lips follow the voice: the voice waits for the picture by its sync offset") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"delay_mode": "none"})");
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    stage.avatar().set(R"({"delay_mode": "offset"})");
    const nlohmann::json status = settle(stage);
    const Take take = record(stage.recorder(), 10);
    const LipOffset offset = measured(take);
    // Against the voice's stamps: a source that was never moved may lie some blocks late itself, where libobs glued its first ones.
    const double late = milliseconds_late(stage, take), total = status.at("delay").at("total_ms").get<double>();
    std::printf("lips against voice, sync offset: %+.0f ms (correlation %.2f); voice later by %.2f ms, L = %.2f ms\n", offset.ms, offset.correlation, late, total);
    CHECK(std::abs(offset.ms) <= kFrameMs);
    CHECK(offset.correlation > 0.75);
    if (!stage.host().disturbed()) CHECK(std::abs(late - total) < 1);
    CHECK(take.sound.gaps == 0);
    CHECK(std::abs(static_cast<double>(obs_source_get_sync_offset(stage.voice())) * 1e-6 - total) < 1);
    CHECK(changes(take.frames, 0) > 24 * 10 * 9 / 10);
    CHECK(stage.close() == 0);
}

TEST_CASE("lips follow the voice: the avatar plays the voice itself") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"delay_mode": "own"})");
    const nlohmann::json status = settle(stage);
    const Take take = record(stage.recorder(), 6);
    const LipOffset offset = measured(take);
    const double late = milliseconds_late(stage, take), total = status.at("delay").at("total_ms").get<double>();
    std::printf("lips against voice, played by the avatar: %+.0f ms (correlation %.2f); voice later by %.2f ms, L = %.0f ms\n", offset.ms, offset.correlation,
                late, total);
    CHECK(std::abs(offset.ms) <= kFrameMs);
    CHECK(std::abs(late - total) < 1);
    CHECK(take.sound.gaps == 0);
    stage.drop_avatar();
    CHECK(stage.close() == 0);
}

TEST_CASE("left alone, the voice is heard as it comes, and the lips are late by L") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"delay_mode": "none"})");
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    std::this_thread::sleep_for(1s);
    const double total = stage.avatar().status().at("delay").at("total_ms").get<double>();
    const Take take = record(stage.recorder(), 6);
    const LipOffset offset = measured(take);
    std::printf("lips against voice, left alone: %+.0f ms, L = %.0f ms\n", offset.ms, total);
    CHECK(total > 100);
    const double undelayed = milliseconds_late(stage, take);  // libobs's own: up to one block of its mix
    CHECK(undelayed < 22);
    CHECK(std::abs(offset.ms + undelayed - total) <= kFrameMs);
    CHECK(obs_source_get_sync_offset(stage.voice()) == 0);
}

TEST_CASE("what the user had set as sync offset is added to, and comes back") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    constexpr std::int64_t kUsers = 70'000'000;
    Stage stage(R"({"delay_mode": "none"})");
    obs_source_set_sync_offset(stage.voice(), kUsers);
    stage.avatar().set(R"({"delay_mode": "offset"})");
    const nlohmann::json status = settle(stage);
    CHECK(std::abs(static_cast<double>(obs_source_get_sync_offset(stage.voice()) - kUsers) * 1e-6 - status.at("delay").at("total_ms").get<double>()) < 1);
    stage.avatar().set(R"({"delay_mode": "none"})");
    CHECK(within(5s, [&] { return obs_source_get_sync_offset(stage.voice()) == kUsers; }));
}

TEST_CASE("a voice with a clock of its own is in step too") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"delay_mode": "offset"})");
    update_source(stage.voice(), R"({"clock_ms": 7200000, "block": 1024})");
    settle(stage);
    const Take take = record(stage.recorder(), 6);
    const LipOffset offset = measured(take);
    const auto counters = stage.avatar().status().at("session").at("counters");
    std::printf("lips against a voice with a clock of its own: %+.0f ms (correlation %.2f), %d of %d chunks held\n", offset.ms, offset.correlation,
                counters.at("chunks_held").get<int>(), counters.at("chunks_made").get<int>());
    CHECK(std::abs(offset.ms) <= kFrameMs * 1.5);
}

TEST_CASE("a mix track as input moves the lips") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"audio_input": "track_1", "delay_mode": "none"})");
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    std::this_thread::sleep_for(1s);
    const Take take = record(stage.recorder(), 4);
    const LipOffset offset = measured(take);
    const double total = stage.avatar().status().at("delay").at("total_ms").get<double>();
    std::printf("lips against a mix track: %+.0f ms, L = %.0f ms (correlation %.2f)\n", offset.ms, total, offset.correlation);
    CHECK(offset.correlation > 0.75);
    CHECK(offset.ms > total - kFrameMs);
    CHECK(offset.ms < total + 100);
}

TEST_CASE("played by the avatar, the voice is as loud as its fader says") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"delay_mode": "own"})");
    settle(stage);
    for (const float volume : {0.5f, 0.75f, 0.0f, 1.0f}) {  // above 1 libobs cuts what is louder than full scale
        CAPTURE(volume);
        obs_source_set_volume(stage.voice(), volume);
        std::this_thread::sleep_for(1s);  // what has been handed to libobs is heard as it was
        Take take = record(stage.recorder(), 1.5);
        if (volume == 0) {
            CHECK(std::all_of(take.sound.left.begin(), take.sound.left.end(), [](float x) { return x == 0; }));
            continue;
        }
        for (float& x : take.sound.left) x /= volume;
        milliseconds_late(stage, take);  // the voice, sample by sample
    }
    CHECK(stage.close() == 0);
}

TEST_CASE("muted is mouth closed, and nothing is heard") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    struct Way {
        const char* mode;
        void (*set)(obs_source_t* voice, bool quiet);
    };
    const Way way = GENERATE(Way{"offset", obs_source_set_muted}, Way{"own", obs_source_set_muted}, Way{"own", obs_source_enable_push_to_talk});
    Stage stage(nlohmann::json{{"delay_mode", way.mode}}.dump());
    settle(stage);
    CHECK(widest_mouth(record(stage.recorder(), 2).frames, 0) > 0.3f);
    way.set(stage.voice(), true);
    CHECK(stage.avatar().wait(3s, [](const auto& s) { return s.at("audio").at("state") == "muted"; }).at("in_time"));
    std::this_thread::sleep_for(1500ms);
    const Take quiet = record(stage.recorder(), 2);
    CHECK(widest_mouth(quiet.frames, 0) < 0.05f);
    CHECK(changes(quiet.frames, 0) > 30);  // and it lives on
    float loudest = 0;
    for (const float x : quiet.sound.left) loudest = std::max(loudest, std::abs(x));
    CHECK(loudest == 0);
    way.set(stage.voice(), false);
    std::this_thread::sleep_for(1500ms);
    const Take again = record(stage.recorder(), 2);
    CHECK(widest_mouth(again.frames, 0) > 0.3f);
    loudest = 0;
    for (const float x : again.sound.left) loudest = std::max(loudest, std::abs(x));
    CHECK(loudest > 0.2f);
}

}  // namespace
}  // namespace mirrorme::testing

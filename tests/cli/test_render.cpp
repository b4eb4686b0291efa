#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <chrono>
#include <nlohmann/json.hpp>
#include <thread>

#include "media/audio_reader.h"
#include "render_support.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

TEST_CASE("render writes every format with its frames and its sound", "[cli]") {
    const RenderSetup setup;
    for (const char* name : {"a.mp4", "a.webm", "a.mov"}) {
        INFO(name);
        const Outcome result = run(setup.command(name));
        CHECK(result.code == 0);
        CHECK_THAT(result.err, ContainsSubstring("48 frames") && ContainsSubstring(name));
        const auto frames = frames_of(setup.file(name));
        REQUIRE(frames.size() == 48);
        CHECK(frames.back().time_s == Approx(47 / 24.0).margin(0.002));
        int rate = 0;
        const auto sound = read_audio_mono(setup.file(name), rate);
        CHECK(static_cast<double>(sound.size()) / rate == Approx(2.0).margin(0.03));
        CHECK(rms(sound, sound.size() / 4, sound.size() / 2) == Approx(0.5 / std::sqrt(2)).epsilon(0.1));
    }
    CHECK(run(setup.command("shots_%03d.png")).code == 0);
    CHECK(std::filesystem::exists(setup.file("shots_047.png")));
    CHECK_FALSE(std::filesystem::exists(setup.file("shots_048.png")));
    CHECK(run(setup.command("named", {"--format", "webm"})).code == 0);
    CHECK(frames_of(setup.file("named")).size() == 48);
}

TEST_CASE("every gesture that comes with the program can be played", "[cli]") {
    const RenderSetup setup;
    std::vector<std::string> more;
    for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(MIRRORME_SOURCE_DIR) / "data/gestures"))
        if (entry.path().extension() == ".json") more.insert(more.end(), {"--gesture", entry.path().stem().string() + "@0.5"});
    REQUIRE(more.size() >= 6);
    const Outcome result = run(setup.command("a.mp4", more));
    INFO(result.err);
    CHECK(result.code == 0);
}

TEST_CASE("two runs give the same file", "[cli]") {
    const RenderSetup setup;
    REQUIRE(run(setup.command("a.mp4", {"--seed", "7"})).code == 0);
    REQUIRE(run(setup.command("b.mp4", {"--seed", "7"})).code == 0);
    CHECK(get(setup.file("a.mp4")) == get(setup.file("b.mp4")));
}

TEST_CASE("sound may come from standard input", "[cli]") {
    const RenderSetup setup;
    auto words = setup.command("piped.mp4");
    words[6] = "-";
    Process process(words);
    process.write(get(setup.file("talk.wav")));
    process.close_input();
    CHECK(process.wait().code == 0);
    REQUIRE(run(setup.command("file.mp4")).code == 0);
    CHECK(frames_of(setup.file("piped.mp4")).size() == 48);
    CHECK(get(setup.file("piped.mp4")) == get(setup.file("file.mp4")));
}

namespace {

/// Until a file that is being written lies in the folder, or half a minute has passed.
void wait_for_part(const RenderSetup& setup) {
    for (int i = 0; i < 300; ++i) {
        for (const auto& entry : std::filesystem::directory_iterator(setup.folder.path()))
            if (entry.path().filename().string().find(".part") != std::string::npos) return;
        std::this_thread::sleep_for(100ms);
    }
    FAIL("nothing is written");
}

}  // namespace

TEST_CASE("Ctrl-C leaves a playable file and exit code 130", "[cli]") {
    const RenderSetup setup;
    for (const int signal : {SIGINT, SIGTERM}) {
        auto words = setup.command("live.mp4");
        words[6] = "-";
        Process process(words);
        // A header that promises an hour, then two seconds of sound, then silence on the line.
        std::string endless = wav({tone(200, 16000, 3.0)}, 16000);
        const std::uint32_t claimed = 2 * 16000 * 3600;
        std::memcpy(endless.data() + 40, &claimed, sizeof claimed);
        process.write(endless);
        wait_for_part(setup);  // the program has started
        std::this_thread::sleep_for(1s);
        process.signal(signal);
        const Outcome result = process.wait();
        CHECK(result.code == 130);
        CHECK_THAT(result.err, ContainsSubstring("stopped"));
        const auto frames = frames_of(setup.file("live.mp4"));
        CHECK(frames.size() > 20);
        int rate = 0;
        const auto sound = read_audio_mono(setup.file("live.mp4"), rate);
        CHECK(static_cast<double>(sound.size()) / rate == Approx(static_cast<double>(frames.size()) / 24).margin(0.06));
        std::filesystem::remove(setup.file("live.mp4"));
    }
    CHECK(count_files(setup.folder.path()) == 2);
}

TEST_CASE("quiet is quiet, and progress off a terminal is plain lines", "[cli]") {
    const RenderSetup setup;
    const Outcome quiet = run(setup.command("a.mp4", {"--quiet"}));
    CHECK(quiet.code == 0);
    CHECK(quiet.err.empty());
    CHECK(quiet.out.empty());
    CHECK_THAT(run(setup.command("a.mp4")).err, !ContainsSubstring("\r"));
}

TEST_CASE("bench measures, for people and programs", "[cli]") {
    const Outcome text = run({"bench", "--backend", "test-card", "--seconds", "2"});
    CHECK(text.code == 0);
    CHECK_THAT(text.out, ContainsSubstring("p99") && ContainsSubstring("real-time factor"));
    const nlohmann::json report = nlohmann::json::parse(run({"bench", "--backend", "test-card", "--seconds", "2", "--json"}).out);
    CHECK(report["media_s"] == 2.0);
    CHECK(report["real_time_factor"].get<double>() > 0);
    CHECK(report["first_frame_s"].get<double>() > 0);
    CHECK(report["peak_memory_mib"].get<double>() > 1);
    CHECK(report["stages"].size() >= 1);
}

TEST_CASE("info knows pictures, sound and video", "[cli]") {
    const RenderSetup setup;
    REQUIRE(run(setup.command("a.webm")).code == 0);
    const auto facts = [&](const char* name) { return nlohmann::json::parse(run({"info", "--json", setup.file(name)}).out); };
    CHECK(facts("me.png")["size"] == "64 x 96");
    CHECK(facts("me.png")["alpha"] == "opaque");
    CHECK(facts("talk.wav")["sound"]["rate"] == 16000);
    CHECK(facts("a.webm")["video"]["alpha"] == "yes");
    CHECK(facts("a.webm")["sound"]["codec"] == "opus");
    CHECK_THAT(run({"info", setup.file("me.png"), setup.file("talk.wav")}).out, ContainsSubstring("64 x 96") && ContainsSubstring("16000"));
}

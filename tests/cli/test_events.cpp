// A take that the OBS source recorded, made again.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <nlohmann/json.hpp>

#include <fstream>

#include "core/files.h"
#include "core/settings.h"
#include "core/track_io.h"
#include "render_support.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

constexpr int kRate = 16000;  // of talk.wav

/// The voice of `setup` and a log of what happened, as the source writes them.
std::filesystem::path write_take(const RenderSetup& setup, const Settings& settings, const std::vector<json>& events, const std::string& tail = "") {
    std::filesystem::create_directory(setup.folder / "take");
    std::filesystem::copy_file(setup.file("talk.wav"), setup.folder / "take" / "sound.wav", std::filesystem::copy_options::overwrite_existing);
    const std::filesystem::path file = setup.folder / "take" / "events.jsonl";
    std::ofstream out(file, std::ios::binary);
    out << json{{"schema", "mirrorme.events"}, {"version", 1}, {"sample_rate", {kRate, 1}}, {"sound", "sound.wav"}, {"settings", json::parse(settings_to_json(settings))}} << '\n';
    for (const json& event : events) out << event << '\n';
    out << tail;
    return file;
}

}  // namespace

TEST_CASE("a recorded take is made again: the same picture, sound, gesture and seed", "[cli][events]") {
    const RenderSetup setup;
    Settings settings;
    settings.image = setup.file("me.png");
    settings.seed = 5;
    const std::filesystem::path gesture = find_data_dir() / "gestures" / "wave.json";
    const json track = json::parse(track_to_json(read_track(gesture)));
    const auto log = write_take(setup, settings, {{{"at", kRate / 2}, {"kind", "gesture"}, {"gesture", "wave"}, {"track", track}}}, R"({"at": 99, "ki)");
    const Outcome again = run({"render", "--backend", "test-card", "--events", log.string(), "--out", setup.file("again.mp4")});
    INFO(again.err);
    REQUIRE(again.code == 0);
    const Outcome plain = run({"render", "--backend", "test-card", "--image", setup.file("me.png"), "--audio", setup.file("talk.wav"), "--seed", "5", "--gesture", "wave@0.5", "--out",
                               setup.file("plain.mp4")});
    REQUIRE(plain.code == 0);
    CHECK(get(setup.file("again.mp4")) == get(setup.file("plain.mp4")));
    const Outcome without = run({"render", "--backend", "test-card", "--image", setup.file("me.png"), "--audio", setup.file("talk.wav"), "--seed", "5", "--out", setup.file("without.mp4")});
    REQUIRE(without.code == 0);
    CHECK(get(setup.file("again.mp4")) != get(setup.file("without.mp4")));
}

TEST_CASE("a change of settings in a take comes at its time, and the command line wins", "[cli][events]") {
    const RenderSetup setup;
    Settings settings, later;
    settings.image = later.image = setup.file("me.png");
    later.background = background_from_text("#ff0000");
    const auto frames = [&](const std::vector<std::string>& more) {
        const auto log = write_take(setup, settings, {{{"at", kRate}, {"kind", "settings"}, {"settings", json::parse(settings_to_json(later))}}});
        std::vector<std::string> words = {"render", "--backend", "test-card", "--events", log.string(), "--out", setup.file("f_%03d.png")};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = run(words);
        INFO(outcome.err);
        REQUIRE(outcome.code == 0);
        const auto corner = [&](const char* name) {
            const RgbaImage frame = read_picture(setup.file(name));
            const std::uint8_t* p = frame.at(frame.width - 2, frame.height / 2);
            return std::array<int, 4>{p[0], p[1], p[2], p[3]};
        };
        return std::pair{corner("f_002.png"), corner("f_040.png")};
    };
    const auto [before, after] = frames({});
    CHECK(before != after);
    const auto [fixed_before, fixed_after] = frames({"--background", "keep"});
    CHECK(fixed_before == fixed_after);
}

TEST_CASE("logs that are none, or of something else, are refused by line and field", "[cli][events]") {
    const RenderSetup setup;
    Settings settings;
    settings.image = setup.file("me.png");
    const auto refused = [&](const std::filesystem::path& log, const std::string& what) {
        const Outcome outcome = run({"render", "--backend", "test-card", "--events", log.string(), "--out", setup.file("x.mp4")});
        INFO(outcome.err);
        CHECK(outcome.code != 0);
        CHECK_THAT(outcome.err, ContainsSubstring(what));
        CHECK_FALSE(std::filesystem::exists(setup.file("x.mp4")));
    };
    refused(setup.folder / "none.jsonl", "none.jsonl");
    put(setup.folder / "empty.jsonl", "");
    refused(setup.folder / "empty.jsonl", "is empty");
    put(setup.folder / "text.jsonl", "hello\n");
    refused(setup.folder / "text.jsonl", "line 1");
    refused(write_take(setup, settings, {{{"at", 3}, {"kind", "dance"}}}), "'dance' is not an event");
    refused(write_take(setup, settings, {{{"at", 3}, {"kind", "gesture"}, {"gesture", "nobody-knows"}, {"track", 7}}}), "line 2");
    const Outcome neither = run({"render", "--out", setup.file("x.mp4")});
    CHECK(neither.code == 2);
    CHECK_THAT(neither.err, ContainsSubstring("--events"));
}

#include <catch2/catch_test_macros.hpp>

#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/files.h"
#include "plugin/host/event_log.h"
#include "plugin/host/spoken_clip.h"
#include "support/temp_folder.h"

namespace mirrorme {
namespace {

using nlohmann::json;

std::vector<json> lines_of(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::vector<json> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
    return lines;
}

std::vector<float> samples_of(const std::filesystem::path& wave) {
    const MappedFile file(wave);
    std::vector<float> samples((file.bytes().size() - 44) / 4);
    std::memcpy(samples.data(), file.bytes().data() + 44, samples.size() * 4);
    return samples;
}

}  // namespace

TEST_CASE("a take holds what was said and done, counted from its start") {
    const testing::TempFolder folder;
    EventLog log;
    Settings settings;
    settings.seed = 7;
    log.start(folder.path() / "takes", {48000, 1}, settings, 1000);
    REQUIRE(log.running());
    const std::filesystem::path take = log.folder();
    log.sound(900, std::vector<float>(200, 0.5f));   // the first half came before the take
    log.sound(1300, std::vector<float>(100, -0.25f));  // 200 samples are missing
    log.command(CommandKind::hold, "wave", 1500, nullptr);
    settings.liveliness = 0.5;
    log.settings(2000, settings);
    log.stop();

    const std::vector<json> lines = lines_of(take / "events.jsonl");
    REQUIRE(lines.size() == 3);
    CHECK(lines[0]["schema"] == "mirrorme.events");
    CHECK(lines[0]["settings"]["seed"] == 7);
    CHECK(lines[1] == json{{"at", 500}, {"kind", "hold"}, {"gesture", "wave"}});
    CHECK(lines[2]["at"] == 1000);
    CHECK(lines[2]["settings"]["liveliness"] == 0.5);
    const std::vector<float> samples = samples_of(take / "sound.wav");
    REQUIRE(samples.size() == 400);
    CHECK(samples[99] == 0.5f);
    CHECK(samples[100] == 0.0f);
    CHECK(samples[299] == 0.0f);
    CHECK(samples[300] == -0.25f);
}

TEST_CASE("takes of one second have folders of their own, and a disk that refuses is said") {
    const testing::TempFolder folder;
    EventLog one, two;
    one.start(folder.path(), {48000, 1}, {}, 0);
    two.start(folder.path(), {48000, 1}, {}, 0);
    CHECK(one.folder() != two.folder());
    std::ofstream(folder.path() / "file") << "x";
    EventLog three;
    three.start(folder.path() / "file" / "takes", {48000, 1}, {}, 0);
    CHECK_FALSE(three.running());
    CHECK(three.error().text.find("file") != std::string::npos);
    three.sound(0, std::vector<float>(10));  // harmless
}

TEST_CASE("the shipped sentence is read at any rate, and laid over what comes") {
    const std::filesystem::path file = std::string(MIRRORME_SOURCE_DIR) + "/data/demo/hello.wav";
    const std::vector<float> at16 = read_spoken_clip(file, {16000, 1}), at48 = read_spoken_clip(file, {48000, 1});
    CHECK(at16.size() > 8 * 16000);
    CHECK(at48.size() == at16.size() * 3);
    double energy16 = 0, energy48 = 0;
    for (const float s : at16) energy16 += static_cast<double>(s * s);
    for (const float s : at48) energy48 += static_cast<double>(s * s) / 3;
    CHECK(std::abs(energy48 / energy16 - 1) < 0.02);

    ClipOverlay overlay;
    overlay.start({1, 2, 3}, 10);
    std::vector<float> sound(4, 0.0f);
    CHECK_FALSE(overlay.apply(4, sound));
    CHECK(overlay.apply(8, sound) == SampleSpan{10, 12});
    CHECK(sound == std::vector<float>{0, 0, 1, 2});
    CHECK(overlay.playing());
    sound.assign(4, 0.0f);
    CHECK(overlay.apply(12, sound) == SampleSpan{12, 13});
    CHECK(sound == std::vector<float>{3, 0, 0, 0});
    CHECK_FALSE(overlay.playing());
}

TEST_CASE("a file that is no usable WAV is refused by name") {
    const testing::TempFolder folder;
    const std::filesystem::path file = folder.path() / "a.wav";
    for (const std::string& content : {std::string(""), std::string("RIFF"), std::string(60, 'x'), std::string("RIFF\x10\0\0\0WAVEfmt \xff\xff\xff\xff", 20)}) {
        std::ofstream(file, std::ios::binary) << content;
        try {
            read_spoken_clip(file, {48000, 1});
            FAIL("was taken");
        } catch (const Error& e) {
            CHECK(std::string(e.what()).find("a.wav") != std::string::npos);
        }
    }
}

}  // namespace mirrorme

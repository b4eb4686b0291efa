#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <nlohmann/json.hpp>

#include "process.h"

using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using nlohmann::json;

namespace {

const std::filesystem::path kSource = MIRRORME_SOURCE_DIR;

}  // namespace

TEST_CASE("without arguments the program explains itself and fails", "[cli]") {
    const Outcome result = run({});
    CHECK(result.code == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, ContainsSubstring("render") && ContainsSubstring("doctor") && ContainsSubstring("Examples"));
}

TEST_CASE("help and version are answers", "[cli]") {
    CHECK(run({"--version"}).code == 0);
    CHECK_THAT(run({"--version"}).out, StartsWith("mirrorme "));
    for (const char* command : {"render", "info", "doctor", "bench", "import", "forward"}) {
        const Outcome help = run({command, "--help"});
        CHECK(help.code == 0);
        CHECK(help.err.empty());
        CHECK_THAT(help.out, ContainsSubstring("--"));
    }
    const std::string render = run({"render", "--help"}).out;
    for (const char* option : {"--image", "--audio", "--out", "--background", "--gesture", "--seed", "--bundle", "--liveliness", "--crop", "--eyes", "--mouth", "--threads", "Examples"})
        CHECK_THAT(render, ContainsSubstring(option));
}

TEST_CASE("a wrong command line is one line and exit code 2", "[cli]") {
    const std::vector<std::vector<std::string>> wrong = {
        {"rendr"}, {"render"}, {"render", "--imag", "x"}, {"render", "--image", "a.png", "--audio", "b.wav"}, {"bench", "--seconds", "-1"}, {"doctor", "extra"}};
    for (const auto& arguments : wrong) {
        const Outcome result = run(arguments);
        CHECK(result.code == 2);
        CHECK(line_count(result.err) == 1);
        CHECK_THAT(result.err, StartsWith("mirrorme: ") && ContainsSubstring("--help"));
    }
}

TEST_CASE("bench decode says what it measures, and refuses what it cannot", "[cli]") {
    const Outcome help = run({"bench", "decode", "--help"});
    CHECK(help.code == 0);
    for (const char* word : {"--bundle", "--clip", "--back", "--forward", "--fade", "--json", "PSNR", "Examples"}) CHECK_THAT(help.out, ContainsSubstring(word));
    CHECK(run({"bench", "decode"}).code == 2);
    CHECK(run({"bench", "decode", "--bundle", "x", "--back", "0"}).code == 2);
    CHECK(run({"bench", "decode", "--bundle", "x", "--clip", "a.mp4", "--image", "b.png"}).code == 2);
    const Outcome missing = run({"bench", "decode", "--bundle", "/nowhere/at/all"});
    CHECK(missing.code == 1);
    CHECK_THAT(missing.err, ContainsSubstring("/nowhere/at/all") && ContainsSubstring("bundle.json"));
    const Outcome other = run({"bench", "decode", "--bundle", (kSource / "data/models/mini").string()});
    CHECK(other.code == 1);
    CHECK(line_count(other.err) == 1);
    CHECK_THAT(other.err, ContainsSubstring("config.codec.kind") && ContainsSubstring("motion") && ContainsSubstring("import --ltx"));
}

TEST_CASE("bench decode measures an imported autoencoder, more context being nearer", "[cli]") {
    const TempFolder folder;
    for (const char* published : {"ltx-14", "ltx-40"}) {
        const std::string bundle = (folder / published).string();
        REQUIRE(run({"import", "--ltx", (kSource / "tests/golden/parity" / published / "model.safetensors").string(), "--out", bundle}).code == 0);
        const std::vector<std::string> words{"bench", "decode", "--bundle", bundle, "--width", "32", "--height", "32", "--latents", "15", "--back", "1,4", "--forward", "0,2", "--fade", "0,2"};
        std::vector<std::string> as_json = words;
        as_json.push_back("--json");
        const Outcome result = run(as_json);
        REQUIRE(result.code == 0);
        const json report = json::parse(result.out);
        CHECK(report["latents"] == 15);
        REQUIRE(report["windows"].size() == 6);  // without a future one fade, with it two
        for (const json& row : report["windows"]) {
            CHECK(row["worst_db"].get<double>() <= row["psnr_db"].get<double>());
            CHECK(row["ms_a_window"].get<double>() > 0);
            CHECK((row["delay_frames"].get<double>() == 0) == (row["forward"] == 0));
        }
        CHECK(report["windows"][1]["psnr_db"].get<double>() > report["windows"][0]["psnr_db"].get<double>());
        const Outcome table = run(words);
        CHECK(table.code == 0);
        CHECK_THAT(table.out, ContainsSubstring("back") && ContainsSubstring("PSNR dB") && ContainsSubstring("seams dB"));
        CHECK(line_count(table.out) == 3 + 6);
        const Outcome few = run({"bench", "decode", "--bundle", bundle, "--latents", "5"});
        CHECK(few.code == 2);
        CHECK_THAT(few.err, ContainsSubstring("--latents") && ContainsSubstring("at least 19"));
    }
}

TEST_CASE("doctor names what works, for people and programs", "[cli]") {
    const Outcome text = run({"doctor"});
    for (const char* subject : {"processor", "memory", "libtorch", "graphics card", "data", "model", "FFmpeg", "disk"}) CHECK_THAT(text.out, ContainsSubstring(subject));
    const Outcome result = run({"doctor", "--json"});
    const json list = json::parse(result.out);
    bool broken = false;
    for (const json& item : list) {
        CHECK((item["health"] == "ok" || item["health"] == "warn" || item["health"] == "fail"));
        CHECK(!item["found"].get<std::string>().empty());
        broken |= item["health"] == "fail";
        if (item["health"] == "fail") CHECK(!item["remedy"].get<std::string>().empty());
    }
    CHECK(result.code == (broken ? 1 : 0));
}

TEST_CASE("doctor fails when the model is gone", "[cli]") {
    const TempFolder folder;
    const Outcome result = run({"doctor", "--bundle", (folder / "none").string()});
    CHECK(result.code == 1);
    CHECK_THAT(result.out, ContainsSubstring("fail  model") && ContainsSubstring("->"));
    std::filesystem::create_directory(folder / "data");
    CHECK(run({"doctor"}, {.environment = {{"MIRRORME_DATA", (folder / "data").string()}}}).code == 1);
}

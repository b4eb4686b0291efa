#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <nlohmann/json.hpp>

#include "process.h"

using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using nlohmann::json;

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

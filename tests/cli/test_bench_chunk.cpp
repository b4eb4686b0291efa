#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fstream>
#include <nlohmann/json.hpp>

#include "process.h"

using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

std::vector<std::string> small(std::vector<std::string> more) {
    std::vector<std::string> words{"bench", "chunk", "--model", "small", "--width", "64", "--height", "64", "--rounds", "2", "--window", "1", "--back", "1", "--steps", "2"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

}  // namespace

TEST_CASE("bench chunk measures chunks, stage by stage", "[cli]") {
    const Outcome result = run(small({"--chunks", "1,2", "--json"}));
    INFO(result.err);
    REQUIRE(result.code == 0);
    const json all = json::parse(result.out).at("chunk_bench");
    REQUIRE(all.size() == 2);
    for (int chunk = 1; chunk <= 2; ++chunk) {
        const json& one = all[static_cast<std::size_t>(chunk - 1)];
        CHECK_THAT(one.at("configuration").get<std::string>(), ContainsSubstring("c=" + std::to_string(chunk)) && ContainsSubstring("64x64"));
        CHECK(one.at("clock") == "host");
        const auto p50 = [&](const char* stage) { return one.at("stages").at(stage).at("p50_ms").get<double>(); };
        CHECK(p50("denoise") > 0);
        CHECK(p50("decode") > 0);
        CHECK(one.at("frames_per_s").get<double>() == Catch::Approx(8e3 * chunk / p50("chunk")));
        CHECK(one.at("stages").at("chunk").at("p99_ms").get<double>() >= p50("chunk"));
    }

    // An earlier report in which all took twice as long.
    const TempFolder folder;
    json earlier = json::parse(result.out);
    for (json& entry : earlier["chunk_bench"]) entry["stages"]["chunk"]["p50_ms"] = 1000.0;
    std::ofstream(folder / "earlier.json") << earlier;
    const Outcome compared = run(small({"--compare", (folder / "earlier.json").string(), "--check"}));
    INFO(compared.err);
    REQUIRE(compared.code == 0);
    CHECK_THAT(compared.out, ContainsSubstring("c=1") && ContainsSubstring("x "));
    CHECK_THAT(compared.out, ContainsSubstring("denoise, 2 steps of 2 blocks") && ContainsSubstring("0.00e+00 of float32 on the CPU"));  // it is float32 on the CPU
}

TEST_CASE("bench chunk in bfloat16 is near float32", "[cli]") {
    const Outcome result = run(small({"--dtype", "bf16", "--check", "--json"}));
    INFO(result.err);
    REQUIRE(result.code == 0);
    for (const auto& [stage, error] : json::parse(result.out).at("against_float32_on_the_cpu").items()) {
        CAPTURE(stage);
        CHECK(error.get<double>() > 1e-5);
        CHECK(error.get<double>() < 0.15);
    }
}

TEST_CASE("bench chunk measures the causal decoder, e4m3 linears and chunks that come in time", "[cli]") {
    const Outcome result = run(small({"--decoder", "causal", "--linears", "fp8", "--paced", "2", "--json"}));
    INFO(result.err);
    REQUIRE(result.code == 0);
    const json one = json::parse(result.out).at("chunk_bench").at(0);
    CHECK_THAT(one.at("configuration").get<std::string>(), ContainsSubstring("causal") && ContainsSubstring("+fp8"));
    CHECK(one.at("paced_chunks") == 2);
    const double busy = one.at("busy_share").get<double>(), paced = one.at("paced_p50_ms").get<double>();
    CHECK(busy > 0);
    CHECK(paced > 0);
    CHECK(one.at("paced_p99_ms").get<double>() >= paced);
    CHECK(one.at("sessions_at_24_fps").get<int>() == static_cast<int>(1e3 * 8 / 24 / one.at("stages").at("chunk").at("p95_ms").get<double>()));
    // The wait for 8 frames of sound and 100 ms of look-ahead.
    CHECK(one.at("live_first_frame_ms").get<double>() == Catch::Approx(one.at("first_frame_ms").get<double>() + 8 * 1e3 / 24 + 100));
}

TEST_CASE("bench chunk measures a clip in one go", "[cli]") {
    const Outcome result = run(small({"--one-shot", "3", "--json"}));
    INFO(result.err);
    REQUIRE(result.code == 0);
    const json all = json::parse(result.out).at("chunk_bench");
    REQUIRE(all.size() == 1);
    CHECK_THAT(all[0].at("configuration").get<std::string>(), ContainsSubstring("one shot of 3"));
    CHECK(all[0].at("frames_per_s").get<double>() == Catch::Approx(17e3 / all[0].at("stages").at("chunk").at("p50_ms").get<double>()));
}

TEST_CASE("bench chunk says what smaller numbers lose, stage by stage", "[cli]") {
    const Outcome result = run(small({"--accuracy", "--decoder", "causal", "--json"}));
    INFO(result.err);
    REQUIRE(result.code == 0);
    const json rows = json::parse(result.out).at("accuracy");
    REQUIRE(rows.size() == 4);
    for (const auto& [stage, errors] : rows.items()) {
        CAPTURE(stage);
        const double brain = errors.at("bf16").get<double>(), bytes = errors.at("bf16_with_fp8_linears").get<double>();
        CHECK(brain > 1e-4);
        CHECK(brain < 0.1);
        CHECK(bytes > brain);  // 3 bits against 7
        CHECK(bytes < 0.5);
    }
}

TEST_CASE("bench refuses what it cannot measure", "[cli]") {
    CHECK(run({"bench", "chunk", "--model", "huge"}).code == 2);
    CHECK(run({"bench", "chunk", "--chunks", "0"}).code == 2);
    CHECK(run({"bench", "chunk", "--linears", "fp4"}).code == 2);
    CHECK(run({"bench", "chunk", "--decoder", "none"}).code == 2);
    CHECK(run({"bench", "--compute", "fp4"}).code == 2);
    CHECK(run({"bench", "--device-share", "0"}).code == 2);
    const Outcome odd = run({"bench", "chunk", "--model", "small", "--width", "65"});
    CHECK(odd.code == 2);
    CHECK_THAT(odd.err, ContainsSubstring("multiples of 32"));
    for (const char* command : {"", "chunk"}) {
        std::vector<std::string> words{"bench", "--device", "abacus"};
        if (*command) words.insert(words.begin() + 1, command);
        const Outcome unknown = run(words);
        CHECK(unknown.code == 2);
        CHECK(line_count(unknown.err) == 1);
        CHECK_THAT(unknown.err, ContainsSubstring("abacus") && ContainsSubstring("cpu, cuda or cuda:N"));
    }
    const TempFolder folder;
    std::ofstream(folder / "wrong.json") << "{}";
    const Outcome wrong = run(small({"--compare", (folder / "wrong.json").string()}));
    CHECK(wrong.code == 1);
    CHECK_THAT(wrong.err, ContainsSubstring("wrong.json") && ContainsSubstring("--json"));
}

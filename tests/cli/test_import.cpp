// import and forward from outside. The published files are those of tests/golden/parity/.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "../media/media_support.h"
#include "process.h"
#include "tiny_ltx.h"

using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using nlohmann::json;

namespace {

const std::string kPicture = std::string(MIRRORME_SOURCE_DIR) + "/data/avatars/ada.png";
const std::string kVoice = std::string(MIRRORME_SOURCE_DIR) + "/data/demo/hello.flac";
const std::string kGolden = std::string(MIRRORME_SOURCE_DIR) + "/tests/golden/parity/";

Outcome import_into(const std::string& bundle, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"import", "--ltx", kGolden + "ltx-14/model.safetensors", "--width", "64", "--height", "64", "--out", bundle};
    words.insert(words.end(), more.begin(), more.end());
    return run(words);
}

}  // namespace

TEST_CASE("an imported bundle is described, runs stage by stage and does not pretend to speak", "[cli][import]") {
    const TempFolder folder;
    const std::string bundle = (folder / "ltx").string();
    const Outcome imported = import_into(bundle);
    INFO(imported.err);
    REQUIRE(imported.code == 0);
    CHECK_THAT(imported.err, ContainsSubstring("does not speak yet"));

    const json facts = json::parse(run({"info", "--json", bundle}).out);
    CHECK(facts["name"] == "ltx");
    CHECK(facts["capabilities"].empty());
    CHECK(facts["trained_stages"].empty());
    CHECK(facts["provenance"]["sources"][0]["model"] == "LTX-Video");
    CHECK(facts["parameters"]["denoiser"] > 10000);
    CHECK(facts["parameters"]["codec"] > 10000);

    const std::string out = (folder / "out.safetensors").string();
    const Outcome decoded = run({"forward", "vae-decode", "--bundle", bundle, "--in", kGolden + "ltx-14/vae-decode.in.safetensors", "--out", out, "--dtype", "bf16"});
    INFO(decoded.err);
    REQUIRE(decoded.code == 0);
    CHECK_THAT(get(out), ContainsSubstring("sample") && ContainsSubstring("F32"));

    // Published classes may describe halves that do not belong together; such a bundle runs stage by stage only.
    const Outcome refused = run({"render", "--image", kPicture, "--audio", kVoice, "--out", (folder / "a.mp4").string(), "--bundle", bundle});
    CHECK(refused.code == 1);
    CHECK(line_count(refused.err) == 1);
    CHECK_THAT(refused.err, ContainsSubstring("different numbers of channels"));
}

TEST_CASE("an imported model makes pictures, is measured, is trained, and is rendered again", "[cli][import]") {
    const TempFolder folder;
    const auto file = [&](const std::string& name) { return (folder / name).string(); };
    const auto done = [](const Outcome& outcome) {
        INFO(outcome.err);
        REQUIRE(outcome.code == 0);
        return outcome;
    };
    write_tiny_ltx(folder / "model.safetensors");
    done(run({"import", "--ltx", file("model.safetensors"), "--width", "64", "--height", "64", "--out", file("ltx")}));
    const json facts = json::parse(run({"info", "--json", file("ltx")}).out);
    CHECK(facts["capabilities"].empty());
    CHECK(facts["parameters"]["audio"] > 1000);

    // 1 s of voice is 24 frames of 64 x 64; untrained, so it is said.
    put(folder / "voice.wav", wav({tone(200, 16000, 1.0)}, 16000));
    const auto render = [&](const std::string& bundle, const std::string& out, const std::vector<std::string>& more) {
        std::vector<std::string> words = {"render", "--image", kPicture, "--audio", file("voice.wav"), "--out", file(out), "--bundle", file(bundle)};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    };
    const Outcome streamed = done(render("ltx", "stream", {"--format", "png", "--steps", "2"}));
    CHECK_THAT(streamed.err, ContainsSubstring("not trained to speak") && ContainsSubstring("mini"));
    CHECK(count_files(folder / "stream") == 24);
    done(render("ltx", "clip", {"--format", "png", "--steps", "2", "--mode", "clip", "--window", "8", "--overlap", "3", "--sampler", "stochastic", "--guidance", "2"}));
    CHECK(count_files(folder / "clip") == 24);

    // Guidance of clips is no option of streams, windows must leave something, and the embedded model only looks back.
    const std::vector<std::string> embedded = {"render", "--image", kPicture, "--audio", file("voice.wav"), "--out", file("no.mp4")};
    const auto refusal = [&](const std::vector<std::string>& more) {
        std::vector<std::string> words = embedded;
        words.insert(words.end(), more.begin(), more.end());
        const Outcome refused = run(words);
        CHECK(refused.code != 0);
        CHECK(line_count(refused.err) == 1);
        return refused.err;
    };
    CHECK_THAT(refusal({"--guidance", "2"}), ContainsSubstring("--guidance") && ContainsSubstring("--mode clip"));
    CHECK_THAT(refusal({"--mode", "clip"}), ContainsSubstring("look back only"));
    CHECK_THAT(refusal({"--mode", "clip", "--bundle", file("ltx"), "--window", "4", "--overlap", "4"}), ContainsSubstring("--overlap 4"));
    CHECK_THAT(refusal({"--mode", "clip", "--bundle", file("ltx"), "--stg", "1"}), ContainsSubstring("no blocks"));
    CHECK_FALSE(std::filesystem::exists(folder / "no.mp4"));

    const Outcome measured = done(run({"bench", "--bundle", file("ltx"), "--image", kPicture, "--seconds", "1", "--steps", "1", "--json"}));
    CHECK(json::parse(measured.out)["media_s"].get<double>() > 0.9);

    put(folder / "train.json", json{{"schema", "mirrorme.training"},
                                    {"version", 1},
                                    {"name", "tiny"},
                                    {"modules", json::object()},
                                    {"stages", {{"face", {{"run", {{"steps", 3}, {"log_steps", 1}, {"learning_rate", 0.001}}}, {"task", {{"latents", 3}, {"pool_clips", 2}, {"clips_per_step", 0}, {"evaluation_clips", 1}}}}}}}}
                                   .dump());
    done(run({"train", "face", "--config", file("train.json"), "--init", file("ltx"), "--out", file("face")}));
    done(run({"train", "bundle", "--from", file("ltx"), file("face"), "--name", "tiny", "--out", file("speaker")}));
    const json trained = json::parse(run({"info", "--json", file("speaker")}).out);
    CHECK(trained["trained_stages"] == json{"face"});
    const Outcome spoken = done(render("speaker", "spoken", {"--format", "png", "--steps", "2"}));
    CHECK(spoken.err.find("not trained") == std::string::npos);
    CHECK(count_files(folder / "spoken") == 24);
}

TEST_CASE("import and forward refuse what they cannot do in one line", "[cli][import]") {
    const TempFolder folder;
    const std::string bundle = (folder / "ltx").string(), out = (folder / "out.safetensors").string(), in = kGolden + "ltx-14/vae-decode.in.safetensors";
    const auto check = [](const Outcome& result, int code, const std::string& words) {
        CHECK(result.code == code);
        CHECK(line_count(result.err) == 1);
        CHECK_THAT(result.err, StartsWith("mirrorme: ") && ContainsSubstring(words));
    };
    check(run({"import", "--out", bundle}), 2, "--ltx");
    check(run({"import", "--ltx", kGolden + "none", "--out", bundle}), 1, "none");
    check(import_into((folder / "no/such/ltx").string()), 1, "no");
    check(import_into(bundle, {"--dtype", "fp8"}), 2, "fp8");
    CHECK(count_files(folder.path()) == 0);
    REQUIRE(import_into(bundle).code == 0);
    check(run({"forward", "upscale", "--bundle", bundle, "--in", in, "--out", out}), 2, "vae-decode");
    check(run({"forward", "vae-encode", "--bundle", bundle, "--in", in, "--out", out}), 1, "[sample]");
    check(run({"forward", "vae-decode", "--bundle", bundle, "--in", in, "--out", out, "--device", "tpu"}), 2, "tpu");
    check(run({"forward", "vae-decode", "--bundle", kGolden, "--in", in, "--out", out}), 1, "bundle.json");
    check(run({"forward", "vae-decode", "--bundle", bundle, "--in", kGolden + "ltx-14/none", "--out", out}), 1, "none");
    CHECK_FALSE(std::filesystem::exists(out));
}

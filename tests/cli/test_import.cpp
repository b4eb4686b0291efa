// import and forward from outside. The published files are those of tests/golden/parity/.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "process.h"

using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;
using nlohmann::json;

namespace {

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

    for (const std::vector<std::string>& words : {std::vector<std::string>{"render", "--image", kGolden + "../media/bits.png", "--audio", kGolden + "../../../data/demo/hello.wav", "--out", (folder / "a.mp4").string(), "--bundle", bundle},
                                                  {"bench", "--bundle", bundle, "--seconds", "1"}}) {
        const Outcome refused = run(words);
        CHECK(refused.code == 1);
        CHECK(line_count(refused.err) == 1);
        CHECK_THAT(refused.err, ContainsSubstring("do not speak") && ContainsSubstring("mirrorme train") && ContainsSubstring("mini"));
    }
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

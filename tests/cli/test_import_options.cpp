// What import is told beside the weights: how a version is sampled, and a prompt.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "../media/media_support.h"
#include "process.h"
#include "tiny_ltx.h"

using namespace mirrorme::testing;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

json sampler_of(const std::string& bundle) { return json::parse(get(bundle + "/bundle.json"))["config"]["sampler"]; }

/// A safetensors file of float32 tensors, each filled with 0, 1/8, 2/8, ... or with its own values.
struct Filled {
    std::string name;
    std::vector<std::int64_t> shape;
    std::vector<float> values = {};
};
void write_tensors(const std::filesystem::path& file, const std::vector<Filled>& tensors) {
    nlohmann::ordered_json header;
    std::string data;
    for (const Filled& tensor : tensors) {
        std::int64_t count = 1;
        for (const std::int64_t n : tensor.shape) count *= n;
        const std::size_t first = data.size();
        for (std::int64_t i = 0; i < count; ++i) {
            const float value = tensor.values.empty() ? static_cast<float>(i) / 8 : tensor.values[static_cast<std::size_t>(i)];
            data.append(reinterpret_cast<const char*>(&value), sizeof value);
        }
        header[tensor.name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {first, data.size()}}};
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    const std::uint64_t size = text.size();
    put(file, std::string(reinterpret_cast<const char*>(&size), 8) + text + data);
}

int caption_width(const std::string& bundle) { return json::parse(get(bundle + "/bundle.json"))["config"]["denoiser"]["caption_channels"]; }

}  // namespace

TEST_CASE("a distilled version is sampled as it was published: by its name, or as it is told", "[cli][import]") {
    const TempFolder folder;
    const std::string out = (folder / "bundle").string();
    const auto imported = [&](const std::string& name, const std::vector<std::string>& more = {}) {
        write_tiny_ltx(folder / name);
        std::vector<std::string> words = {"import", "--ltx", (folder / name).string(), "--width", "64", "--height", "64", "--out", out};
        words.insert(words.end(), more.begin(), more.end());
        const Outcome outcome = run(words);
        INFO(outcome.err);
        REQUIRE(outcome.code == 0);
        return sampler_of(out);
    };
    const json plain = imported("ltx-video-2b-v0.9.5.safetensors");
    CHECK(plain["sampler"] == "euler");
    CHECK(plain["schedule"] != "list");
    CHECK(plain.contains("guidance"));

    const json stochastic = imported("ltxv-2b-0.9.6-distilled-04-25.safetensors");
    CHECK(stochastic["sampler"] == "stochastic");
    CHECK(stochastic["times"].size() == 8);
    CHECK(stochastic["times"].back() == 0.4219);
    CHECK_FALSE(stochastic.contains("guidance"));

    const json euler = imported("ltxv-2b-0.9.8-distilled.safetensors");
    CHECK(euler["sampler"] == "euler");
    CHECK(euler["times"].size() == 7);
    CHECK(json::parse(get(out + "/bundle.json"))["steps"] == json::array({7}));

    CHECK(imported("renamed.safetensors", {"--sampler", "0.9.6-distilled"}) == stochastic);
    CHECK(imported("ltxv-2b-0.9.6-distilled-04-25.safetensors", {"--sampler", "dev"}) == plain);

    write_tiny_ltx(folder / "my-distilled.safetensors");
    const Outcome unknown = run({"import", "--ltx", (folder / "my-distilled.safetensors").string(), "--width", "64", "--height", "64", "--out", out});
    CHECK(unknown.code == 0);
    CHECK_THAT(unknown.err, ContainsSubstring("my-distilled") && ContainsSubstring("--sampler 0.9.6-distilled"));
    CHECK(run({"import", "--ltx", (folder / "renamed.safetensors").string(), "--sampler", "0.9.5-distilled", "--out", out}).code != 0);
}

TEST_CASE("a prompt that was encoded elsewhere is kept without its padding, changes the pictures, and is refused when it does not fit", "[cli][import]") {
    const TempFolder folder;
    const auto file = [&](const std::string& name) { return (folder / name).string(); };
    write_tiny_ltx(folder / "model.safetensors");
    const auto import = [&](const std::string& out, const std::vector<std::string>& more) {
        std::vector<std::string> words = {"import", "--ltx", file("model.safetensors"), "--width", "64", "--height", "64", "--out", file(out)};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    };
    REQUIRE(import("plain", {}).code == 0);
    const int width = caption_width(file("plain"));
    write_tensors(folder / "prompt.safetensors", {{"prompt_embeds", {1, 4, width}}, {"prompt_attention_mask", {1, 4}, {1, 1, 1, 0}}});
    const Outcome told = import("told", {"--text-states", file("prompt.safetensors")});
    INFO(told.err);
    REQUIRE(told.code == 0);
    const std::string text = get(folder / "told" / "text.safetensors");
    CHECK_THAT(text, ContainsSubstring("text.states"));
    CHECK_THAT(text, ContainsSubstring("[3," + std::to_string(width) + "]"));

    const auto refusal = [&](const std::vector<Filled>& tensors) {
        write_tensors(folder / "wrong.safetensors", tensors);
        const Outcome refused = import("wrong", {"--text-states", file("wrong.safetensors")});
        CHECK(refused.code != 0);
        CHECK_THAT(refused.err, ContainsSubstring("wrong.safetensors"));
        CHECK_FALSE(std::filesystem::exists(folder / "wrong" / "bundle.json"));
        return refused.err;
    };
    CHECK_THAT(refusal({{"prompt_embeds", {4, width + 1}}}), ContainsSubstring("[prompt_embeds]") && ContainsSubstring("takes " + std::to_string(width)));
    CHECK_THAT(refusal({{"prompt_embeds", {2, 4, width}}}), ContainsSubstring("3 axes"));
    CHECK_THAT(refusal({{"prompt_embeds", {4, width}}, {"prompt_attention_mask", {5}, {1, 1, 1, 1, 1}}}), ContainsSubstring("[prompt_attention_mask]") && ContainsSubstring("5 tokens"));
    CHECK_THAT(refusal({{"prompt_embeds", {4, width}}, {"prompt_attention_mask", {4}, {0, 0, 0, 0}}}), ContainsSubstring("0 tokens"));
    CHECK_THAT(refusal({{"embeddings", {4, width}}}), ContainsSubstring("prompt_embeds"));
    CHECK(run({"import", "--text-states", file("prompt.safetensors"), "--out", file("alone")}).code != 0);

    // The same picture, sound and seed: the prompt alone makes the difference, in streams and in clips.
    put(folder / "voice.wav", wav({tone(200, 16000, 0.5)}, 16000));
    for (const char* mode : {"stream", "clip"}) {
        CAPTURE(mode);
        const auto frame = [&](const std::string& bundle) {
            const Outcome rendered = run({"render", "--image", std::string(MIRRORME_SOURCE_DIR) + "/data/avatars/ada.png", "--audio", file("voice.wav"), "--out", file(bundle + mode), "--bundle", file(bundle),
                                          "--format", "png", "--steps", "2", "--mode", mode});
            INFO(rendered.err);
            REQUIRE(rendered.code == 0);
            std::vector<std::filesystem::path> pictures;
            for (const auto& entry : std::filesystem::directory_iterator(folder / (bundle + mode))) pictures.push_back(entry.path());
            std::sort(pictures.begin(), pictures.end());
            REQUIRE(pictures.size() > 8);
            return get(pictures.back());
        };
        CHECK(frame("told") != frame("plain"));
    }
}

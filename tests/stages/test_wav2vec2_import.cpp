// The published folder -> a bundle -> the stage and the front end.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "features/audio_frontend.h"
#include "published/forward_stages.h"
#include "published/import_bundle.h"
#include "support/temp_folder.h"
#include "support/wav2vec2_golden.h"

using namespace mirrorme;
using Catch::Matchers::ContainsSubstring;
namespace fs = std::filesystem;

namespace {

/// A folder as save_pretrained leaves it for a model with a head.
void publish(const fs::path& folder, const Wav2Vec2Config& config) {
    fs::create_directories(folder);
    testing::put(folder / "config.json", to_json(config).dump());
    std::vector<NamedTensor> tensors = golden::published_wav2vec2(config, golden::WeightNormNames::parametrized);
    for (NamedTensor& tensor : tensors) tensor.name = "wav2vec2." + tensor.name;
    tensors.push_back({"lm_head.weight", torch::ones({5, config.hidden_size})});
    write_safetensors(folder / "model.safetensors", tensors);
}

void import_from(const fs::path& folder, const fs::path& out, const ImportRequest& request = {}) {
    BundleDraft draft = start_draft(request, "test");
    for (const ImportSource& source : import_sources())
        if (source.option == "wav2vec2") source.add(folder, request, draft);
    REQUIRE(draft.parts.size() == 1);
    write_draft(out, draft, {});
}

std::string import_error(const fs::path& folder) {
    try {
        import_from(folder, folder.parent_path() / "never");
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was refused";
}

std::string stage_error(const Bundle& bundle, TensorMap inputs) {
    try {
        run_stage("wav2vec2", bundle, StageTensors(std::move(inputs), "in.safetensors"), {});
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was refused";
}

}  // namespace

TEST_CASE("an imported wav2vec2 gives the recorded rows through its stage, and the front end loads from the bundle") {
    testing::TempFolder folder;
    publish(folder / "published", golden::as_large_kind(golden::tiny_wav2vec2()));
    import_from(folder / "published", folder / "bundle");
    const auto bundle = Bundle::open(folder / "bundle");
    CHECK_FALSE(bundle->manifest().capabilities.speaks);

    const TensorMap results = run_stage("wav2vec2", *bundle, StageTensors({{"input_values", golden::golden_sound()}}, "in"), {});
    REQUIRE(results.size() == 4);
    golden::check_summary(results.at("hidden_states.0"), {{-.71398, -.49069, .75203, .41140, .06492, -.54753}, {-.84101, 1.46413, -.19416}, -46.8098, 1424.1886});
    golden::check_summary(results.at("last_hidden_state"), {{-1.18144, -1.00967, 1.75188, .45053, .69406, .43924}, {.83219, .69294, -.60887}, 36.1129, 1263.6893});
    CHECK(results.at("hidden_states.2").sizes() == torch::IntArrayRef({1, 49, 32}));

    const AudioFrontEndConfig config = audio_frontend_config_from_json(bundle->config("audio"), "bundle.json");
    CHECK(config.encoder.temporal == 8);
    CHECK(config.wav2vec2.normalise);
    AudioFrontEnd front(config);
    LoadReport report;
    bundle->load_into(*front, "audio.", report);
    CHECK(report.summary() == "complete");
    CHECK(front->wav2vec2()->forward(golden::golden_sound()).last.allclose(results.at("last_hidden_state"), 1e-4, 1e-5));

    CHECK_THAT(stage_error(*bundle, {}), ContainsSubstring("in.safetensors [input_values]"));
    CHECK_THAT(stage_error(*bundle, {{"input_values", torch::zeros({1, 399})}}), ContainsSubstring("399") && ContainsSubstring("400"));
    CHECK_THAT(stage_error(*bundle, {{"input_values", torch::zeros({16000})}}), ContainsSubstring("input_values"));
}

TEST_CASE("an imported wav2vec2 is stored in the type that is asked for, and hears sound as its preprocessor does") {
    testing::TempFolder folder;
    publish(folder / "published", golden::tiny_wav2vec2());
    testing::put(folder / "published" / "preprocessor_config.json", R"({"do_normalize": false, "sampling_rate": 16000})");
    import_from(folder / "published", folder / "bundle", {.type = torch::kBFloat16});
    const auto bundle = Bundle::open(folder / "bundle");
    CHECK(bundle->info("audio.wav2vec2.model.encoder.pos_conv_embed.conv.weight")->type == torch::kBFloat16);
    CHECK_FALSE(audio_frontend_config_from_json(bundle->config("audio"), "bundle.json").wav2vec2.normalise);

    const TensorMap inputs{{"input_values", golden::golden_sound()}};
    const torch::Tensor wide = run_stage("wav2vec2", *bundle, StageTensors(inputs, "in"), {}).at("last_hidden_state").flatten();
    const torch::Tensor narrow = run_stage("wav2vec2", *bundle, StageTensors(inputs, "in"), {.type = torch::kBFloat16}).at("last_hidden_state").flatten();
    CHECK(torch::cosine_similarity(wide, narrow, 0).item<double>() > 0.999);
}

TEST_CASE("a folder that is no wav2vec2 model is refused, and the message names the file") {
    testing::TempFolder folder;
    CHECK_THAT(import_error(folder / "none"), ContainsSubstring("none") && ContainsSubstring("not there"));
    const fs::path model = folder / "model";
    publish(model, golden::tiny_wav2vec2());
    CHECK_THAT(import_error(model / "config.json"), ContainsSubstring("no folder"));
    testing::put(model / "preprocessor_config.json", R"({"sampling_rate": 8000})");
    CHECK_THAT(import_error(model), ContainsSubstring("preprocessor_config.json") && ContainsSubstring("8000"));
    fs::remove(model / "preprocessor_config.json");
    testing::put(model / "config.json", R"({"model_type": "hubert"})");
    CHECK_THAT(import_error(model), ContainsSubstring("config.json") && ContainsSubstring("hubert"));
    testing::put(model / "config.json", to_json(golden::as_large_kind(golden::tiny_wav2vec2())).dump());
    CHECK_THAT(import_error(model), ContainsSubstring("model.safetensors [wav2vec2.feature_extractor.conv_layers.0.conv.bias]"));
    fs::rename(model / "model.safetensors", model / "pytorch_model.bin");
    CHECK_THAT(import_error(model), ContainsSubstring("pytorch_model.bin") && ContainsSubstring("pickle"));
}

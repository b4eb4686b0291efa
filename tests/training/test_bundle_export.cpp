#include "train/bundle_export.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "codec/motion/motion_codec.h"
#include "codec/motion/part_map.h"
#include "core/error.h"
#include "denoise/dit_model.h"
#include "engine/model.h"
#include "features/audio_frontend.h"
#include "support/temp_folder.h"
#include "train/checkpoint.h"
#include "train/motion_parts.h"
#include "train/stages.h"

using namespace mirrorme;
using namespace mirrorme::testing;
namespace fs = std::filesystem;

namespace {

nlohmann::json small_modules() {
    return {
        {"renderer", {{"stem", 8}, {"fine", 8}, {"middle", 16}, {"coarse", 16}, {"condition", 16}}},
        {"audio",
         {{"backbone", "mel"}, {"width", 16}, {"dilations", {1, 2}}, {"temporal", 4}, {"tokens", 2}, {"audio_dim", 16}, {"fps", {24, 1}}}},
        {"denoiser",
         {{"num_layers", 1},
          {"num_attention_heads", 2},
          {"attention_head_dim", 16},
          {"in_channels", 128},
          {"caption_channels", 0},
          {"part_tokens", 6},
          {"grid", {{"temporal", 4}, {"spatial_stride", 1}, {"fps", {24, 1}}}},
          {"adapter", {{"enabled", true}, {"tokens", 2}, {"audio_dim", 16}}},
          {"context", {{"mode", "block_causal"}, {"history", "clean"}, {"chunk", 1}, {"window", 2}, {"anchor", true}}}}},
        {"sampler", {{"schedule", "uniform"}, {"kind", "euler"}, {"steps", 2}}}};
}

/// A stage's folder with weights as they were made.
void leave_stage(const fs::path& folder, const std::string& task, std::vector<TrainedModule> modules, const nlohmann::json& config) {
    RunState state;
    state.task = task;
    state.step = 12;
    state.seconds = 7200;
    state.plan = {{"seed", 3}, {"data_seed", 4}, {"precision", "f32"}};
    state.description = {{"config", config}};
    state.sessions.push_back({{"command", "mirrorme train " + task}, {"hardware", "a test"}});
    fs::create_directories(folder);
    write_checkpoint(folder / "checkpoint", state, modules, Optimizer(modules, RunPlan{}));
}

Performance nodding(std::uint64_t seed, const PerformanceOptions& options) {
    Performance p;
    p.seed = seed;
    for (int f = 0; f < options.frames; ++f) {
        PerformerPose pose;
        pose.mouth.opening = static_cast<float>(f % 5) / 5;
        pose.head.pitch = static_cast<float>(f % 9);
        p.poses.push_back(pose);
    }
    p.audio_16k.resize(static_cast<std::size_t>(kPerformanceClock.first_sample(options.frames)));
    return p;
}

}  // namespace

TEST_CASE("what stages leave becomes a bundle that the engine opens, with its history") {
    torch::manual_seed(1);
    TempFolder folder;
    const nlohmann::json modules = small_modules();
    PartMap parts(4);
    fit_parts(parts, nodding, {.clips = 4, .frames = 32, .data_seed = 3});
    leave_stage(folder / "parts", "parts", {{"codec.part_map.", parts.ptr(), 1}}, nlohmann::json::object());
    Renderer renderer(modules["renderer"].get<RendererConfig>());
    leave_stage(folder / "renderer", "renderer", {{"codec.renderer.", renderer.ptr(), 1}}, {{"renderer", modules["renderer"]}});
    DitModel denoiser(dit_config_from_json(modules["denoiser"], "test"));
    AudioFrontEnd audio(audio_frontend_config_from_json(modules["audio"], "test"));
    denoiser->initialise();
    leave_stage(folder / "face", "face", {{"denoiser.", denoiser.ptr(), 1}, {"audio.", audio.ptr(), 1}},
                {{"denoiser", to_json(denoiser->config())}, {"audio", to_json(audio->config())}, {"sampler", modules["sampler"]}, {"latents", {{"part_map", hash_of(parts)}}}});

    PartMap other(4);
    fit_parts(other, nodding, {.clips = 4, .frames = 32, .data_seed = 4});
    leave_stage(folder / "other", "parts", {{"codec.part_map.", other.ptr(), 1}}, nlohmann::json::object());
    StageWeights strange;
    for (const char* stage : {"parts", "face", "other"}) strange.add(folder / stage);
    CHECK_THROWS_WITH(export_bundle(strange, {.steps = {}, .output = folder / "strange"}), Catch::Matchers::ContainsSubstring("another part map"));

    StageWeights weights;
    for (const char* stage : {"parts", "renderer", "face"}) weights.add(folder / stage);
    BundleRequest request;
    request.output = folder / "bundle";
    request.steps = {4, 1, 2};
    export_bundle(weights, request);

    const std::shared_ptr<const Model> model = load_model(folder / "bundle", torch::kCPU);
    CHECK(model->manifest.capabilities.speaks);
    CHECK_FALSE(model->manifest.capabilities.hands);
    CHECK_FALSE(model->manifest.capabilities.matte);  // no key-point net was trained
    CHECK(model->fewest_steps() == 1);
    CHECK(model->manifest.provenance["runs"].size() == 3);
    CHECK(model->manifest.provenance["runs"][2]["hours"] == 2.0);
    CHECK(model->manifest.provenance["runs"][2]["sessions"][0]["command"] == "mirrorme train face");
    const torch::Tensor kept = model->denoiser->named_parameters()["proj_in.weight"],
                        was = denoiser->named_parameters()["proj_in.weight"];
    CHECK((kept - was).abs().max().item<float>() < 0.01f * was.abs().max().item<float>());  // bfloat16 on disk

    StageWeights again;
    again.add(folder / "bundle");  // and training can go on from it
    CHECK(again.has("denoiser.proj_in.weight"));
    again.add(folder / "renderer");  // one part trained further: the bundle's history stays
    request.output = folder / "further";
    export_bundle(again, request);
    const BundleManifest further = Bundle::open(folder / "further")->manifest();
    REQUIRE(further.provenance["runs"].size() == 4);
    CHECK(further.provenance["runs"][2]["sessions"][0]["command"] == "mirrorme train face");
    CHECK(further.provenance["runs"][3]["task"] == "renderer");
    CHECK(further.trained_stages == model->manifest.trained_stages);
    CHECK(further.capabilities.speaks);
}

TEST_CASE("a bundle without a part map or a denoiser is refused with what to do") {
    TempFolder folder;
    Renderer renderer(small_modules()["renderer"].get<RendererConfig>());
    leave_stage(folder / "renderer", "renderer", {{"codec.renderer.", renderer.ptr(), 1}}, {{"renderer", small_modules()["renderer"]}});
    StageWeights weights;
    weights.add(folder / "renderer");
    BundleRequest request;
    request.output = folder / "bundle";
    try {
        export_bundle(weights, request);
        FAIL("it was written");
    } catch (const Error& e) {
        CHECK_FALSE(e.remedy().empty());
    }
    CHECK_FALSE(fs::exists(folder / "bundle"));
}

// Published files through import and forward. tests/golden/parity/ holds files that the published classes wrote, what they were given and what they
// gave (tests/golden/parity.sh --golden); the rest is written here.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "codec/vae/vae_codec.h"
#include "core/error.h"
#include "denoise/dit_model.h"
#include "denoise/ltx_names.h"
#include "denoise/guidance.h"
#include "denoise/rectified_flow.h"
#include "features/audio_frontend.h"
#include "published/forward_stages.h"
#include "published/import_bundle.h"
#include "published/speaking_parts.h"
#include "support/golden_fill.h"
#include "support/temp_folder.h"

using namespace mirrorme;
using Catch::Matchers::ContainsSubstring;
using mirrorme::testing::get;
using mirrorme::testing::put;
using mirrorme::testing::TempFolder;
using nlohmann::json;
using torch::Tensor;
namespace fs = std::filesystem;

namespace {

TensorMap tensors_in(const fs::path& path) {
    const SafetensorsFile file = SafetensorsFile::open(path);
    TensorMap tensors;
    for (const TensorInfo& info : file.tensors()) tensors[info.name] = file.tensor(info.name);
    return tensors;
}

std::shared_ptr<const Bundle> import_ltx(const fs::path& from, const fs::path& to, ImportRequest request = {}) {
    BundleDraft draft = start_draft(request, "imported");
    import_sources().front().add(from, request, draft);
    write_draft(to, draft, {});
    return Bundle::open(to);
}

/// A model of width 64 as LTX-Video publishes it; `change` may spoil it before it is written.
struct SingleFile {
    DitConfig dit;
    VaeConfig vae = published_vae(VaeVersion::v0_9_5, 4, 4);
    std::vector<NamedTensor> tensors;
    json config;

    SingleFile() {
        dit.num_layers = 2;
        dit.num_attention_heads = 32;
        dit.attention_head_dim = 2;
        dit.in_channels = dit.out_channels = 4;
        dit.cross_attention_dim = 64;
        dit.caption_channels = 6;
        DitModel model(dit);
        LtxVae autoencoder(vae);
        golden::fill(*model);
        golden::fill(*autoencoder);
        for (const auto& item : model->named_parameters())
            if (is_ltx_tensor(item.key())) tensors.push_back({single_file_name_of_transformer(item.key()), item.value().detach()});
        for (const auto& item : autoencoder->named_parameters()) tensors.push_back({"vae." + item.key(), item.value().detach()});
        for (const auto& item : autoencoder->named_buffers()) tensors.push_back({"vae." + item.key(), item.value()});
        config = {{"transformer", to_json(dit)}, {"vae", to_json(vae)}, {"scheduler", {{"sampler", "LinearQuadratic"}}}};
    }

    NamedTensor& named(const std::string& name) {
        for (NamedTensor& item : tensors)
            if (item.name == name) return item;
        FAIL("no tensor " << name);
        return tensors.front();
    }
    fs::path write(const TempFolder& folder, bool with_config = true) const {
        write_safetensors(folder / "model.safetensors", tensors, with_config ? SafetensorsMetadata{{"config", config.dump()}} : SafetensorsMetadata{});
        return folder / "model.safetensors";
    }
};

ImportRequest small_frame() { return {.type = {}, .width = 64, .height = 32, .fps = {25, 1}}; }

/// What the imported model's transformer makes of a few tokens; `scale` spreads their positions.
Tensor sample_of(const SingleFile& model, double scale = 1) {
    const TempFolder folder;
    const TensorMap inputs{{"hidden_states", golden::input("tokens", {1, 12, 4})},
                           {"timestep", torch::full({1}, 500.0f)},
                           {"encoder_hidden_states", golden::input("text", {1, 2, 6})},
                           {"num_frames", torch::tensor(int64_t{2})},
                           {"height", torch::tensor(int64_t{2})},
                           {"width", torch::tensor(int64_t{3})},
                           {"rope_interpolation_scale", torch::tensor({0.3 * scale, 32 * scale, 32 * scale}, torch::kFloat)}};
    const auto bundle = import_ltx(model.write(folder), folder / "bundle", small_frame());
    return run_stage("transformer", *bundle, StageTensors(inputs, "in.safetensors"), {}).at("sample");
}

/// What importing `file` says, which must be an error.
std::string refusal(const fs::path& file, const TempFolder& folder) {
    try {
        import_ltx(file, folder / "bundle", small_frame());
    } catch (const Error& error) {
        CHECK_FALSE(fs::exists(folder / "bundle"));
        return error.what();
    }
    FAIL("was imported");
    return {};
}

}  // namespace

TEST_CASE("published files give what the published classes gave", "[published]") {
    int cases = 0;
    for (const auto& entry : fs::directory_iterator(fs::path(MIRRORME_SOURCE_DIR) / "tests/golden/parity")) {
        if (!entry.path().filename().string().starts_with("ltx")) continue;
        INFO(entry.path());
        const TempFolder folder;
        const fs::path single = entry.path() / "model.safetensors";
        const auto bundle = import_ltx(fs::exists(single) ? single : entry.path() / "model", folder / "bundle", {.type = {}, .width = 64, .height = 64});
        for (const char* stage : {"transformer", "vae-encode", "vae-decode"}) {
            INFO(stage);
            const std::string name = stage;
            const TensorMap inputs = tensors_in(entry.path() / (name + ".in.safetensors")), expected = tensors_in(entry.path() / (name + ".out.safetensors"));
            for (const auto type : {torch::kFloat, torch::kBFloat16}) {
                const TensorMap made = run_stage(name, *bundle, StageTensors(inputs, name), {.device = torch::kCPU, .type = type});
                REQUIRE(made.size() >= expected.size());
                for (const auto& [key, peer] : expected) {
                    REQUIRE(made.at(key).sizes() == peer.sizes());
                    const double difference = (made.at(key) - peer).abs().max().item<double>() / peer.abs().max().item<double>();
                    CHECK(difference < (type == torch::kFloat ? 1e-5 : 0.2));
                    if (type == torch::kBFloat16) CHECK(torch::cosine_similarity(made.at(key).flatten(), peer.flatten(), 0).item<double>() > 0.999);
                }
            }
        }
        ++cases;
    }
    CHECK(cases == 3);
}

TEST_CASE("a single file becomes a bundle, with its config or by its shapes", "[published]") {
    const TempFolder folder;
    const SingleFile model;
    for (const bool with_config : {true, false}) {
        INFO(with_config);
        const auto bundle = import_ltx(model.write(folder, with_config), folder / "bundle", small_frame());
        const BundleManifest& manifest = bundle->manifest();
        CHECK_FALSE(manifest.capabilities.speaks);
        CHECK(manifest.trained_stages.empty());
        CHECK(manifest.width == 64);
        const DitConfig dit = dit_config_from_json(bundle->config("denoiser"), "denoiser");
        CHECK(dit.num_layers == 2);
        CHECK(dit.num_attention_heads == 32);
        CHECK(dit.attention_head_dim == 2);
        CHECK(dit.caption_channels == 6);
        CHECK(dit.causal_temporal_positioning);
        CHECK(dit.grid.fps == Rational{25, 1});
        CHECK(to_json(vae_codec_config_from_json(bundle->config("codec")).vae) == to_json(model.vae));
        CHECK(sampler_config_from_json(bundle->config("sampler"), "sampler").schedule == Schedule::linear_quadratic);
        CHECK(bundle->tensor("denoiser.proj_in.weight").equal(SingleFile().named("model.diffusion_model.patchify_proj.weight").tensor));
        CHECK(bundle->tensor("codec.vae.decoder.conv_in.conv.bias").equal(SingleFile().named("vae.decoder.conv_in.conv.bias").tensor));
    }
}

TEST_CASE("an import adds every module that a speaking model has, with outputs of zero, the same each time", "[published]") {
    const TempFolder folder;
    const fs::path file = SingleFile().write(folder);
    std::shared_ptr<const Bundle> bundles[2];
    for (int i : {0, 1}) {
        torch::manual_seed(static_cast<std::uint64_t>(i));
        ImportRequest request = small_frame();
        request.type = torch::kBFloat16;
        BundleDraft draft = start_draft(request, "imported");
        import_sources().front().add(file, request, draft);
        add_speaking_parts(request, draft);
        const std::uint64_t expected = draft_bytes(draft);
        std::uint64_t told = 0;
        write_draft(folder / std::to_string(i), draft, [&](std::uint64_t bytes) { told = bytes; });
        CHECK(told >= expected);
        bundles[i] = Bundle::open(folder / std::to_string(i));
    }
    const DitConfig config = dit_config_from_json(bundles[0]->config("denoiser"), "denoiser");
    CHECK(config.adapter.enabled);
    CHECK(config.pose.kind == PoseKind::maps);
    CHECK(config.context.mode == AttentionMode::block_causal);
    CHECK(config.context.one_shot);
    DitModel model(config);
    AudioFrontEnd ears(audio_frontend_config_from_json(bundles[0]->config("audio"), "audio"));
    CHECK(ears->config().fps == Rational{25, 1});
    LoadReport report;
    bundles[0]->load_into(*model, "denoiser.", report);
    CHECK(report.unexpected.empty());
    bundles[0]->load_into(*ears, "audio.", report);
    CHECK(report.unexpected.empty());
    int outputs = 0, random = 0;
    for (const auto& item : model->named_parameters()) {
        if (is_ltx_tensor(item.key())) continue;
        INFO(item.key());
        CHECK(bundles[1]->tensor("denoiser." + item.key()).equal(bundles[0]->tensor("denoiser." + item.key())));
        const bool zero = item.value().abs().max().item<double>() == 0;
        const bool output = item.key().find("audio_adapter.to_out") != std::string::npos, query = item.key().find("audio_adapter.to_q.weight") != std::string::npos;
        if (output || query) CHECK(zero == output);
        outputs += output, random += query;
    }
    CHECK(outputs == 2 * config.num_layers);
    CHECK(random == config.num_layers);
    CHECK_FALSE(model->named_parameters()["transformer_blocks.0.audio_adapter.to_q.weight"].equal(model->named_parameters()["transformer_blocks.1.audio_adapter.to_q.weight"]));
    CHECK(guidance_config_from_json(bundles[0]->config("sampler")["guidance"], "sampler", config.num_layers).scale == 3);
    CHECK(bundles[0]->manifest().steps == std::vector<int>{1, 2, 4, 8, 20, 40});
}

TEST_CASE("weights keep their type or take the one asked for; statistics keep theirs", "[published]") {
    const TempFolder folder;
    SingleFile model;
    for (NamedTensor& item : model.tensors) item.tensor = item.tensor.to(torch::kHalf);
    const fs::path file = model.write(folder);
    CHECK(import_ltx(file, folder / "as", small_frame())->info("denoiser.proj_in.weight")->type == torch::kHalf);
    ImportRequest request = small_frame();
    for (const auto type : {torch::kFloat, torch::kBFloat16}) {
        request.type = type;
        const auto bundle = import_ltx(file, folder / "to", request);
        CHECK(bundle->info("denoiser.proj_in.weight")->type == type);
        CHECK(bundle->info("codec.vae.per_channel_statistics.mean-of-means")->type == torch::kHalf);
        CHECK(bundle->tensor("denoiser.proj_in.weight").equal(model.named("model.diffusion_model.patchify_proj.weight").tensor.to(type)));
    }
}

TEST_CASE("projections without biases and larger patches are what they are in the published classes", "[published]") {
    const TempFolder folder;
    const auto is_bias = [](const NamedTensor& item, std::string_view of) { return item.name.ends_with(of); };
    SingleFile zeros, none;
    for (NamedTensor& item : zeros.tensors)
        for (const char* of : {".to_q.bias", ".to_k.bias", ".to_v.bias", ".to_out.0.bias"})
            if (is_bias(item, of)) item.tensor = torch::zeros_like(item.tensor);
    std::erase_if(none.tensors, [&](const NamedTensor& item) { return is_bias(item, ".to_q.bias") || is_bias(item, ".to_k.bias") || is_bias(item, ".to_v.bias") || is_bias(item, ".to_out.0.bias"); });
    CHECK_THAT(refusal(none.write(folder), folder), ContainsSubstring("to_k.bias"));
    none.config["transformer"]["attention_bias"] = none.config["transformer"]["attention_out_bias"] = false;
    const Tensor expected = sample_of(zeros);
    CHECK(sample_of(none).equal(expected));
    CHECK_FALSE(sample_of(SingleFile()).equal(expected));

    none.config["transformer"]["patch_size"] = none.config["transformer"]["patch_size_t"] = 2;
    const Tensor spread = sample_of(none);
    CHECK(spread.equal(sample_of(zeros, 2)));
    CHECK_FALSE(spread.equal(expected));
    none.config["transformer"]["patch_size"] = 0;
    const TempFolder empty;
    CHECK_THAT(refusal(none.write(empty), empty), ContainsSubstring("patch_size"));
}

TEST_CASE("norms with weights and an eps of their own are what they are in the published classes", "[published]") {
    // With nothing from the timestep, a weight w is what the table's scale s would be as w (1 + s) - 1.
    const TempFolder folder;
    SingleFile plain;
    for (const char* part : {"weight", "bias"}) plain.named(std::string("model.diffusion_model.adaln_single.linear.") + part).tensor.zero_();
    SingleFile weighted = plain;
    weighted.config["transformer"]["norm_elementwise_affine"] = true;
    CHECK_THAT(refusal(weighted.write(folder), folder), ContainsSubstring("norm1.weight"));
    for (int block = 0; block < plain.dit.num_layers; ++block) {
        const std::string prefix = "model.diffusion_model.transformer_blocks." + std::to_string(block) + '.';
        Tensor table = plain.named(prefix + "scale_shift_table").tensor.clone();
        for (const auto& [norm, row] : {std::pair<const char*, int64_t>{"norm1", 1}, {"norm2", 4}}) {
            const Tensor weight = 1 + 0.3 * golden::input(norm, {64});
            weighted.tensors.push_back({prefix + norm + ".weight", weight});
            table[row] = weight * (1 + table[row]) - 1;
        }
        plain.named(prefix + "scale_shift_table").tensor = table;
    }
    const Tensor expected = sample_of(plain);
    CHECK(torch::allclose(sample_of(weighted), expected, 1e-5, 1e-6));
    weighted.config["transformer"]["norm_eps"] = 0.1;
    CHECK_FALSE(torch::allclose(sample_of(weighted), expected, 1e-2, 1e-2));
    plain.config["transformer"]["norm_eps"] = 0.1;
    CHECK(torch::allclose(sample_of(weighted), sample_of(plain), 1e-5, 1e-6));
}

TEST_CASE("distilled files bring their times, early ones the shift", "[published]") {
    const TempFolder folder;
    SingleFile model;
    model.config["allowed_inference_steps"] = {1.0, 0.975, 0.9094, 0.725, 0.0};
    SamplerConfig sampler = sampler_config_from_json(import_ltx(model.write(folder), folder / "bundle", small_frame())->config("sampler"), "sampler");
    CHECK(sampler.times == std::vector<double>{1.0, 0.975, 0.9094, 0.725});
    model.config.erase("allowed_inference_steps");
    model.config["scheduler"] = {{"shifting", "SD3"}, {"target_shift_terminal", 0.1}};
    sampler = sampler_config_from_json(import_ltx(model.write(folder), folder / "bundle", small_frame())->config("sampler"), "sampler");
    CHECK(sampler.schedule == Schedule::shifted);
}

TEST_CASE("what is not a whole published model is refused, and the message says what is wrong where", "[published]") {
    const TempFolder folder;
    SingleFile model;
    const std::string query = "model.diffusion_model.transformer_blocks.1.attn1.to_q.weight";

    SECTION("a wrong shape") {
        model.named(query).tensor = torch::zeros({64, 63});
        CHECK_THAT(refusal(model.write(folder), folder), ContainsSubstring(query) && ContainsSubstring("expected the shape [64, 64], found [64, 63]"));
    }
    SECTION("whole numbers for weights") {
        model.named(query).tensor = torch::zeros({64, 64}, torch::kChar);
        CHECK_THAT(refusal(model.write(folder), folder), ContainsSubstring(query) && ContainsSubstring("floating point") && ContainsSubstring("bf16"));
    }
    SECTION("a tensor too few") {
        std::erase_if(model.tensors, [&](const NamedTensor& item) { return item.name == query; });
        CHECK_THAT(refusal(model.write(folder), folder), ContainsSubstring("lacks 1 of") && ContainsSubstring(query));
    }
    SECTION("a tensor too many") {
        model.tensors.push_back({"model.diffusion_model.audio_proj.weight", torch::zeros({2, 2})});
        CHECK_THAT(refusal(model.write(folder), folder), ContainsSubstring("audio_proj.weight"));
    }
    SECTION("something else beside them") {
        model.tensors.push_back({"text_encoder.weight", torch::zeros({2, 2})});
        CHECK_THAT(refusal(model.write(folder), folder), ContainsSubstring("text_encoder.weight"));
    }
    SECTION("NaN") {
        model.named(query).tensor = torch::full({64, 64}, std::numeric_limits<float>::quiet_NaN());
        CHECK_THAT(refusal(model.write(folder), folder), ContainsSubstring("to_q.weight") && ContainsSubstring("NaN"));
    }
    SECTION("a config of another family") {
        model.config["transformer"]["qk_norm"] = "layer_norm";
        CHECK_THAT(refusal(model.write(folder), folder), ContainsSubstring("qk_norm"));
    }
    SECTION("an autoencoder whose halves do not fit") {
        model.config["vae"]["decoder_blocks"] = json::parse(R"([["res_x", 1]])");
        CHECK_THAT(refusal(model.write(folder), folder), ContainsSubstring("decoder_blocks"));
    }
    SECTION("a frame that the autoencoder cannot cut") {
        ImportRequest request = small_frame();
        request.width = 100;
        CHECK_THROWS_AS(import_ltx(model.write(folder), folder / "bundle", request), Error);
    }
    SECTION("a truncated file") {
        const fs::path file = model.write(folder);
        fs::resize_file(file, fs::file_size(file) - 100);
        CHECK_THAT(refusal(file, folder), ContainsSubstring("truncated"));
    }
    SECTION("8-bit floats") {
        std::string header = R"({"model.diffusion_model.patchify_proj.weight":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}})";
        header.resize((header.size() + 7) / 8 * 8, ' ');
        const std::uint64_t bytes = header.size();
        put(folder / "fp8.safetensors", std::string(reinterpret_cast<const char*>(&bytes), 8) + header + "abcd");
        CHECK_THAT(refusal(folder / "fp8.safetensors", folder), ContainsSubstring("patchify_proj.weight") && ContainsSubstring("F8_E4M3") && ContainsSubstring("bf16"));
    }
    SECTION("no model at all") {
        CHECK_THAT(refusal(folder / "none", folder), ContainsSubstring("is not there"));
        put(folder / "note.txt", "hello");
        CHECK_THAT(refusal(folder / "note.txt", folder), ContainsSubstring("note.txt"));
        fs::create_directory(folder / "empty");
        CHECK_THAT(refusal(folder / "empty", folder), ContainsSubstring("vae"));
    }
}

TEST_CASE("a shard that is missing or does not hold what the index says is named", "[published]") {
    const TempFolder folder;
    fs::create_directories(folder / "model/transformer");
    fs::copy(fs::path(MIRRORME_SOURCE_DIR) / "tests/golden/parity/ltx-5/model/vae", folder / "model/vae");
    const fs::path place = folder / "model/transformer";
    fs::copy(fs::path(MIRRORME_SOURCE_DIR) / "tests/golden/parity/ltx-5/model/transformer/config.json", place / "config.json");
    const SafetensorsFile whole = SafetensorsFile::open(fs::path(MIRRORME_SOURCE_DIR) / "tests/golden/parity/ltx-5/model/transformer/diffusion_pytorch_model.safetensors");
    std::vector<NamedTensor> halves[2];
    json map = json::object();
    for (std::size_t i = 0; i < whole.tensors().size(); ++i) {
        halves[i % 2].push_back({whole.tensors()[i].name, whole.tensor(whole.tensors()[i].name)});
        map[whole.tensors()[i].name] = "part-" + std::to_string(i % 2) + ".safetensors";
    }
    for (int i : {0, 1}) write_safetensors(place / ("part-" + std::to_string(i) + ".safetensors"), halves[i]);
    put(place / "diffusion_pytorch_model.safetensors.index.json", json{{"weight_map", map}}.dump());
    const ImportRequest request{.type = {}, .width = 64, .height = 64};
    CHECK(import_ltx(folder / "model", folder / "bundle", request)->tensor("denoiser.proj_in.weight").equal(whole.tensor("proj_in.weight")));

    SECTION("missing") {
        fs::remove(place / "part-1.safetensors");
        CHECK_THROWS_WITH(import_ltx(folder / "model", folder / "bundle", request), ContainsSubstring("part-1.safetensors"));
    }
    SECTION("swapped") {
        map["proj_in.weight"] = map["proj_in.weight"] == "part-0.safetensors" ? "part-1.safetensors" : "part-0.safetensors";
        put(place / "diffusion_pytorch_model.safetensors.index.json", json{{"weight_map", map}}.dump());
        CHECK_THROWS_WITH(import_ltx(folder / "model", folder / "bundle", request), ContainsSubstring("proj_in.weight"));
    }
    SECTION("an index that leaves the folder") {
        map["proj_in.weight"] = "../part-0.safetensors";
        put(place / "diffusion_pytorch_model.safetensors.index.json", json{{"weight_map", map}}.dump());
        CHECK_THROWS_WITH(import_ltx(folder / "model", folder / "bundle", request), ContainsSubstring("proj_in.weight"));
    }
}

TEST_CASE("a stage refuses tensors that do not fit, by name", "[published]") {
    const TempFolder folder;
    const auto bundle = import_ltx(SingleFile().write(folder), folder / "bundle", small_frame());
    const auto refused = [&](const char* stage, const TensorMap& tensors) -> std::string {
        try {
            run_stage(stage, *bundle, StageTensors(tensors, "in.safetensors"), {});
        } catch (const Error& error) {
            return error.what();
        }
        return {};
    };
    CHECK_THAT(refused("upscale", {}), ContainsSubstring("no such stage") && ContainsSubstring("vae-decode"));
    CHECK_THAT(refused("vae-decode", {}), ContainsSubstring("[latents]") && ContainsSubstring("missing"));
    CHECK_THAT(refused("vae-decode", {{"latents", torch::zeros({1, 5, 1, 1, 1})}}), ContainsSubstring("[1, 5, 1, 1, 1]") && ContainsSubstring("[any, 4, any, any, any]"));
    CHECK_THAT(refused("vae-decode", {{"latents", torch::full({1, 4, 1, 1, 1}, INFINITY)}}), ContainsSubstring("NaN or infinity"));
    CHECK_THAT(refused("vae-encode", {{"sample", torch::zeros({1, 3, 2, 32, 32})}}), ContainsSubstring("1 + 8n"));
    const TensorMap decode = {{"latents", torch::zeros({1, 4, 1, 1, 1})}, {"timestep", torch::zeros({1})}};
    CHECK(refused("vae-decode", decode).empty());
    TensorMap more = decode;
    more["speed"] = torch::zeros({1});
    CHECK_THAT(refused("vae-decode", more), ContainsSubstring("[speed]") && ContainsSubstring("not read"));
    const TensorMap tokens = {{"hidden_states", torch::zeros({1, 6, 4})},   {"timestep", torch::zeros({1})},           {"encoder_hidden_states", torch::zeros({1, 2, 6})},
                              {"num_frames", torch::tensor(int64_t{1})},    {"height", torch::tensor(int64_t{2})},     {"width", torch::tensor(int64_t{3})}};
    CHECK(refused("transformer", tokens).empty());
    TensorMap wrong = tokens;
    wrong["width"] = torch::tensor(int64_t{4});
    CHECK_THAT(refused("transformer", wrong), ContainsSubstring("6 tokens") && ContainsSubstring("8"));
    wrong["width"] = torch::tensor(2.5);
    CHECK_THAT(refused("transformer", wrong), ContainsSubstring("[width]") && ContainsSubstring("whole number"));
}

TEST_CASE("lists of blocks of every kind survive a round trip", "[published]") {
    for (const VaeVersion version : {VaeVersion::v0_9_0, VaeVersion::v0_9_1, VaeVersion::v0_9_5}) {
        const VaeConfig config = published_vae(version, 8, 16);
        CHECK(config.spatial_stride() == kVaeSpatialStride);
        CHECK(config.temporal_stride() == kVaeTemporalStride);
        CHECK(to_json(vae_config_from_json(to_json(config))) == to_json(config));
    }
    // As version 0.9.0 is described in its own files.
    const json first = json::parse(R"({"_class_name": "CausalVideoAutoencoder", "dims": 3, "in_channels": 3, "out_channels": 3, "latent_channels": 128,
        "blocks": [["res_x", 4], ["compress_all", 1], ["res_x_y", 1], ["res_x", 3], ["compress_all", 1], ["res_x_y", 1], ["res_x", 3], ["compress_all", 1],
        ["res_x", 3], ["res_x", 4]], "norm_layer": "pixel_norm", "patch_size": 4, "latent_log_var": "uniform", "use_quant_conv": false, "causal_decoder": false})");
    CHECK(to_json(vae_config_from_json(first)) == to_json(published_vae(VaeVersion::v0_9_0)));
    CHECK_THROWS_WITH(vae_config_from_json(json::parse(R"({"blocks": [["attn_res_x", 1]]})")), ContainsSubstring("attn_res_x"));
    CHECK_THROWS_AS(vae_config_from_json(json{{"version", "1.7"}}), Error);
}

#include "published/ltx_import.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_fields.h"
#include "denoise/dit_model.h"
#include "denoise/ltx_names.h"
#include "published/load_module.h"
#include "published/published_tensors.h"

namespace mirrorme {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uintmax_t kMaxConfigBytes = 4 << 20;
constexpr int kPublishedHeads = 32;  // of every published size
constexpr const char* kTransformerPrefix = "model.diffusion_model.";

/// One part of a published model: its config in the publisher's words, and its tensors.
struct PublishedPart {
    json config;
    std::string subject;  // of the config, for messages
    PublishedTensors tensors;
    bool single_file = false;  // names with prefixes, in LTX-Video's own spelling
};

/// Values that our transformer takes for granted; the published configurations all have them.
void refuse_other_transformers(const JsonObject& config) {
    const auto want = [&](const char* field, const json& value) {
        if (config.has(field) && !config.raw(field).is_null() && config.raw(field) != value)
            config.wrong(field, "is " + config.raw(field).dump() + ", and only " + value.dump() + " is known", "Give a model of the LTX-Video 0.9 family.");
    };
    want("activation_fn", "gelu-approximate");
    want("norm_elementwise_affine", false);
    want("norm_eps", 1e-6);
    want("attention_bias", true);
    want("attention_out_bias", true);
    want("patch_size", 1);
    want("patch_size_t", 1);
    if (config.has("qk_norm") && config.text("qk_norm") != "rms_norm") want("qk_norm", "rms_norm_across_heads");
}

/// Sizes from the tensors of a single file without metadata. Heads leave no trace in shapes: every published size has 32.
json detected_transformer(const PublishedTensors& tensors) {
    const auto shape = [&](const char* name) {
        const TensorInfo* info = tensors.find(std::string(kTransformerPrefix) + name);
        if (info == nullptr || info->shape.size() != 2)
            throw Error(ErrorCode::unreadable, tensors.path().string() + " [" + kTransformerPrefix + name + "]", "is missing: this is no LTX-Video file", "Give a single file as Lightricks publishes it.");
        return info->shape;
    };
    const auto proj_in = shape("patchify_proj.weight"), caption = shape("caption_projection.linear_1.weight");
    int64_t layers = 0;
    while (tensors.find(kTransformerPrefix + ("transformer_blocks." + std::to_string(layers)) + ".scale_shift_table") != nullptr) ++layers;
    if (proj_in[0] % kPublishedHeads != 0)
        throw Error(ErrorCode::unsupported, tensors.path().string() + " [__metadata__.config]", "is missing, and the sizes are not of a published version", "Give a file with its metadata.");
    return {{"num_layers", layers},
            {"num_attention_heads", kPublishedHeads},
            {"attention_head_dim", proj_in[0] / kPublishedHeads},
            {"in_channels", proj_in[1]},
            {"cross_attention_dim", proj_in[0]},
            {"caption_channels", caption[1]}};
}

/// LTX's tensors of a transformer of this size, under our names. Blocks are alike, so one is made and counted out.
std::vector<WantedTensor> wanted_of_transformer(const DitConfig& config, bool single_file) {
    DitConfig one = config;
    one.num_layers = 1;
    const DefaultType narrow(torch::kBFloat16);
    const DitModel model(one);
    std::vector<WantedTensor> wanted;
    const auto add = [&](const std::string& name, const torch::Tensor& tensor) {
        wanted.push_back({single_file ? single_file_name_of_transformer(name) : name, "denoiser." + name, tensor.sizes().vec()});
    };
    constexpr std::string_view kFirst = "transformer_blocks.0.";
    for (const auto& item : model->named_parameters()) {
        if (!is_ltx_tensor(item.key())) continue;
        if (!item.key().starts_with(kFirst)) add(item.key(), item.value());
        else
            for (int i = 0; i < config.num_layers; ++i) add("transformer_blocks." + std::to_string(i) + '.' + item.key().substr(kFirst.size()), item.value());
    }
    return wanted;
}

void add_transformer(const PublishedPart& part, const ImportRequest& request, BundleDraft& draft) {
    refuse_other_transformers(JsonObject(part.config, part.subject));
    DitConfig config = dit_config_from_json(part.config, part.subject);
    config.causal_temporal_positioning = part.config.value("causal_temporal_positioning", false);
    config.grid.fps = request.fps;
    std::set<std::string> taken;
    BundlePart weights{.file = "denoiser.safetensors"};
    weights.sources = take_tensors(part.tensors, wanted_of_transformer(config, part.single_file), request.type, taken);
    refuse_untaken(part.tensors, part.single_file ? kTransformerPrefix : "", taken);
    draft.manifest.config["denoiser"] = to_json(config);
    draft.manifest.chunk_latents = config.context.chunk;
    draft.parts.push_back(std::move(weights));
}

/// A model's folder of the diffusers layout: config.json and weights.
PublishedPart open_model_folder(const fs::path& folder) {
    const fs::path config = folder / "config.json";
    return {read_json_file(config, kMaxConfigBytes), config.string(), PublishedTensors::open_folder(folder)};
}

void add_folder(const fs::path& path, const ImportRequest& request, BundleDraft& draft) {
    const auto add = [&](const PublishedPart& part) {
        const std::string kind = JsonObject(part.config, part.subject).text("_class_name");
        if (kind == "LTXVideoTransformer3DModel") add_transformer(part, request, draft);
        else
            throw Error(ErrorCode::unsupported, part.subject + " [_class_name]", "'" + kind + "' is not known", "Known is LTXVideoTransformer3DModel.");
    };
    if (fs::exists(path / "config.json")) return add(open_model_folder(path));
    if (!fs::is_directory(path / "transformer"))
        throw Error(ErrorCode::not_found, (path / "transformer").string(), "is not there: this is no LTX-Video model in the diffusers layout", "Give the folder that holds transformer/ and vae/.");
    add(open_model_folder(path / "transformer"));
}

void add_single_file(const fs::path& path, const ImportRequest& request, BundleDraft& draft) {
    const PublishedTensors tensors = PublishedTensors::open_file(path);
    json config = json::object();
    const std::string subject = path.string() + " [__metadata__.config]";
    if (const auto said = tensors.metadata().find("config"); said != tensors.metadata().end()) config = parse_json(said->second, subject);
    const json transformer = config.contains("transformer") ? config["transformer"] : detected_transformer(tensors);
    add_transformer({transformer, subject, tensors, true}, request, draft);
}

}  // namespace

void add_ltx(const fs::path& path, const ImportRequest& request, BundleDraft& draft) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) throw Error(ErrorCode::not_found, path.string(), "is not there", "Give a file or folder.");
    if (fs::is_directory(path, ignored)) add_folder(path, request, draft);
    else add_single_file(path, request, draft);
    draft.manifest.provenance["sources"].push_back({{"model", "LTX-Video"}, {"from", path.filename().string()}});
}

}  // namespace mirrorme

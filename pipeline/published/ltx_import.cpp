#include "published/ltx_import.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "codec/vae/diffusers_vae.h"
#include "codec/vae/vae_codec.h"
#include "core/error.h"
#include "core/json_fields.h"
#include "core/log.h"
#include "denoise/dit_model.h"
#include "denoise/guidance.h"
#include "denoise/ltx_names.h"
#include "denoise/rectified_flow.h"
#include "published/load_module.h"
#include "published/ltx_stages.h"
#include "published/published_tensors.h"
#include "published/speaking_parts.h"

namespace mirrorme {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr int kPublishedHeads = 32;  // of every published size
constexpr const char* kUndistilled = "dev";
constexpr double kSameTime = 1e-3;  // files round their times
constexpr int kUndistilledSteps = 40;
constexpr int kPublishedStgBlock = 19;
constexpr const char* kVaePrefix = "vae.";
constexpr const char* kStatistics = "per_channel_statistics.";
constexpr const char* kSingleFile = "Give a single file as Lightricks publishes it.";

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
    if (config.has("qk_norm") && config.text("qk_norm") != "rms_norm") want("qk_norm", "rms_norm_across_heads");
}

/// Sizes from the tensors of a single file without metadata. Heads leave no trace in shapes: every published size has 32.
json detected_transformer(const PublishedTensors& tensors) {
    const auto shape = [&](const char* name) {
        const TensorInfo* info = tensors.find(std::string(kTransformerPrefix) + name);
        if (info == nullptr || info->shape.size() != 2)
            throw Error(ErrorCode::unreadable, tensors.path().string() + " [" + kTransformerPrefix + name + "]", "is missing: this is no LTX-Video file", kSingleFile);
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

/// Projections that a config leaves without a bias: ours always have one, of zeros. Moves them out of `wanted`.
std::vector<TensorSource> absent_biases(const PublishedPart& part, const JsonObject& config, const ImportRequest& request, std::vector<WantedTensor>& wanted) {
    const auto has_bias = [&](const char* field) { return !config.has(field) || config.flag(field); };
    const bool into = has_bias("attention_bias"), out = has_bias("attention_out_bias");
    std::vector<TensorSource> zeros;
    std::erase_if(wanted, [&](const WantedTensor& tensor) {
        const std::string& name = tensor.published;
        const auto ends = [&](const char* tail) { return name.ends_with(tail); };
        const bool absent = (!into && (ends(".to_q.bias") || ends(".to_k.bias") || ends(".to_v.bias"))) || (!out && ends(".to_out.0.bias"));
        if (!absent) return false;
        const TensorInfo* weight = part.tensors.find(name.substr(0, name.size() - 4) + "weight");
        const torch::ScalarType type = request.type.value_or(weight != nullptr ? weight->type : torch::kFloat);
        zeros.push_back({tensor.ours, type, tensor.shape, [type, shape = tensor.shape] { return torch::zeros(shape, type); }});
        return true;
    });
    return zeros;
}

/// Patches of several latent cells: kept for those who run the transformer by itself (published/ltx_stages.cpp); here a token is one cell.
json patches_of(const JsonObject& config) {
    constexpr std::int64_t kLargest = 64;
    json patches = json::object();
    for (const char* field : kPatchFields)
        if (config.has(field) && config.integer(field, 1, kLargest) != 1) patches[field] = config.integer(field, 1, kLargest);
    return patches;
}

/// `vae`: the autoencoder that it goes with; null = a published one.
void add_transformer(const PublishedPart& part, const VaeConfig* vae, const ImportRequest& request, BundleDraft& draft) {
    const JsonObject published(part.config, part.subject);
    refuse_other_transformers(published);
    DitConfig config = dit_config_from_json(part.config, part.subject);
    config.causal_temporal_positioning = part.config.value("causal_temporal_positioning", false);
    config.grid.fps = request.fps;
    fit_speaking_parts(config, vae != nullptr ? vae->temporal_stride() : kVaeTemporalStride, vae != nullptr ? vae->spatial_stride() : kVaeSpatialStride);
    std::set<std::string> taken;
    BundlePart weights{.file = "denoiser.safetensors"};
    std::vector<WantedTensor> wanted = wanted_of_transformer(config, part.single_file);
    const std::vector<TensorSource> zeros = absent_biases(part, published, request, wanted);
    weights.sources = take_tensors(part.tensors, wanted, request.type, taken);
    weights.sources.insert(weights.sources.end(), zeros.begin(), zeros.end());
    refuse_untaken(part.tensors, part.single_file ? kTransformerPrefix : "", taken);
    draft.manifest.config["denoiser"] = to_json(config);
    draft.manifest.config["denoiser"].update(patches_of(published));
    draft.manifest.chunk_latents = config.context.chunk;
    draft.parts.push_back(std::move(weights));
}

/// Names and shapes of an autoencoder's tensors; one half is made at a time.
std::vector<std::pair<std::string, std::vector<int64_t>>> tensors_of_vae(const VaeConfig& config) {
    const DefaultType narrow(torch::kBFloat16);
    std::vector<std::pair<std::string, std::vector<int64_t>>> tensors;
    const auto add = [&](const std::string& prefix, const torch::nn::Module& module) {
        for (const auto& item : module.named_parameters()) tensors.emplace_back(prefix + item.key(), item.value().sizes().vec());
    };
    add("encoder.", *VaeEncoder(config));
    add("decoder.", *VaeDecoder(config));
    for (const char* statistic : {"mean-of-means", "std-of-means"}) tensors.emplace_back(std::string(kStatistics) + statistic, std::vector<int64_t>{config.latent_channels});
    return tensors;
}

void add_vae(const PublishedPart& part, const VaeConfig& config, const std::function<std::string(const std::string&)>& published_name, const ImportRequest& request,
             BundleDraft& draft) {
    std::vector<WantedTensor> wanted;
    for (const auto& [name, shape] : tensors_of_vae(config)) wanted.push_back({published_name(name), "codec.vae." + name, shape});
    std::set<std::string> taken;
    BundlePart weights{.file = "codec.safetensors"};
    weights.sources = take_tensors(part.tensors, wanted, request.type, taken);
    for (const char* unused : {"mean-of-stds", "mean-of-stds_over_std-of-means", "channel"}) taken.insert(kVaePrefix + (kStatistics + std::string(unused)));
    refuse_untaken(part.tensors, part.single_file ? kVaePrefix : "", taken);
    const VaeCodecConfig codec{.vae = config, .window = {}, .width = request.width, .height = request.height};
    draft.manifest.config["codec"] = to_json(codec);
    vae_codec_config_from_json(draft.manifest.config["codec"]);  // refuses a frame size that the codec cannot have
    draft.parts.push_back(std::move(weights));
}

/// Version as diffusers tells them apart, and the base width.
VaeConfig detected_vae(const PublishedTensors& tensors) {
    const auto channels = [&](const char* name, std::size_t axis) {
        const TensorInfo* info = tensors.find(kVaePrefix + std::string(name));
        if (info == nullptr || info->shape.size() != 5)
            throw Error(ErrorCode::unreadable, tensors.path().string() + " [" + kVaePrefix + name + "]", "is missing: this is no LTX-Video file", kSingleFile);
        return static_cast<int>(info->shape[axis]);
    };
    const int base = channels("encoder.conv_in.conv.weight", 0), last = channels("encoder.conv_out.conv.weight", 1), latent = channels("decoder.conv_in.conv.weight", 1);
    const bool conditioned = tensors.find(std::string(kVaePrefix) + "decoder.last_time_embedder.timestep_embedder.linear_1.weight") != nullptr;
    return published_vae(last == 16 * base ? VaeVersion::v0_9_5 : conditioned ? VaeVersion::v0_9_1 : VaeVersion::v0_9_0, base, latent);
}

/// Times and kind of step of a distilled version: LTX-Video configs/*.yaml. 0.9.7 and 0.9.8: of their first pass, which is all that runs here.
struct DistilledVersion {
    const char* name;
    const char* number;  // as file names have it
    SamplerKind kind;
    std::vector<double> times;
};

const std::vector<DistilledVersion>& distilled_versions() {
    static const std::vector<DistilledVersion> all{
        {"0.9.6-distilled", "0.9.6", SamplerKind::stochastic, {1, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725, 0.4219}},
        {"0.9.7-distilled", "0.9.7", SamplerKind::euler, {1, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725}},
        {"0.9.8-distilled", "0.9.8", SamplerKind::euler, {1, 0.9937, 0.9875, 0.9812, 0.975, 0.9094, 0.725}},
    };
    return all;
}

bool is_named_distilled(const fs::path& path) { return path.filename().string().find("distilled") != std::string::npos; }

/// What was asked for, or what the file's name says; null: not distilled, or not known.
const DistilledVersion* distilled_version(const fs::path& path, const ImportRequest& request) {
    const std::string name = path.filename().string();
    for (const DistilledVersion& version : distilled_versions())
        if (request.sampler == version.name || (request.sampler.empty() && is_named_distilled(path) && name.find(version.number) != std::string::npos)) return &version;
    return nullptr;
}

/// The times that a checkpoint says may be asked for, falling; empty when it says nothing.
std::vector<double> allowed_times(const json& config) {
    std::vector<double> times;
    if (const auto allowed = config.find("allowed_inference_steps"); allowed != config.end() && allowed->is_array())
        for (const json& time : *allowed)
            if (time.is_number() && time.get<double>() > 0 && time.get<double>() <= 1) times.push_back(time.get<double>());
    std::sort(times.rbegin(), times.rend());
    return times;
}

/// Distilled times, where the file says or is said to have some: the version's, or else all that the file allows.
std::optional<SamplerConfig> distilled_sampler(const json& config, const fs::path& path, const ImportRequest& request) {
    if (request.sampler == kUndistilled) return std::nullopt;
    const DistilledVersion* version = distilled_version(path, request);
    const std::vector<double> allowed = allowed_times(config);
    if (version == nullptr && allowed.empty() && !is_named_distilled(path)) return std::nullopt;
    SamplerConfig sampler{.schedule = Schedule::list};
    if (version == nullptr) {
        log_info(path.filename().string() + " is distilled and does not say which version it is: it is sampled with Euler steps. If it is another, name it with --sampler, such as --sampler 0.9.6-distilled");
        sampler.times = allowed.empty() ? distilled_versions().back().times : allowed;
    } else {
        const auto is_allowed = [&](double time) { return std::any_of(allowed.begin(), allowed.end(), [&](double t) { return std::abs(t - time) < kSameTime; }); };
        sampler.kind = version->kind;
        sampler.times = allowed.empty() || std::all_of(version->times.begin(), version->times.end(), is_allowed) ? version->times : allowed;
    }
    sampler.steps = static_cast<int>(sampler.times.size());
    return sampler;
}

/// LTX-Video's scheduler object of a single file, or the other settings of the version: the shift of 0.9 and 0.9.1, linear-quadratic later.
SamplerConfig sampler_of(const json& config, bool later_version) {
    SamplerConfig sampler{.schedule = later_version ? Schedule::linear_quadratic : Schedule::shifted, .steps = kUndistilledSteps};
    if (const auto scheduler = config.find("scheduler"); scheduler != config.end() && scheduler->is_object()) {
        if (scheduler->value("sampler", json()) == "LinearQuadratic") sampler.schedule = Schedule::linear_quadratic;
        else sampler.schedule = scheduler->value("shifting", json()) == "SD3" ? Schedule::shifted : Schedule::uniform;
    }
    return sampler;
}

/// What is imported and how that was asked for.
struct SamplerSource {
    const fs::path& path;
    const ImportRequest& request;
};

/// As published with the versions that were not distilled; those that were take none.
GuidanceConfig published_guidance(const DitConfig& config) {
    GuidanceConfig guidance{.scale = 3, .stg = 1, .perturbed = {.kind = Perturbation::attention_values, .blocks = {kPublishedStgBlock}}, .rescale = 0.7};
    if (kPublishedStgBlock >= config.num_layers) guidance.stg = 0, guidance.perturbed.blocks.clear();
    return guidance;
}

void add_sampler(const json& config, const std::string& subject, bool later_version, const SamplerSource& from, BundleDraft& draft) {
    const std::optional<SamplerConfig> distilled = distilled_sampler(config, from.path, from.request);
    json sampler = to_json(distilled ? *distilled : sampler_of(config, later_version));
    if (sampler["schedule"] != "list") sampler["guidance"] = to_json(published_guidance(dit_config_from_json(draft.manifest.config["denoiser"], subject)));
    draft.manifest.config["sampler"] = sampler;
    draft.manifest.steps = usual_steps(sampler_config_from_json(sampler, subject));
}

/// A model's folder of the diffusers layout: config.json and weights.
PublishedPart open_model_folder(const fs::path& folder) {
    const fs::path config = folder / "config.json";
    return {read_json_file(config, kMostConfigBytes), config.string(), PublishedTensors::open_folder(folder)};
}

/// The first frame stands alone in time from 0.9.5 on; the layout does not say so, the shape of its autoencoder does.
bool is_later_version(const VaeConfig& config) {
    return std::any_of(config.encoder_blocks.begin(), config.encoder_blocks.end(), [](const VaeBlockSpec& block) { return block.kind == VaeBlockKind::space_to_depth; });
}

/// `path`: what the user named; its name may tell the version.
void add_model_folder(PublishedPart part, const fs::path& path, const ImportRequest& request, BundleDraft& draft) {
    const std::string kind = JsonObject(part.config, part.subject).text("_class_name");
    if (kind == "AutoencoderKLLTXVideo") {
        const DiffusersVae vae = diffusers_vae_from_json(part.config, part.subject);
        add_vae(part, vae.config, [&](const std::string& name) { return diffusers_vae_name(vae, name); }, request, draft);
    } else if (kind == "LTXVideoTransformer3DModel") {
        std::optional<VaeConfig> vae;
        if (draft.manifest.config.contains("codec")) vae = vae_codec_config_from_json(draft.manifest.config["codec"]).vae;
        const bool later_version = vae && is_later_version(*vae);
        part.config["causal_temporal_positioning"] = later_version;
        add_transformer(part, vae ? &*vae : nullptr, request, draft);
        add_sampler(json::object(), part.subject, later_version, {path, request}, draft);
    } else {
        throw Error(ErrorCode::unsupported, part.subject + " [_class_name]", "'" + kind + "' is not known", "Known are LTXVideoTransformer3DModel and AutoencoderKLLTXVideo.");
    }
}

void add_folder(const fs::path& path, const ImportRequest& request, BundleDraft& draft) {
    if (fs::exists(path / "config.json")) return add_model_folder(open_model_folder(path), path, request, draft);
    for (const char* model : {"vae", "transformer"}) {
        if (!fs::is_directory(path / model))
            throw Error(ErrorCode::not_found, (path / model).string(), "is not there: this is no LTX-Video model in the diffusers layout", "Give the folder that holds transformer/ and vae/.");
        add_model_folder(open_model_folder(path / model), path, request, draft);
    }
}

void add_single_file(const fs::path& path, const ImportRequest& request, BundleDraft& draft) {
    const PublishedTensors tensors = PublishedTensors::open_file(path);
    const std::string subject = path.string() + " [__metadata__.config]";
    json config = json::object();
    if (const auto said = tensors.metadata().find("config"); said != tensors.metadata().end()) config = parse_json(said->second, subject);
    if (!config.is_object()) throw Error(ErrorCode::unreadable, subject, "is no object", kSingleFile);
    const VaeConfig vae = config.contains("vae") ? vae_config_from_json(config["vae"], subject + ".vae") : detected_vae(tensors);
    json transformer = config.contains("transformer") ? config["transformer"] : detected_transformer(tensors);
    if (!config.contains("transformer")) transformer["causal_temporal_positioning"] = is_later_version(vae);
    add_transformer({transformer, subject + ".transformer", tensors, true}, &vae, request, draft);
    add_vae({config, subject, tensors, true}, vae, [](const std::string& name) { return kVaePrefix + name; }, request, draft);
    add_sampler(config, subject, is_later_version(vae), {path, request}, draft);
    for (const std::string& name : tensors.names())
        if (!name.starts_with(kTransformerPrefix) && !name.starts_with(kVaePrefix))
            throw Error(ErrorCode::unsupported, tensors.subject(name), "belongs to no part of LTX-Video", kSingleFile);
}

}  // namespace

std::vector<std::string> published_samplers() {
    std::vector<std::string> names{kUndistilled};
    for (const DistilledVersion& version : distilled_versions()) names.push_back(version.name);
    return names;
}

void add_ltx(const fs::path& path, const ImportRequest& request, BundleDraft& draft) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) throw Error(ErrorCode::not_found, path.string(), "is not there", "Give a file or folder.");
    if (fs::is_directory(path, ignored)) add_folder(path, request, draft);
    else add_single_file(path, request, draft);
    draft.manifest.provenance["sources"].push_back({{"model", "LTX-Video"}, {"from", path.filename().string()}});
}

}  // namespace mirrorme

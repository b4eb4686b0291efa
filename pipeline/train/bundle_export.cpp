#include "train/bundle_export.h"

#include <algorithm>
#include <cmath>

#include "codec/motion/motion_codec.h"
#include "codec/vae/vae_codec.h"
#include "core/error.h"
#include "core/log.h"
#include "denoise/dit_model.h"
#include "denoise/rectified_flow.h"
#include "features/audio_frontend.h"
#include "published/text_states.h"
#include "train/motion_parts.h"
#include "weights/bundle.h"

namespace mirrorme {
namespace {

constexpr std::int64_t kSeedOfUntrained = 1;

bool is_picture_codec(const nlohmann::json& codec) { return codec.is_object() && codec.value("kind", "") == "vae"; }

/// The stages' configs as the bundle's sections.
nlohmann::json sections_of(const StageWeights& weights) {
    nlohmann::json sections = nlohmann::json::object();
    for (const char* name : {"denoiser", "audio", "sampler"}) {
        sections[name] = weights.config(name);
        if (sections[name].is_null())
            throw Error(ErrorCode::not_found, weights.description(), std::string("has no configuration of module '") + name + "'",
                        "Give the folder of stage face, half_body, hands or stream with --from");
    }
    if (is_picture_codec(weights.config("codec"))) {
        sections["codec"] = weights.config("codec");
        return sections;
    }
    MotionCodecConfig codec;
    if (const nlohmann::json& renderer = weights.config("renderer"); !renderer.is_null()) codec.renderer = renderer.get<RendererConfig>();
    sections["codec"] = to_json(codec);
    if (const nlohmann::json& latents = weights.config(kLatents); latents.is_object()) sections[kLatents] = latents;
    return sections;
}

/// Trained tensors of `module`; whether there were any.
bool collect(const StageWeights& weights, torch::nn::Module& module, const std::string& prefix, torch::ScalarType type, std::vector<NamedTensor>& out) {
    const bool trained = weights.load_into(module, prefix);
    if (!trained) log_warning("nothing was trained for " + prefix + "*: its initial weights go into the bundle");
    for (NamedTensor& tensor : tensors_of(module, prefix, type)) out.push_back(std::move(tensor));
    return trained;
}

/// How the weights came about: every run's commands, steps, hours, seeds and machine.
nlohmann::json provenance_of(const StageWeights& weights) {
    nlohmann::json runs = weights.history();
    for (const RunState& run : weights.runs())
        runs.push_back({{"task", run.task},
                        {"steps", run.step},
                        {"hours", std::round(run.seconds / 36) / 100},
                        {"seed", run.plan.value("seed", 0)},
                        {"data_seed", run.plan.value("data_seed", 0)},
                        {"precision", run.plan.value("precision", "")},
                        {"sessions", run.sessions}});
    return {{"runs", runs},
            {"data", "synthetic performers and training voices of this project, drawn on the fly; characters whose seed ends in 9, and the held-out voices and sentences, were never used"}};
}

/// The codec's share of the bundle.
struct CodecPart {
    std::vector<NamedTensor> tensors = {};
    int width = 0, height = 0;
    std::vector<int> steps = {};  // offered where nobody says
};

CodecPart motion_part(const StageWeights& weights, const nlohmann::json& sections) {
    CodecPart part{.steps = {1, 2}};
    MotionCodec codec(motion_codec_config_from_json(sections["codec"], weights.description()));
    if (!collect(weights, *codec.part_map, "codec.part_map.", torch::kHalf, part.tensors))
        throw Error(ErrorCode::not_found, weights.description(), "has no part map", "Run mirrorme train codec first and give its folder with --from");
    if (const nlohmann::json& latents = weights.config(kLatents); latents.is_object() && latents.value("part_map", "") != hash_of(codec.part_map))
        throw Error(ErrorCode::mismatch, weights.description(), "holds a denoiser that was trained with another part map than this codec's",
                    "Give the folder of stage codec that it was trained with (train's --init) to --from, too");
    collect(weights, *codec.renderer, "codec.renderer.", torch::kBFloat16, part.tensors);
    collect(weights, *codec.points_net, "codec.points_net.", torch::kBFloat16, part.tensors);
    part.width = codec.spec().width;
    part.height = codec.spec().height;
    return part;
}

/// The autoencoder as it was given: it was not trained with the denoiser, or long ago, and its latent statistics are few and matter.
CodecPart picture_part(const StageWeights& weights, const nlohmann::json& sections) {
    const VaeCodecConfig codec = vae_codec_config_from_json(sections["codec"]);
    CodecPart part{.width = codec.width, .height = codec.height, .steps = usual_steps(sampler_config_from_json(sections["sampler"], weights.description()))};
    for (const std::string& name : weights.names("codec.vae.")) part.tensors.push_back({name, weights.tensor(name)});
    if (part.tensors.empty())
        throw Error(ErrorCode::not_found, weights.description(), "has no autoencoder", "Give the bundle or the folder of stage codec that the denoiser was trained on with --from, too");
    return part;
}

}  // namespace

void export_bundle(const StageWeights& weights, const BundleRequest& request) {
    torch::NoGradGuard no_gradients;
    torch::manual_seed(kSeedOfUntrained);
    BundleManifest manifest;
    manifest.config = sections_of(weights);
    const std::string subject = weights.description();
    const bool pictures = is_picture_codec(manifest.config["codec"]);
    CodecPart codec = pictures ? picture_part(weights, manifest.config) : motion_part(weights, manifest.config);
    DitModel denoiser(dit_config_from_json(manifest.config["denoiser"], subject));
    AudioFrontEnd audio(audio_frontend_config_from_json(manifest.config["audio"], subject));
    std::vector<NamedTensor> tensors = std::move(codec.tensors);
    collect(weights, *audio, "audio.", torch::kBFloat16, tensors);
    const bool has_denoiser = collect(weights, *denoiser, "denoiser.", torch::kBFloat16, tensors);

    if (weights.has(kTextStates)) tensors.push_back({kTextStates, weights.tensor(kTextStates)});

    manifest.name = request.name;
    manifest.version = request.version;
    manifest.licence = request.licence;
    manifest.provenance = provenance_of(weights);
    manifest.width = codec.width;
    manifest.height = codec.height;
    manifest.fps = denoiser->config().grid.fps;
    manifest.chunk_latents = denoiser->config().context.chunk;
    manifest.steps = request.steps.empty() ? codec.steps : request.steps;
    std::sort(manifest.steps.begin(), manifest.steps.end());
    manifest.trained_stages = weights.trained_stages();
    const auto trained = [&](const char* stage) { return std::find(manifest.trained_stages.begin(), manifest.trained_stages.end(), stage) != manifest.trained_stages.end(); };
    const bool speaks = has_denoiser && (trained("face") || trained("half_body") || trained("hands") || trained("stream"));
    manifest.capabilities = {.speaks = speaks, .hands = trained("hands") || trained("stream"), .style = false, .matte = trained("points"), .causal_decoder = !pictures};
    save_bundle(request.output, manifest, {{.file = "model.safetensors", .tensors = std::move(tensors)}});
}

}  // namespace mirrorme

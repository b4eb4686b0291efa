#include "engine/model.h"

#include <algorithm>
#include <utility>

#include "codec/motion/motion_codec.h"
#include "codec/motion/picture_reader.h"
#include "codec/vae/vae_codec.h"
#include "core/error.h"
#include "core/json_fields.h"
#include "core/log.h"
#include "ops/fp8_linear.h"
#include "published/text_states.h"

namespace mirrorme {
namespace {

/// Weights into `module`, which then never changes again.
template <class Module>
void load(const Bundle& bundle, Module& module, const std::string& prefix, torch::Device device, torch::ScalarType type = torch::kFloat) {
    LoadReport report;
    bundle.load_into(module, prefix, report);
    module.to(device, type);
    module.eval();
    for (torch::Tensor& parameter : module.parameters()) parameter.set_requires_grad(false);
}

/// What `compute` means for this bundle: Note [Numbers a model is computed in].
Compute decided(Compute compute, const Bundle& bundle, torch::Device device) {
    const nlohmann::json& config = bundle.manifest().config;
    const std::string subject = bundle.config_subject("compute");
    if (compute == Compute::automatic && config.contains("compute")) compute = compute_from_name(JsonObject(config["compute"], subject).text("type"), subject + ".type");
    if (compute == Compute::automatic) compute = device.is_cpu() ? Compute::f32 : Compute::bf16;
    if (compute == Compute::fp8)
        if (const std::string why = why_no_fp8(device); !why.empty())
            throw Error(ErrorCode::unsupported, "compute fp8", "device '" + device.str() + "' cannot: " + why, "Use bf16");
    return compute;
}

torch::ScalarType type_of(Compute compute, torch::Device device) {
    return compute == Compute::bf16 || (compute == Compute::fp8 && !device.is_cpu()) ? torch::kBFloat16 : torch::kFloat;
}

/// The one place that knows which codecs there are.
void load_codec(const Bundle& bundle, Model& model, torch::ScalarType type) {
    const nlohmann::json& config = bundle.config("codec");
    const std::string section = bundle.config_subject("codec"), kind = JsonObject(config, section).text("kind");
    if (kind == "motion") {
        const auto codec = std::make_shared<MotionCodec>(motion_codec_config_from_json(config, section));
        load(bundle, *codec, "codec.", model.codec_device);
        if (model.device != model.codec_device) log_warning("codec motion draws in host memory: model '" + model.manifest.name + "' is no faster on a GPU than on the CPU");
        model.codec = codec;
        model.find_points = [net = codec->points_net](const RgbaImage& picture) mutable {
            const PictureReading reading = read_picture(net, picture);
            return FoundPoints{reading.points, reading.presence};
        };
    } else if (kind == "vae") {
        const auto codec = std::make_shared<VaeCodec>(vae_codec_config_from_json(config));
        model.codec_device = model.device;
        load(bundle, *codec, "codec.", model.codec_device, type);
        codec->park_encoder();
        model.codec = codec;
    } else {
        throw Error(ErrorCode::unsupported, section, "field 'kind' is '" + kind + "'", "This version knows motion and vae");
    }
}

}  // namespace

Compute compute_from_name(const std::string& name, const std::string& subject) {
    for (const auto& [known, compute] : {std::pair{"auto", Compute::automatic}, std::pair{"f32", Compute::f32}, std::pair{"bf16", Compute::bf16}, std::pair{"fp8", Compute::fp8}})
        if (name == known) return compute;
    throw Error(ErrorCode::mismatch, subject, "'" + name + "' is unknown", "Say auto, f32, bf16 or fp8");
}

int Model::fewest_steps() const { return manifest.steps.empty() ? sampler.steps : manifest.steps.front(); }

int Model::steps_for(std::int64_t wanted) const {
    const std::vector<int>& supported = manifest.steps;
    if (supported.empty()) return sampler.steps;
    if (wanted == 0) return supported.back();
    int steps = supported.front();
    for (const int candidate : supported)
        if (candidate <= wanted) steps = candidate;
    return steps;
}

SamplerConfig Model::sampler_with(int steps) const {
    SamplerConfig config = sampler;
    if (config.schedule != Schedule::list) config.steps = steps;
    return config;
}

void check_model(const Model& model) {
    const CodecSpec& codec = model.codec->spec();
    const DitConfig& dit = model.denoiser->config();
    const AudioFrontEndConfig& audio = model.front_end->config();
    const BundleManifest& manifest = model.manifest;
    const auto refuse = [&](const std::string& problem) {
        throw Error(ErrorCode::mismatch, (model.directory / kBundleManifestName).string(), problem, "The bundle's modules do not belong together; export it again");
    };
    if (codec.channels != dit.in_channels || codec.channels != dit.out_channels) refuse("config.codec and config.denoiser have different numbers of channels");
    if (codec.temporal != dit.grid.temporal || codec.temporal != audio.encoder.temporal) refuse("codec, denoiser and audio differ in video frames of a latent frame");
    if (dit.part_tokens > 0 && dit.part_tokens != codec.grid_h * codec.grid_w) refuse("config.denoiser.part_tokens is not the codec's number of tokens");
    if (!(dit.grid.fps == manifest.fps) || !(audio.fps == manifest.fps)) refuse("fps differs between the manifest, config.denoiser and config.audio");
    if (manifest.width != codec.width || manifest.height != codec.height) refuse("the frame size differs between the manifest and config.codec");
    if (manifest.chunk_latents != dit.context.chunk) refuse("the chunk differs between the manifest and config.denoiser.context");
    if (dit.adapter.enabled && dit.adapter.tokens != audio.encoder.tokens) refuse("config.denoiser.adapter.tokens is not config.audio.tokens");
}

std::shared_ptr<const Model> load_model(const std::filesystem::path& directory, torch::Device device, Compute compute) {
    torch::NoGradGuard no_gradients;
    auto model = std::make_shared<Model>();
    const std::shared_ptr<const Bundle> opened = Bundle::open(directory);
    const Bundle& bundle = *opened;
    model->directory = directory;
    model->manifest = bundle.manifest();
    model->device = device;
    if (model->manifest.trained_stages.empty() && !model->manifest.config.contains("audio"))
        throw Error(ErrorCode::unsupported, bundle.config_subject("audio"), "is missing: this bundle is a part of a model, without ears",
                    "Import the whole of it again with 'mirrorme import --ltx', or use the embedded model mini");
    const std::string audio = bundle.config_subject("audio");
    model->front_end = AudioFrontEnd(audio_frontend_config_from_json(bundle.config("audio"), audio), audio);
    load(bundle, *model->front_end, "audio.", device);
    model->denoiser = DitModel(dit_config_from_json(bundle.config("denoiser"), bundle.config_subject("denoiser")));
    compute = decided(compute, bundle, device);
    load(bundle, *model->denoiser, "denoiser.", device, type_of(compute, device));
    if (bundle.has(kTextStates)) {
        const std::string subject = (directory / kBundleManifestName).string() + " [" + kTextStates + ']';
        model->text = checked_text(bundle.tensor(kTextStates), model->denoiser->config().caption_channels, subject).to(device, model->denoiser->parameters().front().scalar_type());
    } else {
        model->denoiser->give_up_text();
    }
    if (compute == Compute::fp8) model->denoiser->quantise_linears();
    model->sampler = sampler_config_from_json(bundle.config("sampler"), bundle.config_subject("sampler"));
    if (bundle.config("sampler").contains("guidance"))
        model->guidance = guidance_config_from_json(bundle.config("sampler")["guidance"], bundle.config_subject("sampler"), model->denoiser->config().num_layers);
    load_codec(bundle, *model, type_of(compute, device));
    check_model(*model);
    if (!bundle.manifest().capabilities.speaks)
        model->warnings.push_back(remark("not_trained", "model '%1' is not trained to speak: the mouth will not follow the voice. The embedded model mini does", {bundle.manifest().name}));
    return model;
}

}  // namespace mirrorme

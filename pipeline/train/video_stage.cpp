#include "train/video_stage.h"

#include <utility>

#include "codec/vae/vae_codec.h"
#include "core/error.h"
#include "published/text_states.h"
#include "train/video_task.h"

namespace mirrorme {
namespace {

constexpr Rational kPerformersRate{24, 1};

/// Section `name` of the config, or what was read with --init; null when neither has it.
const nlohmann::json& section_of(const StageInput& input, const std::string& name) {
    return input.config.has_module(name) ? input.config.module(name) : input.earlier.config(name);
}

const nlohmann::json& wanted_section(const StageInput& input, const std::string& name) {
    const nlohmann::json& section = section_of(input, name);
    if (section.is_null())
        throw Error(ErrorCode::usage, input.config.subject() + ", field modules", "says nothing of '" + name + "'", "Add it, or give a bundle with --init: its sizes are taken then");
    return section;
}

[[noreturn]] void refuse(const StageInput& input, const std::string& problem) {
    throw Error(ErrorCode::mismatch, input.config.subject() + ", field modules", problem, "Give modules that belong together");
}

VideoShape shape_of(const StageInput& input, const VaeCodecConfig& codec, const VideoModules& modules) {
    const DitConfig& dit = modules.denoiser->config();
    const AudioFrontEndConfig& audio = modules.audio->config();
    if (dit.in_channels != codec.vae.latent_channels || dit.out_channels != codec.vae.latent_channels) refuse(input, "denoiser and codec have different numbers of channels");
    if (dit.grid.temporal != codec.vae.temporal_stride() || audio.encoder.temporal != dit.grid.temporal) refuse(input, "denoiser, audio and codec differ in video frames of a latent frame");
    if (dit.grid.spatial_stride != codec.vae.spatial_stride()) refuse(input, "denoiser.grid.spatial_stride is not the codec's");
    if (dit.adapter.enabled && dit.adapter.tokens != audio.encoder.tokens) refuse(input, "denoiser.adapter.tokens is not audio.tokens");
    if (!(dit.grid.fps == kPerformersRate) || !(audio.fps == kPerformersRate)) refuse(input, "fps is not 24, and the performers move at 24 frames a second");
    return {.width = codec.width, .height = codec.height, .cell = codec.vae.spatial_stride(), .temporal = codec.vae.temporal_stride()};
}

}  // namespace

bool trains_on_pictures(const StageInput& input) {
    const nlohmann::json& codec = section_of(input, "codec");
    return codec.is_object() && codec.value("kind", "") == "vae";
}

std::unique_ptr<TrainingTask> make_video_task(const std::string& stage, const StageInput& input) {
    const std::string& subject = input.config.subject();
    VideoModules modules;
    modules.codec = wanted_section(input, "codec");
    if (const nlohmann::json& vae = section_of(input, "vae"); !modules.codec.contains("vae") && !vae.is_null()) modules.codec["vae"] = vae;  // of a stage codec of our own
    modules.sampling = wanted_section(input, "sampler");
    const VaeCodecConfig codec = vae_codec_config_from_json(modules.codec);
    modules.vae = LtxVae(codec.vae);
    if (!input.earlier.load_into(*modules.vae, "codec.vae."))
        throw Error(ErrorCode::usage, "stage '" + stage + "'", "needs an autoencoder that has been trained", "Give a bundle of 'mirrorme import', or the folder of stage codec, with --init");
    modules.denoiser = DitModel(dit_config_from_json(wanted_section(input, "denoiser"), subject));
    if (input.earlier.has(kTextStates)) modules.text = checked_text(input.earlier.tensor(kTextStates), modules.denoiser->config().caption_channels, input.earlier.description() + " [" + kTextStates + ']');
    modules.audio = AudioFrontEnd(audio_frontend_config_from_json(wanted_section(input, "audio"), subject), subject);
    modules.sampler = sampler_config_from_json(modules.sampling, subject);
    if (!input.earlier.load_into(*modules.denoiser, "denoiser.")) modules.denoiser->initialise();
    input.earlier.load_into(*modules.audio, "audio.");
    const CausalAudioEncoderConfig& heard = modules.audio->config().encoder;
    modules.probe = MouthProbe((heard.tokens + 1) * heard.width, codec.vae.latent_channels);
    input.earlier.load_into(*modules.probe, "probe.");
    const VideoShape shape = shape_of(input, codec, modules);
    const JsonObject task(input.config.task(stage), subject, "stages." + stage + ".task");
    return std::make_unique<VideoTask>(parse_video_task(stage, task), std::move(modules), shape, performances_from(input.speech));
}

}  // namespace mirrorme

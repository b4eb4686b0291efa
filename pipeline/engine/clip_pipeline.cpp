#include "engine/clip_pipeline.h"

#include <utility>

#include "core/error.h"
#include "engine/chunk_pipeline.h"

namespace mirrorme {
namespace {

constexpr int kMostLatents = 256;
constexpr double kLongestWindowS = 60;  // of a window's own frames: all of its sound is held

SamplerConfig sampler_of(const Model& model, const ClipModeOptions& options, const Settings& settings) {
    SamplerConfig config = model.sampler_with(model.steps_for(settings.steps));
    config.kind = options.sampler.value_or(config.kind);
    return config;
}

GuidanceConfig guidance_of(const Model& model, const ClipModeOptions& options) {
    GuidanceConfig config = model.guidance;
    config.scale = options.guidance.value_or(config.scale);
    config.stg = options.stg.value_or(config.stg);
    config.rescale = options.rescale.value_or(config.rescale);
    return config;
}

}  // namespace

void check_clips(const Model& model, const ClipModeOptions& options) {
    const ContextConfig& context = model.denoiser->config().context;
    if (context.mode != AttentionMode::bidirectional && !context.one_shot)
        throw Error(ErrorCode::unsupported, "--mode clip", "model '" + model.manifest.name + "' was trained to look back only and cannot make a clip in one go",
                    "Leave --mode out, or give a bundle that 'mirrorme import --ltx' made");
    const auto refuse = [](const std::string& option, const std::string& problem, const std::string& remedy) { throw Error(ErrorCode::usage, option, problem, remedy); };
    const ClipWindow& window = options.window;
    if (window.latents < 1 || window.latents > kMostLatents) refuse("--window " + std::to_string(window.latents), "is no window", "Give 1 to " + std::to_string(kMostLatents) + " latent frames");
    if (window.overlap < 0 || window.overlap >= window.latents)
        refuse("--overlap " + std::to_string(window.overlap), "leaves nothing of a window of " + std::to_string(window.latents), "Give fewer than --window");
    const double seconds = window.stride() * model.codec->spec().temporal / model.manifest.fps.value();
    if (seconds > kLongestWindowS) refuse("--window " + std::to_string(window.latents), "is longer than a minute", "Give fewer latent frames: a longer clip is made of several windows");
    if (options.stg.value_or(0) != 0 && model.guidance.perturbed.blocks.empty())
        refuse("--stg", "has no blocks to perturb: the bundle names none", "Write \"stg_blocks\" into config.sampler.guidance of its bundle.json, or leave --stg out");
}

ClipPipeline::ClipPipeline(std::shared_ptr<const Model> model, std::shared_ptr<const CodecIdentity> identity, SessionInfo info, const ClipModeOptions& options, const Settings& settings)
    : model_(std::move(model)),
      identity_(std::move(identity)),
      info_(std::move(info)),
      seed_(static_cast<std::uint64_t>(settings.seed)),
      conditioner_(model_->front_end, model_->denoiser->config(), identity_, info_.width, model_->device),
      denoiser_(model_->denoiser, sampler_of(*model_, options, settings), guidance_of(*model_, options), options.window, model_->codec->used_channels()),
      decode_cache_(model_->codec->make_decode_cache()) {}

void ClipPipeline::reset() {
    torch::InferenceMode no_gradients;
    denoiser_.restart(FirstLatent::still);
    decode_cache_ = model_->codec->make_decode_cache();
}

ChunkPlan ClipPipeline::produce_chunk(SessionState& session) {
    torch::InferenceMode no_gradients;
    ChunkPlan plan = session.scheduler.next(session.clock.now_ns(), session.audio_progress(), session.queue_depth());
    if (plan.action != ChunkAction::make) return plan;
    // The last window is as long as the sound: attention sees no frames that nobody will.
    plan.latents.end = session.layout().latent_of(plan.frames.end - 1) + 1;
    const auto timed = [&](std::string_view stage, auto&& work) {
        const StageTimer timer(session.times, stage);
        return work();
    };
    const torch::Tensor window = conditioner_.window(session, plan);
    Conditioning cond = timed("audio", [&] { return conditioner_.encode(window, plan, session); });
    cond.text = model_->text;
    const torch::Tensor latents = timed("denoise", [&] { return finite_latents(denoiser_.run(plan.latents, cond, seed_), plan); });
    const torch::Tensor pixels = timed("decode", [&] { return model_->codec->decode(latents.to(model_->codec_device), *identity_, *decode_cache_, decode_options_of(session.settings)); });
    push_frames(pixels, plan, info_, session);
    return plan;
}

VideoFrame ClipPipeline::still(const Settings& settings) { return still_frame(*model_->codec, *identity_, info_, settings); }

MemoryUse ClipPipeline::memory() const noexcept { return model_->device.is_cuda() ? device_memory(model_->device) : ChunkProducer::memory(); }

}  // namespace mirrorme

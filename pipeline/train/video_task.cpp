// Note [What a picture model learns from]
// Clips are drawn as pictures and encoded where the model is, in the step that uses them: the autoencoder is frozen, its latents are exact, and a
// frame costs less to encode than to learn from. Most steps are those of a stream, as in Note [Teacher forcing] (denoise/attention_plan.h), with history noised
// or left out, because given the truth a model need not listen. The others are one-shot, every frame seeing every other, as the published weights know
// it, so that one model does both. Times are drawn once a window in one-shot steps, once a chunk in streams.
// The face's cells weigh more, the mouth's most: lips are a few of a picture's pixels, and little else in it needs the sound. A probe reads the mouth's cells from
// the audio tokens alone, as in Note [What the denoiser learns from] (motion_task.cpp). In gated windows the face's cells alone hear (the half-body stage's face
// mask); where hands are asked for the pose maps say where.

#include "train/video_task.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "denoise/clip_denoiser.h"
#include "denoise/denoiser.h"
#include "train/codec_pictures.h"
#include "train/optional_fields.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr std::uint64_t kFixedSeed = 20'261'122, kNoiseSeed = 7;
constexpr std::array<double, 3> kFixedTimes{0.95, 0.75, 0.4};
constexpr int kSheetSteps = 8, kShownFrames = 8;
constexpr double kDecodeTime = 0.05;

constexpr std::array<std::string_view, 25> kFields{"batch",       "latents",       "clip_latents",    "recite",     "still_share", "pose_share", "gate_share",   "pool_clips",    "clips_per_step",   "framing",
                                                   "speech_share", "gesture_share", "augmentation", "face_weight", "mouth_weight", "probe", "change",     "time_shift",    "one_shot",         "history_none",
                                                   "corruption",   "unheard",       "train",        "evaluation_clips", "comment"};

void freeze(torch::nn::Module& module) {
    for (Tensor& parameter : module.parameters()) parameter.set_requires_grad(false);
}

/// [B, T'] -> broadcast against latents.
Tensor spread(const Tensor& time) { return time.unsqueeze(1).unsqueeze(3).unsqueeze(4); }

Tensor as_pictures(const Tensor& video) { return (video.clamp(-1, 1) + 1) / 2; }

}  // namespace

VideoTaskConfig parse_video_task(const std::string& name, const JsonObject& o) {
    o.refuse_unknown(kFields);
    VideoTaskConfig config;
    config.name = name;
    VideoSampling& s = config.sampling;
    read(o, "batch", 1, 1024, s.batch);
    read(o, "latents", 2, 64, s.latents);
    read(o, "clip_latents", s.latents, 1024, s.clip_latents);
    if (o.has("recite")) config.recite = o.flag("recite");
    if (config.recite && (o.number("clips_per_step", 0, 1000) != 0)) o.wrong("recite", "is true, and the clips change", "Set clips_per_step to 0");
    read(o, "still_share", 0, 1, s.still_share);
    read(o, "pose_share", 0, 1, s.pose_share);
    read(o, "gate_share", 0, 1, s.gate_share);
    read(o, "pool_clips", 1, 100'000, s.pool_clips);
    read(o, "clips_per_step", 0, 1000, s.clips_per_step);
    read(o, "speech_share", 0, 1, s.speech_share);
    read(o, "gesture_share", 0, 1, s.gesture_share);
    read(o, "augmentation", 0, 1, s.augmentation);
    read(o, "face_weight", 0, 100, config.face_weight);
    read(o, "mouth_weight", 0, 100, config.mouth_weight);
    read(o, "probe", 0, 10, config.probe);
    read(o, "change", 0, 10, config.change);
    read(o, "time_shift", -5, 5, config.time_shift);
    read(o, "one_shot", 0, 1, config.one_shot);
    read(o, "history_none", 0, 1, config.history_none);
    read(o, "corruption", 0, 1, config.corruption);
    read(o, "unheard", 0, 1, config.unheard);
    read(o, "evaluation_clips", 1, 64, config.evaluation_clips);
    if (o.has("framing")) {
        const auto& range = o.array("framing", 2);
        const auto is_share = [](const nlohmann::json& v) { return v.is_number() && v.get<double>() >= 0 && v.get<double>() <= 1; };
        if (range.size() != 2 || !is_share(range[0]) || !is_share(range[1]) || range[0].get<double>() > range[1].get<double>())
            o.wrong("framing", "is no range", "Write two rising numbers from 0 (the face) to 1 (half of the body)");
        s.framing_first = range[0].get<float>();
        s.framing_last = range[1].get<float>();
    }
    if (o.has("train")) {
        const std::string what = o.text("train");
        if (what != "all" && what != "ours") o.wrong("train", "is '" + what + "'", "Write \"all\", or \"ours\" to leave LTX's own weights as they are");
        config.published_too = what == "all";
    }
    return config;
}

VideoTask::VideoTask(VideoTaskConfig config, VideoModules modules, VideoShape shape, PerformanceMaker performances)
    : config_(std::move(config)), modules_(std::move(modules)), shape_(shape), performances_(std::move(performances)) {
    freeze(*modules_.vae);
    modules_.vae->eval();
    if (Wav2Vec2 published = modules_.audio->wav2vec2()) freeze(*published);
    if (config_.published_too) return;
    for (auto& item : modules_.denoiser->named_parameters())
        if (is_ltx_tensor(item.key())) item.value().set_requires_grad(false);
}

std::unique_ptr<BatchSource> VideoTask::make_source() {
    if (!pool_)
        pool_ = std::make_shared<VideoPool>(video_clip_maker(shape_, config_.sampling, performances_));
    const IndexSpan all{0, config_.sampling.latents};
    return std::make_unique<VideoSource>(config_.sampling, pool_, AudioSpans{modules_.audio->span(all, FirstLatent::still), modules_.audio->span(all, FirstLatent::moving)});
}

Tensor VideoTask::encode(const Tensor& bytes) {
    torch::NoGradGuard no_grad;
    modules_.vae->to(bytes.device());
    return modules_.vae->normalise(modules_.vae->encoder->forward(bytes.to(torch::kFloat) / 127.5 - 1).mean).to(torch::kFloat);
}

Tensor VideoTask::latents_of(const VideoBatch& batch) {
    const Tensor all = encode(batch.video);
    return all.narrow(2, batch.start == FirstLatent::still ? 0 : 1, all.size(2) - 1);
}

Conditioning VideoTask::conditioning_of(const VideoBatch& batch) {
    const AudioTokens heard = modules_.audio->encode(batch.audio, {0, batch.face.size(1)}, batch.start);
    Conditioning told;
    told.audio = heard.tokens;
    told.silent = heard.silent;
    told.identity = encode(batch.reference);
    if (modules_.text.defined()) told.text = modules_.text.to(device()).expand({batch.reference.size(0), -1, -1});
    if (modules_.denoiser->config().pose.kind != PoseKind::none) {
        told.pose = batch.pose;
        told.pose_given = batch.pose_given;
    }
    told.face_mask = torch::where(batch.gated.view({-1, 1, 1}), batch.face, torch::ones_like(batch.face));
    return told;
}

StepResult VideoTask::step(TrainingBatch& drawn, const StepInfo& info) {
    data_seed_ = info.data_seed;
    const auto& batch = static_cast<const VideoBatch&>(drawn);
    const Tensor latents = latents_of(batch);
    const int64_t count = latents.size(0), frames = latents.size(2), chunk = modules_.denoiser->config().context.chunk;
    const bool one_shot = torch::rand({}).item<double>() < config_.one_shot;
    const int64_t drawn_times = one_shot ? 1 : (frames + chunk - 1) / chunk;
    const Tensor time = torch::sigmoid(torch::randn({count, drawn_times}) + config_.time_shift).repeat_interleave(one_shot ? frames : chunk, 1).narrow(1, 0, frames).to(latents.device());
    const Tensor noise = torch::randn_like(latents);

    DitPass pass;
    pass.start = batch.start;
    pass.conditioning = conditioning_of(batch);
    const Tensor unheard = (torch::rand({count, 1}) < config_.unheard).to(latents.device());
    pass.conditioning.silent = pass.conditioning.silent.logical_or(unheard);
    pass.context = modules_.denoiser->config().context;
    if (one_shot) {
        pass.context->mode = AttentionMode::bidirectional;
    } else if (torch::rand({}).item<double>() < config_.history_none) {
        pass.context->window = 0;
        pass.context->anchor = false;
    } else {
        const Tensor level = torch::rand({count, 1, 1, 1, 1}).to(latents.device()) * config_.corruption;
        pass.history = add_noise(latents, torch::randn_like(latents), level);
    }
    pass.noisy = add_noise(latents, noise, spread(time));
    pass.time = time;
    const Tensor error = modules_.denoiser->forward(pass).to(torch::kFloat) - velocity_of(latents, noise);

    const Tensor face = batch.face.view({count, 1, frames, latents.size(3), latents.size(4)});
    const Tensor mouth = batch.mouth.view({count, 1, 1, latents.size(3), latents.size(4)});
    const Tensor weight = 1 + config_.face_weight * face + config_.mouth_weight * mouth;
    const Tensor flow = (error.square() * weight).sum() / (weight.sum() * latents.size(1));
    const Tensor change = frames > 1 ? (error.slice(2, 1) - error.slice(2, 0, -1)).square().mean() : torch::zeros_like(flow);
    // What the sound alone says of the mouth: how its cells differ from the reference picture's.
    const auto mouth_of = [&](const Tensor& of) { return ((of * mouth).sum({3, 4}) / mouth.sum({3, 4}).clamp_min(1)).transpose(1, 2); };  // [B, T', C]
    const Tensor probed = (modules_.probe->forward(pass.conditioning.audio).to(torch::kFloat) - mouth_of(latents - pass.conditioning.identity)).square().mean();
    StepResult result;
    result.loss = flow + config_.change * change + config_.probe * probed;
    result.metrics.add("loss", result.loss);
    result.metrics.add("probe", probed);
    result.metrics.add("flow", error.square().mean());
    result.metrics.add("face", (error.square() * face).sum() / (face.sum() * latents.size(1)).clamp_min(1));
    return result;
}

std::vector<std::shared_ptr<const VideoClip>> VideoTask::fixed_clips() {
    if (!fixed_.empty()) return fixed_;
    VideoSampling sampling = config_.sampling;
    sampling.characters = CharacterSet::held_out;
    for (int i = 0; i < config_.evaluation_clips; ++i)
        fixed_.push_back(std::make_shared<const VideoClip>(make_video_clip(shape_, sampling, performances_, item_seed(kFixedSeed, 0, i))));
    return fixed_;
}

VideoRecital VideoTask::recital() {
    if (!pool_) make_source();
    std::vector<std::shared_ptr<const VideoClip>> clips;
    for (int i = 0; i < config_.sampling.pool_clips; ++i) clips.push_back(kept_clip(*pool_, data_seed_, static_cast<std::uint64_t>(i)));
    SamplerConfig sampler = modules_.sampler;
    if (sampler.schedule != Schedule::list) sampler.steps = std::min(sampler.steps, kSheetSteps);
    return {{modules_.denoiser, modules_.audio, modules_.vae, sampler, modules_.text}, std::move(clips), config_.sampling.gate_share > 0, config_.sampling.pose_share > 0};
}

Metrics VideoTask::evaluate() {
    if (config_.recite) {
        VideoRecital learned = recital();
        return learned.figures(learned.recite());
    }
    VideoBatch batch = VideoSource::batch_of(fixed_clips(), FirstLatent::still, modules_.audio->span({0, config_.sampling.latents}, FirstLatent::still), config_.sampling.pose_share > 0);
    batch.to(device());
    const Tensor latents = latents_of(batch), noise = latent_noise(latents.sizes(), 0, 0, kNoiseSeed).to(latents.device());
    DitPass pass;
    pass.conditioning = conditioning_of(batch);
    Conditioning others = pass.conditioning;
    others.audio = others.audio.roll(1, 0);
    others.silent = others.silent.roll(1, 0);
    Metrics metrics;
    double own = 0, other = 0;
    for (const double t : kFixedTimes) {
        pass.time = torch::full({latents.size(0)}, t, latents.options());
        pass.noisy = add_noise(latents, noise, torch::full({1}, t, latents.options()));
        pass.context = modules_.denoiser->config().context;
        pass.context->mode = AttentionMode::bidirectional;
        const auto error = [&](const Conditioning& told) {
            DitPass asked = pass;
            asked.conditioning = told;
            return (modules_.denoiser->forward(asked).to(torch::kFloat) - velocity_of(latents, noise)).square().mean().item<double>() / kFixedTimes.size();
        };
        own += error(pass.conditioning);
        other += error(others);
    }
    metrics.add("held_out_flow", own);
    metrics.add("held_out_flow_other_sound", other);
    return metrics;
}

std::vector<Preview> VideoTask::preview() {
    if (config_.recite) {
        VideoRecital learned = recital();
        return learned.sheets(learned.recite(), config_.name);
    }
    VideoBatch batch = VideoSource::batch_of({fixed_clips().front()}, FirstLatent::still, modules_.audio->span({0, config_.sampling.latents}, FirstLatent::still), config_.sampling.pose_share > 0);
    batch.to(device());
    SamplerConfig sampler = modules_.sampler;
    if (sampler.schedule != Schedule::list) sampler.steps = std::min(sampler.steps, kSheetSteps);
    const int latents = config_.sampling.latents;
    ClipDenoiser denoiser(modules_.denoiser, sampler, {}, {.latents = latents, .overlap = 0});
    const Tensor made = denoiser.run({0, latents}, conditioning_of(batch), kNoiseSeed);
    VaeDecodeContext context;
    if (modules_.vae->config().timestep_conditioning) context.timestep = torch::full({1}, kDecodeTime, made.options());
    const Tensor video = as_pictures(modules_.vae->decoder->forward(modules_.vae->denormalise(made), context).to(torch::kFloat));
    const Tensor truth = as_pictures(batch.video.to(torch::kFloat) / 127.5 - 1);
    std::vector<Tensor> tiles;
    for (const Tensor& shown : {truth, video})
        for (int64_t k = 0; k < kShownFrames; ++k) tiles.push_back(shown[0].select(1, k * (video.size(2) - 1) / (kShownFrames - 1)).to(torch::kCPU));
    modules_.denoiser->train();
    return {{config_.name, {contact_sheet(tiles, kShownFrames)}, {}}};
}

nlohmann::json VideoTask::describe() const {
    return {{"config", {{"denoiser", to_json(modules_.denoiser->config())}, {"audio", to_json(modules_.audio->config())}, {"sampler", modules_.sampling}, {"codec", modules_.codec}}}};
}

}  // namespace mirrorme

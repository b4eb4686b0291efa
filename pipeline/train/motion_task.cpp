// Note [What the denoiser learns from]
// A pass holds finished frames and noisy frames of the same window (Note [Teacher forcing] in denoise/attention_plan.h), every
// noisy frame at a time of its own. Given the truth as history a denoiser need not listen: the mouth of 167 ms ago says much. So
// some steps have no history at all, in others it is noised, and in others it is what the model itself made of it: the truth
// noised to a middling time and denoised in one go, which has the model's own errors and still belongs to the sound
// that follows. (A free rollout would not: its head is somewhere else, and a model that is told to be at the truth's head next
// learns to ignore its past.)
// The probe reads the mouth from the audio tokens alone; without it the transformer takes many times as long to find
// that the tokens mean anything. Most frames have the few times at which the sampler will ask.

#include "train/motion_task.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "denoise/dit_config.h"
#include "train/chance_noise.h"
#include "train/motion_parts.h"
#include "train/optional_fields.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr double kOwnFirst = 0.25, kOwnLast = 0.8;  // times from which the model's own history is made

constexpr std::array<std::string_view, 25> kFields{
    "batch", "latents", "still_share", "pose_share", "gate_share", "pool_clips", "clips_per_step", "clip_latents", "speech_share", "gesture_share", "augmentation", "footage_share",
    "parts", "change", "probe", "times", "times_share", "time_shift", "history_none", "history_corrupted", "history_corruption", "history_own",
    "evaluation_clips", "evaluation_latents", "comment"};

void read_sampling(const JsonObject& o, MotionSampling& s) {
    read(o, "batch", 1, 4096, s.batch);
    read(o, "latents", 2, 256, s.latents);
    read(o, "still_share", 0, 1, s.still_share);
    read(o, "pose_share", 0, 1, s.pose_share);
    read(o, "gate_share", 0, 1, s.gate_share);
    read(o, "pool_clips", 1, 100'000, s.pool_clips);
    read(o, "clips_per_step", 0, 1000, s.clips_per_step);
    read(o, "clip_latents", s.latents, 1000, s.clips.latents);
    read(o, "speech_share", 0, 1, s.clips.speech_share);
    read(o, "gesture_share", 0, 1, s.clips.gesture_share);
    read(o, "augmentation", 0, 1, s.clips.augmentation);
    read(o, "footage_share", 0, 1, s.clips.footage_share);
}

void read_loss(const JsonObject& o, MotionLoss& loss) {
    if (o.has("parts")) {
        const JsonObject parts = o.object("parts");
        std::array<std::string_view, kPartCount> names;
        for (int p = 0; p < kPartCount; ++p) names[static_cast<std::size_t>(p)] = name_of(static_cast<Part>(p));
        parts.refuse_unknown(names);
        for (std::size_t p = 0; p < names.size(); ++p) read(parts, names[p], 0, 100, loss.parts[p]);
    }
    read(o, "change", 0, 10, loss.change);
    read(o, "probe", 0, 10, loss.probe);
    read(o, "times_share", 0, 1, loss.times_share);
    read(o, "time_shift", -5, 5, loss.time_shift);
    if (!o.has("times")) return;
    loss.times.clear();
    for (const auto& time : o.array("times", 64)) {
        if (!time.is_number() || time.get<double>() <= 0 || time.get<double>() > 1) o.wrong("times", "holds something that is no time", "Write numbers above 0, at most 1");
        loss.times.push_back(time.get<double>());
    }
    if (loss.times.empty()) o.wrong("times", "is empty", "Write the sampler's times");
}

/// Every run of `rows` rows is kept with the given probability: [n, 1, 1, 1, 1] of 0 and 1.
Tensor chosen(std::int64_t n, double share, const torch::Device& device) { return (torch::rand({n, 1, 1, 1, 1}) < share).to(torch::kFloat).to(device); }

Tensor told_noise(const MotionBatch& batch) {
    Tensor noise = torch::randn_like(batch.latents);
    tell_chances(batch.chances, noise);
    return noise;
}

}  // namespace

MotionTaskConfig parse_motion_task(const std::string& name, const JsonObject& o) {
    o.refuse_unknown(kFields);
    MotionTaskConfig config;
    config.name = name;
    read_sampling(o, config.sampling);
    read_loss(o, config.loss);
    read(o, "history_none", 0, 1, config.history.none);
    read(o, "history_corrupted", 0, 1, config.history.corrupted);
    read(o, "history_corruption", 0, 1, config.history.corruption);
    read(o, "history_own", 0, 1, config.history.own);
    read(o, "evaluation_clips", 1, 1000, config.evaluation.clips);
    read(o, "evaluation_latents", 2, 1000, config.evaluation.latents);
    config.evaluation.gestures_asked = config.sampling.pose_share > 0;
    return config;
}

MotionTask::MotionTask(MotionTaskConfig config, MotionModules modules, PerformanceMaker performances)
    : config_(std::move(config)), modules_(std::move(modules)), performances_(performances), evaluation_(config_.evaluation, modules_.parts, modules_.sampler, performances) {
    Tensor weight = modules_.parts->channel_mask().clone();  // [C, S]
    for (std::size_t p = 0; p < config_.loss.parts.size(); ++p) weight.select(1, static_cast<std::int64_t>(p)).mul_(config_.loss.parts[p]);
    weight_ = (weight / weight.mean()).view({1, weight.size(0), 1, 1, weight.size(1)});
}

std::vector<TrainedModule> MotionTask::modules() {
    return {{"denoiser.", modules_.denoiser.ptr(), 1}, {"audio.", modules_.audio.ptr(), 1}, {"probe.", modules_.probe.ptr(), 1}};
}

std::unique_ptr<BatchSource> MotionTask::make_source() {
    const std::int64_t latents = config_.sampling.latents;
    std::array<SampleSpan, 2> spans;
    for (const FirstLatent start : {FirstLatent::still, FirstLatent::moving}) spans[start == FirstLatent::still ? 0 : 1] = modules_.audio->span({0, latents}, start);
    if (!pool_) {
        const auto make = [parts = modules_.parts, performances = performances_, options = config_.sampling.clips](std::uint64_t seed) { return make_clip(parts, performances, options, seed); };
        pool_ = std::make_shared<ClipPool>(make);
    }
    return std::make_unique<MotionSource>(config_.sampling, pool_, [spans](FirstLatent start) { return spans[start == FirstLatent::still ? 0 : 1]; }, modules_.parts->temporal());
}

Tensor MotionTask::draw_times(std::int64_t batch, std::int64_t frames, const torch::Device& device) const {
    const MotionLoss& loss = config_.loss;
    const Tensor listed = torch::tensor(loss.times, torch::kFloat).index_select(0, torch::randint(static_cast<std::int64_t>(loss.times.size()), {batch * frames})).view({batch, frames});
    const Tensor anywhere = torch::sigmoid(torch::randn({batch, frames}) + loss.time_shift);
    return torch::where(torch::rand({batch, frames}) < loss.times_share, listed, anywhere).to(device);
}

Tensor MotionTask::history_of(const MotionBatch& batch, DitPass pass) {
    const MotionHistory& history = config_.history;
    const std::int64_t count = batch.latents.size(0);
    const torch::Device device = batch.latents.device();
    Tensor past = batch.latents;
    if (torch::rand({}).item<double>() < history.own) {
        torch::NoGradGuard no_grad;
        const Tensor time = (kOwnFirst + (kOwnLast - kOwnFirst) * torch::rand({count, batch.latents.size(2)})).to(device), t = time.unsqueeze(1).unsqueeze(3).unsqueeze(4);
        pass.noisy = add_noise(batch.latents, told_noise(batch), t);
        pass.time = time;
        pass.history = batch.latents;
        past = clean_from_velocity(pass.noisy, modules_.denoiser->forward(pass).to(torch::kFloat), t) * (weight_ > 0);
    }
    const Tensor level = torch::rand({count, 1, 1, 1, 1}).to(device) * history.corruption * chosen(count, history.corrupted, device);
    return add_noise(past, torch::randn_like(past), level);
}

void MotionTask::add_losses(const Tensor& error, const Tensor& time, StepResult& result) const {
    const Tensor squared = error.square() * weight_;
    const Tensor change = (error.slice(2, 1) - error.slice(2, 0, -1)).square() * weight_;
    const Tensor flow = squared.mean();
    result.loss = flow + config_.loss.change * change.mean();
    result.metrics.add("flow", flow);
    const Tensor raw = error.detach().square() * (weight_ > 0), used = (weight_ > 0).to(torch::kFloat).sum({0, 1, 2, 3}).clamp_min(1);
    const Tensor parts = raw.sum(1).mean({0, 1, 2}) / used;
    for (int p = 0; p < kPartCount; ++p) result.metrics.add(std::string(name_of(static_cast<Part>(p))), parts[p]);
    const Tensor from_noise = (time == 1).to(torch::kFloat).unsqueeze(1).unsqueeze(3);  // the sampler's first call: how well is it told?
    const Tensor mouth = raw.select(4, 0);
    result.metrics.add("mouth_from_noise", (mouth * from_noise).sum() / (from_noise.sum() * used[0]).clamp_min(1));
}

StepResult MotionTask::step(TrainingBatch& drawn, const StepInfo&) {
    const auto& batch = static_cast<const MotionBatch&>(drawn);
    const torch::Device device = batch.latents.device();
    const std::int64_t count = batch.latents.size(0), frames = batch.latents.size(2);
    weight_ = weight_.to(device);
    const AudioTokens heard = modules_.audio->encode(batch.audio, {0, frames}, batch.start);

    DitPass pass;
    pass.start = batch.start;
    pass.conditioning.audio = heard.tokens;
    pass.conditioning.silent = heard.silent;
    pass.conditioning.identity = batch.identity;
    pass.conditioning.pose = batch.pose;
    pass.conditioning.pose_given = batch.pose_given;
    pass.conditioning.face_mask = batch.listen;
    if (torch::rand({}).item<double>() < config_.history.none) {
        pass.context = modules_.denoiser->config().context;
        pass.context->window = 0;
        pass.context->anchor = false;
    } else {
        pass.history = history_of(batch, pass);
    }
    const Tensor time = draw_times(count, frames, device), t = time.unsqueeze(1).unsqueeze(3).unsqueeze(4);
    const Tensor noise = told_noise(batch);
    pass.noisy = add_noise(batch.latents, noise, t);
    pass.time = time;
    const Tensor velocity = modules_.denoiser->forward(pass).to(torch::kFloat);

    StepResult result;
    add_losses(velocity - velocity_of(batch.latents, noise), time, result);
    const Tensor mouth = batch.latents.select(4, 0).select(3, 0).transpose(1, 2), mask = (weight_ > 0).select(4, 0).select(3, 0).transpose(1, 2).to(torch::kFloat);
    const Tensor probed = ((modules_.probe->forward(heard.tokens).to(torch::kFloat) - mouth).square() * mask).mean() / mask.mean();
    result.loss = result.loss + config_.loss.probe * probed;
    result.metrics.add("probe", probed);
    return result;
}

nlohmann::json MotionTask::describe() const {
    return {{"config", {{"denoiser", to_json(modules_.denoiser->config())}, {"audio", to_json(modules_.audio->config())}, {"sampler", to_json(modules_.sampler)}, {"latents", {{"part_map", hash_of(modules_.parts)}}}}}};
}

}  // namespace mirrorme

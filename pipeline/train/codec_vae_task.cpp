// Note [A decoder that also denoises]
// From 0.9.1 on the decoder is told a time t and is given latents that noise was mixed into, (1 - t) z + t e with z normalised: it
// ends the denoising that the transformer began (LTX-Video report, section 3.2). Half of the clips are decoded at t = 0, so
// that plain reconstruction stays what it is measured by. z is normalised by running means of each channel's mean and spread,
// which are saved with the weights as per_channel_statistics, as in the published files.

#include "train/codec_vae_task.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "train/codec_pictures.h"
#include "train/optional_fields.h"
#include "train/performers/performer.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr double kEdges = 0.5, kChange = 0.5, kPosterior = 1e-6;
constexpr double kLatestTime = 0.2, kPlainShare = 0.5;
constexpr double kStatisticsRate = 0.01;
constexpr std::uint64_t kHeldOutSeed = 20'261'123;
constexpr int kHeldOutBatches = 4, kHeldOutBatch = 2;
constexpr int kShownFrames = 4;
constexpr double kNarrowPosterior = -6;  // log-variance that training begins with: latents that say nothing for the noise in them teach a decoder nothing
constexpr float kFaceShare = 0.7f;  // of crops that are about the face

enum Stream { character_stream = 1, performance_stream, clip_stream };

Tensor difference(const Tensor& x, int64_t axis) { return x.slice(axis, 1) - x.slice(axis, 0, -1); }

/// Upper left corner of a crop of `size` about `centre` that stays inside `length`.
int corner(float centre, int size, int length) { return std::clamp(static_cast<int>(centre) - size / 2, 0, length - size); }

void put_crop(const RgbaImage& picture, int x0, int y0, Tensor out) {  // out [3, H, W]
    auto to = out.accessor<float, 3>();
    for (int64_t y = 0; y < to.size(1); ++y)
        for (int64_t x = 0; x < to.size(2); ++x) {
            const std::uint8_t* p = picture.at(x0 + static_cast<int>(x), y0 + static_cast<int>(y));
            for (int c = 0; c < 3; ++c) to[c][y][x] = static_cast<float>(p[c]) / 127.5f - 1;
        }
}

}  // namespace

VaeSampling parse_vae_task(const JsonObject& o) {
    constexpr std::array<std::string_view, 8> kFields{"batch", "frames", "size", "width", "height", "clips_of", "watched", "comment"};
    o.refuse_unknown(kFields);
    VaeSampling s;
    read(o, "batch", 1, 1024, s.batch);
    read(o, "frames", 1, 257, s.frames);
    read(o, "width", kVaeSpatialStride, 4096, s.width);
    read(o, "height", kVaeSpatialStride, 4096, s.height);
    read(o, "size", kVaeSpatialStride, std::min(s.width, s.height), s.size);
    read(o, "watched", 1, 1000, s.watched);
    if (s.frames % kVaeTemporalStride != 1) o.wrong("frames", "is not 1 + 8n", "Write 9, 17, 25, ...");
    if (s.size % kVaeSpatialStride != 0) o.wrong("size", "is not a multiple of 32");
    return s;
}

std::unique_ptr<TrainingBatch> VaeSource::draw(std::uint64_t data_seed, std::int64_t step) {
    const int size = sampling_.size;
    auto batch = std::make_unique<VaeBatch>();
    batch->video = torch::empty({sampling_.batch, 3, sampling_.frames, size, size});
    batch->weight = torch::ones({sampling_.batch, 1, 1, size, size});
    for (int i = 0; i < sampling_.batch; ++i) clips_.empty() ? put_performance(data_seed, step, i, batch->video[i]) : put_clip(data_seed, step, i, *batch);
    return batch;
}

void VaeSource::put_performance(std::uint64_t data_seed, std::int64_t step, int item, Tensor out) const {
    const int size = sampling_.size;
    TrainingRng rng(item_seed(data_seed, step, character_stream * 1000 + item));
    PerformanceOptions wanted;
    wanted.frames = sampling_.frames;
    wanted.speech_share = 1;
    wanted.held_out = sampling_.characters == CharacterSet::held_out;
    const Performance performance = performances_(item_seed(data_seed, step, performance_stream * 1000 + item), wanted);
    const Performer performer(character_seed(rng, sampling_.characters));
    const View view = any_view(rng, sampling_.width, sampling_.height);
    const FaceFrame face = face_frame_of(performer.key_points(performance.poses.front(), view));
    const bool about_face = chance(rng, kFaceShare);
    const float jitter = 0.2f * static_cast<float>(size);
    const float at_x = about_face ? face.origin_x + uniform(rng, -jitter, jitter) : uniform(rng, 0, static_cast<float>(sampling_.width));
    const float at_y = about_face ? face.origin_y + uniform(rng, 0, 2 * jitter) : uniform(rng, 0, static_cast<float>(sampling_.height));
    const int x0 = corner(at_x, size, sampling_.width), y0 = corner(at_y, size, sampling_.height);
    for (int f = 0; f < sampling_.frames; ++f)
        put_crop(performer.draw(performance.poses[static_cast<std::size_t>(f)], view, Backdrop::own), x0, y0, out.select(1, f));
}

void VaeSource::put_clip(std::uint64_t data_seed, std::int64_t step, int item, VaeBatch& batch) const {
    TrainingRng rng(item_seed(data_seed, step, clip_stream * 1000 + item));
    const VaeClips& from = clips_[rng() % clips_.size()];
    const auto clip = kept_clip(*from.pool, data_seed, rng() % static_cast<std::uint64_t>(from.sampling.pool_clips));
    const int64_t spare = clip->video.size(1) - sampling_.frames;  // the stage has made sure that there is none missing
    const Tensor frames = clip->video.narrow(1, static_cast<int64_t>(rng() % static_cast<std::uint64_t>(spare + 1)), sampling_.frames);
    batch.video[item].copy_(frames.to(torch::kFloat) / 127.5 - 1);
    batch.weight[item].masked_fill_(clip->mouth.logical_or(clip->hands.any(0)), sampling_.watched);
}

VaeTask::VaeTask(const VaeConfig& config, const VaeSampling& sampling, PerformanceMaker performances, std::vector<VaeClips> clips)
    : sampling_(sampling), performances_(std::move(performances)), clips_(std::move(clips)), vae_(config) {
    torch::NoGradGuard no_grad;
    vae_->named_parameters()["encoder.conv_out.conv.bias"].slice(0, config.latent_channels).fill_(kNarrowPosterior);
}

Tensor VaeTask::decode(const Tensor& latents, const Tensor& time) {
    VaeDecodeContext context;
    if (vae_->config().timestep_conditioning) context.timestep = time;
    return vae_->decoder->forward(latents, context).to(torch::kFloat);
}

void VaeTask::track_statistics(const Tensor& mean) {
    torch::NoGradGuard no_grad;
    const Tensor channels = mean.detach().to(torch::kFloat).transpose(0, 1).flatten(1);
    auto buffers = vae_->named_buffers();
    buffers["per_channel_statistics.mean-of-means"].lerp_(channels.mean(1), kStatisticsRate);
    buffers["per_channel_statistics.std-of-means"].lerp_(channels.std(1).clamp_min(1e-3), kStatisticsRate);
}

StepResult VaeTask::step(TrainingBatch& drawn, const StepInfo&) {
    const Tensor &video = static_cast<const VaeBatch&>(drawn).video, &weight = static_cast<const VaeBatch&>(drawn).weight;
    const VaePosterior posterior = vae_->encoder->forward(video);
    const Tensor mean = posterior.mean.to(torch::kFloat), log_variance = posterior.log_variance.to(torch::kFloat);
    track_statistics(mean);
    const Tensor drawn_latents = mean + (0.5 * log_variance).exp() * torch::randn_like(mean);

    Tensor time = torch::zeros({video.size(0)}, video.options());
    Tensor latents = drawn_latents;
    if (vae_->config().timestep_conditioning) {
        time = torch::where(torch::rand({video.size(0)}) < kPlainShare, 0.0, kLatestTime * torch::rand({video.size(0)})).to(video.device(), torch::kFloat);
        const Tensor t = time.view({-1, 1, 1, 1, 1}), normal = vae_->normalise(drawn_latents);
        latents = vae_->denormalise(normal * (1 - t) + torch::randn_like(normal) * t);
    }
    const Tensor error = (decode(latents, time) - video) * (weight / weight.mean());
    const Tensor colour = error.abs().mean(), edges = difference(error, 3).abs().mean() + difference(error, 4).abs().mean();
    const Tensor change = video.size(2) > 1 ? difference(error, 2).abs().mean() : torch::zeros_like(colour);
    // KL from the unit Gaussian; the one log-variance is shared by all channels.
    const Tensor divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean();

    StepResult result;
    result.loss = colour + kEdges * edges + kChange * change + kPosterior * divergence;
    result.metrics.add("loss", result.loss);
    result.metrics.add("colour", colour);
    result.metrics.add("edges", edges);
    result.metrics.add("change", change);
    result.metrics.add("divergence", divergence);
    return result;
}

const std::vector<VaeBatch>& VaeTask::held_out() {
    if (held_out_.empty()) {
        VaeSampling sampling = sampling_;
        sampling.characters = CharacterSet::held_out;
        sampling.batch = kHeldOutBatch;
        VaeSource source(sampling, performances_);
        for (int i = 0; i < kHeldOutBatches; ++i) held_out_.push_back(static_cast<VaeBatch&>(*source.draw(kHeldOutSeed, i)));
    }
    for (VaeBatch& batch : held_out_) batch.to(vae_->parameters().front().device());
    return held_out_;
}

Tensor VaeTask::reconstruct(const Tensor& video) { return decode(vae_->encoder->forward(video).mean, torch::zeros({video.size(0)}, video.options())); }

Metrics VaeTask::evaluate() {
    PictureScore still, coded;
    for (const VaeBatch& batch : held_out()) {
        const Tensor made = reconstruct(batch.video).clamp(-1, 1);
        const Tensor all = torch::ones({batch.video.size(0), 1, batch.video.size(3), batch.video.size(4)}, batch.video.options());
        const auto as_picture = [](const Tensor& video, int64_t f) { return (video.select(2, f) + 1) / 2; };
        for (int64_t f = 0; f < batch.video.size(2); ++f) {
            still.add(as_picture(batch.video, 0), as_picture(batch.video, f), all);
            coded.add(as_picture(made, f), as_picture(batch.video, f), all);
        }
    }
    Metrics metrics;
    metrics.add("still_psnr", still.psnr());
    metrics.add("still_ssim", still.ssim());
    metrics.add("vae_psnr", coded.psnr());
    metrics.add("vae_ssim", coded.ssim());
    return metrics;
}

std::vector<Preview> VaeTask::preview() {
    std::vector<Tensor> tiles;
    for (const VaeBatch& batch : held_out()) {
        const Tensor made = reconstruct(batch.video);
        const int64_t last = batch.video.size(2) - 1;
        for (const Tensor& video : {batch.video, made})
            for (int64_t i = 0; i < video.size(0); ++i)
                for (int64_t k = 0; k < kShownFrames; ++k) tiles.push_back((video[i].select(1, k * last / (kShownFrames - 1)) + 1) / 2);
    }
    return {{"vae", {contact_sheet(tiles, kHeldOutBatch * kShownFrames)}, {}}};
}

}  // namespace mirrorme

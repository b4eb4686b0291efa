// Note [Told otherwise]
// A model that has learned a few clips by heart might know them by their reference pictures alone. So it is told each clip with another clip's sound, with
// a face mask that lets nothing hear, and with the arms' key points backwards in time: what it listens to is what changes the frames. A mouth is read by looking up the
// clip's own frame whose mouth box is nearest in pixels, and taking that frame's distance between the inner lips; the codec's round trip, read alike, is the most that any model can
// get. Arms told backwards are measured in the boxes where the hands then should be, against the frames played backwards and against the frames as they were.

#include "train/video_recital.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "denoise/denoiser.h"
#include "train/codec_pictures.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr std::uint64_t kNoiseSeed = 7;
constexpr double kDecodeTime = 0.05;
constexpr int kColumns = 12;
constexpr float kMovingLips = 0.2f;  // pixels of standard deviation below which a mouth does not speak

double rms(const Tensor& difference) { return difference.numel() == 0 ? 0 : 255 * std::sqrt(difference.to(torch::kDouble).square().mean().item<double>()); }

double correlation(const Tensor& a, const Tensor& b) {
    const Tensor x = a - a.mean(), y = b - b.mean();
    return ((x * y).sum() / (x.norm() * y.norm()).clamp_min(1e-9)).item<double>();
}

/// Distance of the lips in each frame [F]: that of the true frame whose masked pixels are nearest. frames, truth [3, F, H, W]; mask [H, W].
Tensor read_lips(const Tensor& frames, const Tensor& truth, const Tensor& lips, const Tensor& mask) {
    const auto pixels = [&](const Tensor& video) { return video.permute({1, 0, 2, 3}).flatten(2).index({torch::indexing::Slice(), torch::indexing::Slice(), mask.flatten()}).flatten(1); };
    return lips.index_select(0, torch::cdist(pixels(frames), pixels(truth)).argmin(1));
}

/// How much the masked pixels change in time.
double liveliness(const Tensor& frames, const Tensor& mask) { return rms((frames - frames.mean(1, true)).masked_select(mask)); }

DitModel streaming_copy(const DitModel& model) {
    DitConfig config = model->config();
    config.context.mode = AttentionMode::block_causal;
    DitModel copy(config);
    copy->to(model->device());
    torch::NoGradGuard no_grad;
    const auto source = model->named_parameters();
    for (auto& p : copy->named_parameters()) p.value().copy_(source[p.key()]);
    return copy;
}

}  // namespace

VideoRecital::VideoRecital(RecitalModules modules, std::vector<std::shared_ptr<const VideoClip>> clips, bool gated, bool posed)
    : modules_(std::move(modules)), clips_(std::move(clips)), gated_(gated), posed_(posed) {
    latents_ = static_cast<int>(clips_.front()->face.size(0)) - 1;
    temporal_ = static_cast<int>((clips_.front()->video.size(1) - 1) / latents_);
    const int64_t frames = 1 + int64_t{temporal_} * (latents_ - 1);
    std::vector<Tensor> videos, lips, mouths, hands;
    for (const auto& clip : clips_) {
        videos.push_back(clip->video.narrow(1, 0, frames));
        lips.push_back(clip->lips.narrow(0, 0, frames));
        mouths.push_back(clip->mouth);
        hands.push_back(clip->hands.narrow(0, 0, frames));
    }
    truth_ = torch::stack(videos).to(torch::kFloat) / 255;
    lips_ = torch::stack(lips);
    mouth_ = torch::stack(mouths);
    hands_ = torch::stack(hands);
}

Tensor VideoRecital::encode(const Tensor& bytes) const {
    LtxVae vae = modules_.vae;
    return vae->normalise(vae->encoder->forward(bytes.to(modules_.denoiser->device()).to(torch::kFloat) / 127.5 - 1).mean).to(torch::kFloat);
}

Tensor VideoRecital::decode(const Tensor& latents) const {
    LtxVae vae = modules_.vae;
    VaeDecodeContext context;
    if (vae->config().timestep_conditioning) context.timestep = torch::full({latents.size(0)}, kDecodeTime, latents.options());
    return ((vae->decoder->forward(vae->denormalise(latents), context).to(torch::kFloat).clamp(-1, 1) + 1) / 2).to(torch::kCPU);
}

Conditioning VideoRecital::told() const {
    AudioFrontEnd audio = modules_.audio;
    const IndexSpan all{0, latents_};
    const torch::Device device = modules_.denoiser->device();
    VideoBatch batch = VideoSource::batch_of(clips_, FirstLatent::still, audio->span(all, FirstLatent::still), posed_);
    batch.to(device);
    const AudioTokens heard = audio->encode(batch.audio, all, FirstLatent::still);
    Conditioning told;
    told.audio = heard.tokens;
    told.silent = heard.silent;
    told.identity = encode(batch.reference);
    if (modules_.denoiser->config().pose.kind != PoseKind::none) {
        told.pose = batch.pose;
        told.pose_given = batch.pose_given;
    }
    told.face_mask = gated_ ? batch.face : torch::ones_like(batch.face);
    return told;
}

Conditioning VideoRecital::reversed_arms(Conditioning told) const {
    std::vector<Tensor> rows;
    for (const Tensor& clip : told.pose.to(torch::kCPU).unbind()) rows.push_back(rows_of_latents(rows_of_frames(clip, temporal_).flip(0), temporal_));
    told.pose = torch::stack(rows).to(told.pose.device());
    told.pose_given = told.pose.abs().sum(2) > 0;
    return told;
}

Tensor VideoRecital::stream(const Conditioning& all) const {
    Denoiser denoiser(streaming_copy(modules_.denoiser), modules_.sampler);
    StreamSetup setup;
    setup.identity = all.identity;
    const auto cache = denoiser.start(setup);
    const int chunk = modules_.denoiser->config().context.chunk;
    std::vector<Tensor> latents;
    for (int first = 0; first < latents_; first += chunk) {
        const int count = std::min(chunk, latents_ - first);
        Conditioning told = all;
        for (Tensor Conditioning::*field : {&Conditioning::audio, &Conditioning::silent, &Conditioning::pose, &Conditioning::pose_given, &Conditioning::face_mask})
            if ((all.*field).defined()) told.*field = (all.*field).narrow(1, first, count);
        latents.push_back(denoiser.run({first, first + count}, told, *cache, kNoiseSeed));
    }
    return decode(torch::cat(latents, 2));
}

std::vector<Recitation> VideoRecital::recite() {
    torch::NoGradGuard no_grad;
    const Conditioning own = told();
    std::vector<Recitation> made;
    made.push_back({"codec", decode(encode((truth_ * 255).to(torch::kByte)))});
    made.push_back({"own_sound", stream(own)});
    Conditioning other = own;
    other.audio = own.audio.roll(1, 0);
    other.silent = own.silent.roll(1, 0);
    made.push_back({"other_sound", stream(other)});
    if (gated_) {
        Conditioning shut = own;
        shut.face_mask = torch::zeros_like(own.face_mask);
        made.push_back({"gate_shut", stream(shut)});
    }
    if (posed_ && own.pose.defined()) made.push_back({"arms_reversed", stream(reversed_arms(own))});
    return made;
}

Metrics VideoRecital::figures(const std::vector<Recitation>& made) const {
    Metrics metrics;
    const Tensor mouth = mouth_.unsqueeze(1).unsqueeze(2).expand_as(truth_);
    metrics.add("mouth_error_held_still", rms((truth_.slice(2, 0, 1) - truth_).masked_select(mouth)));
    double moves = 0;
    for (int64_t i = 0; i < truth_.size(0); ++i) moves += liveliness(truth_[i], mouth_[i]) / static_cast<double>(truth_.size(0));
    metrics.add("mouth_liveliness_truth", moves);
    const Tensor back = truth_.flip(2), turned = hands_.flip(1).logical_or(hands_);
    const auto in_hands = [&](const Tensor& a, const Tensor& b) { return rms((a - b).masked_select(turned.unsqueeze(1).expand_as(truth_))); };
    if (posed_) {
        metrics.add("hand_pixels", turned.to(torch::kFloat).mean());
        metrics.add("hand_error_held_still", in_hands(truth_.slice(2, 0, 1).expand_as(truth_), truth_));
    }
    for (const Recitation& r : made) {
        metrics.add("picture_error_" + r.name, rms(r.frames - truth_));
        metrics.add("mouth_error_" + r.name, rms((r.frames - truth_).masked_select(mouth)));
        double opening = 0, lively = 0;
        int speaking = 0;
        for (int64_t i = 0; i < truth_.size(0); ++i) {
            lively += liveliness(r.frames[i], mouth_[i]) / static_cast<double>(truth_.size(0));
            if (lips_[i].std().item<float>() < kMovingLips) continue;
            opening += correlation(read_lips(r.frames[i], truth_[i], lips_[i], mouth_[i]), lips_[i]);
            ++speaking;
        }
        metrics.add("opening_" + r.name, speaking > 0 ? opening / speaking : 0);
        metrics.add("mouth_liveliness_" + r.name, lively);
        if (!posed_) continue;
        metrics.add("hand_error_" + r.name, in_hands(r.frames, truth_));
        if (r.name == "arms_reversed") metrics.add("hand_error_arms_reversed_to_reversed_truth", in_hands(r.frames, back));
    }
    return metrics;
}

std::vector<Preview> VideoRecital::sheets(const std::vector<Recitation>& made, const std::string& name) const {
    std::vector<Preview> sheets;
    const int64_t frames = truth_.size(2);
    for (int64_t i = 0; i < truth_.size(0); ++i) {
        std::vector<Tensor> tiles;
        const auto row = [&](const Tensor& video) {
            for (int64_t k = 0; k < kColumns; ++k) tiles.push_back(video.select(1, k * (frames - 1) / (kColumns - 1)));
        };
        row(truth_[i]);
        for (const Recitation& r : made) row(r.frames[i]);
        sheets.push_back({name + "_" + std::to_string(i), {contact_sheet(tiles, kColumns)}, {}});
    }
    return sheets;
}

}  // namespace mirrorme

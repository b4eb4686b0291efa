#include "train/motion_evaluation.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "codec/motion/motion_codec.h"
#include "train/motion_data.h"
#include "train/motion_preview.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr int kShownClips = 3;
constexpr int kSilenceMargin = 4;  // frames between a silent frame and speech: release and anticipation are neither
constexpr std::uint64_t kNoiseSeed = 1;

/// Mean power of the sound of each frame, dB.
std::vector<float> loudness_of(const std::vector<float>& audio, int first, int count) {
    std::vector<float> levels;
    for (int f = first; f < first + count; ++f) {
        const auto begin = static_cast<std::size_t>(kPerformanceClock.first_sample(f)), end = std::min(audio.size(), static_cast<std::size_t>(kPerformanceClock.first_sample(f + 1)));
        double power = 1e-7;
        for (std::size_t i = begin; i < end; ++i) power += audio[i] * audio[i] / static_cast<double>(end - begin);
        levels.push_back(static_cast<float>(10 * std::log10(power)));
    }
    return levels;
}

/// Frames in which nothing is said and nothing is about to be.
std::vector<bool> silence_of(const Performance& performance) {
    std::vector<bool> silent(performance.poses.size(), true);
    for (const PhonemeSpan& span : performance.phonemes) {
        if (span.phone == Phone::silence) continue;
        const auto first = kPerformanceClock.frame_at(span.start_sample) - kSilenceMargin, last = kPerformanceClock.frame_at(span.end_sample) + kSilenceMargin;
        for (auto f = std::max<FrameIndex>(0, first); f <= last && f < static_cast<FrameIndex>(silent.size()); ++f) silent[static_cast<std::size_t>(f)] = false;
    }
    return silent;
}

/// A clip as the metrics want it, from frame `first` on.
SpokenClip spoken(const MotionClip& clip, int first) {
    SpokenClip out;
    const FaceFrame face = face_frame_of(clip.reference);
    const int count = static_cast<int>(clip.frames.size()) - first;
    for (std::size_t f = static_cast<std::size_t>(first); f < clip.frames.size(); ++f) out.truth.push_back(to_face_units(clip.frames[f], face));
    out.loudness = loudness_of(clip.audio, first, count);
    const std::vector<bool> silent = silence_of(clip.performance);
    out.silent.assign(silent.begin() + first, silent.end());
    for (const PhonemeSpan& span : clip.performance.phonemes) {
        if (!closes_lips(span.phone)) continue;
        const int from = static_cast<int>(kPerformanceClock.frame_at(span.start_sample)) - first, to = static_cast<int>(kPerformanceClock.frame_at(std::max(span.release_sample - 1, span.start_sample))) - first;
        if (from >= 0 && to < count) out.closures.emplace_back(from, to);
    }
    return out;
}

void copy_weights(const DitModel& from, DitModel& to) {
    const auto source = from->named_parameters();
    for (auto& p : to->named_parameters()) p.value().copy_(source[p.key()]);
}

void add_figures(Metrics& metrics, const MotionFigures& f, const std::string& suffix) {
    metrics.add("opening" + suffix, f.generated.opening);
    metrics.add("width" + suffix, f.generated.width);
    metrics.add("closed_in_silence" + suffix, f.closed_in_silence);
    metrics.add("closed_on_pbm" + suffix, f.closed_on_closures);
    metrics.add("head_energy" + suffix, f.head_energy);
}

void add_all_figures(Metrics& metrics, const MotionFigures& f) {
    metrics.add("lag", f.generated.lag);
    metrics.add("amplitude", f.opening_amplitude);
    metrics.add("blinks", f.blinks);
    metrics.add("hand_error", f.hand_error);
    metrics.add("hand_error_widths", f.hand_error_widths);
    metrics.add("opening_shuffled", f.shuffled.opening);
    metrics.add("width_shuffled", f.shuffled.width);
    metrics.add("opening_by_loudness", f.loudness_opening);
    metrics.add("closed_in_silence_truth", f.truth_closed_in_silence);
    metrics.add("closed_on_pbm_truth", f.truth_closed_on_closures);
}

}  // namespace

MotionEvaluation::MotionEvaluation(const MotionEvaluationConfig& config, PartMap parts, SamplerConfig sampler, PerformanceMaker performances)
    : config_(config), parts_(std::move(parts)), sampler_(std::move(sampler)), performances_(std::move(performances)) {}

void MotionEvaluation::prepare() {
    if (!clips_.empty()) return;
    ClipOptions options;
    options.latents = config_.latents;
    options.characters = CharacterSet::held_out;
    options.augmentation = 0.5f;
    for (int i = 0; i < config_.clips; ++i) {
        clips_.push_back(make_clip(parts_, performances_, options, item_seed(config_.seed, 0, i)));
        truths_.push_back(spoken(clips_.back(), parts_->temporal() - 1));
    }
}

Tensor MotionEvaluation::true_latents() const {
    std::vector<Tensor> truths;
    for (const MotionClip& clip : clips_) truths.push_back(torch::cat({clip.still.slice(1, 0, 1), clip.moving.slice(1, 1, config_.latents)}, 1));
    return torch::stack(truths);
}

Conditioning MotionEvaluation::conditioning_of(AudioFrontEnd& audio, std::size_t sound_of) const {
    std::vector<Tensor> identities, sounds, poses, given;
    const IndexSpan all{0, config_.latents};
    const SampleSpan span = audio->span(all, FirstLatent::still);
    for (std::size_t i = 0; i < clips_.size(); ++i) {
        const MotionClip& clip = clips_[i];
        identities.push_back(clip.identity);
        sounds.push_back(window_audio(clips_[(i + sound_of) % clips_.size()], parts_->temporal() - 1, span));
        poses.push_back(clip.pose * clip.gesturing.unsqueeze(1));
        given.push_back(config_.gestures_asked ? clip.gesturing : torch::zeros_like(clip.gesturing));
    }
    const torch::Device device = audio->parameters().front().device();
    const AudioTokens heard = audio->encode(torch::stack(sounds).to(device), all, FirstLatent::still);
    Conditioning told;
    told.audio = heard.tokens;
    told.silent = heard.silent;
    told.identity = torch::stack(identities).to(device);
    told.pose = torch::stack(poses).to(device);
    told.pose_given = torch::stack(given).to(device);
    return told;
}

std::vector<MotionTrack> MotionEvaluation::generate(DitModel& trained, AudioFrontEnd& audio, const RolloutOptions& options) {
    torch::NoGradGuard no_grad;
    prepare();
    if (!streaming_) {
        DitConfig config = trained->config();
        config.context.mode = AttentionMode::block_causal;
        streaming_ = DitModel(config);
        streaming_->to(trained->device());
    }
    copy_weights(trained, streaming_);
    SamplerConfig sampler = sampler_;
    sampler.steps = options.steps;
    Denoiser denoiser(streaming_, sampler);
    const Conditioning all = conditioning_of(audio, options.sound_of);
    StreamSetup setup;
    setup.identity = all.identity;
    setup.used = parts_->used_channels();
    const auto cache = denoiser.start(setup);
    const int chunk = trained->config().context.chunk;
    const Tensor truth = true_latents().to(trained->device());
    const Tensor others = (torch::arange(kPartCount) != static_cast<int>(Part::mouth)).to(trained->device());  // [S]
    std::vector<Tensor> latents;
    for (int first = 0; first + chunk <= config_.latents; first += chunk) {
        Conditioning told = all;
        told.audio = all.audio.narrow(1, first, chunk);
        told.silent = all.silent.narrow(1, first, chunk);
        told.pose = all.pose.narrow(1, first, chunk);
        told.pose_given = all.pose_given.narrow(1, first, chunk);
        const KnownLatents rest{truth.slice(2, first, first + chunk), others};
        latents.push_back(denoiser.run({first, first + chunk}, told, *cache, kNoiseSeed, options.rest == RolloutOptions::Rest::truth ? &rest : nullptr));
    }
    return tracks_of(torch::cat(latents, 2).to(torch::kCPU));
}

/// As the codec would draw it.
std::vector<MotionTrack> MotionEvaluation::tracks_of(const Tensor& latents) {
    MotionCodecConfig config;
    config.temporal = parts_->temporal();
    MotionCodec codec(config);
    codec.part_map = parts_;
    std::vector<MotionTrack> tracks(clips_.size());
    for (std::size_t i = 0; i < clips_.size(); ++i) {
        CodecIdentity identity;
        identity.points = clips_[i].reference;
        const FaceFrame face = face_frame_of(identity.points);
        MotionStream stream;
        for (const KeyPointFrame& frame : codec.motion(latents.narrow(0, static_cast<int64_t>(i), 1), identity, stream, 1))
            tracks[i].push_back(to_face_units(frame, face));
    }
    return tracks;
}

Metrics MotionEvaluation::evaluate(DitModel& trained, AudioFrontEnd& audio) {
    Metrics metrics;
    for (std::size_t i = 0; i < config_.steps.size(); ++i) {
        const int steps = config_.steps[i];
        const MotionFigures figures = measure_motion((prepare(), truths_), generate(trained, audio, {.steps = steps}));
        const bool last = i + 1 == config_.steps.size();
        add_figures(metrics, figures, last ? "" : "@" + std::to_string(steps));
        if (last) add_all_figures(metrics, figures);
    }
    return metrics;
}

std::vector<Preview> MotionEvaluation::preview(DitModel& trained, AudioFrontEnd& audio) {
    const std::vector<MotionTrack> tracks = generate(trained, audio, {.steps = config_.steps.back()});
    std::vector<Preview> previews;
    for (std::size_t i = 0; i < std::min<std::size_t>(kShownClips, tracks.size()); ++i) {
        Preview shown;
        shown.name = "clip" + std::to_string(i);
        for (std::size_t f = 0; f < tracks[i].size(); ++f) shown.frames.push_back(draw_side_by_side(truths_[i].truth[f], tracks[i][f]));
        const auto from = static_cast<std::ptrdiff_t>(kPerformanceClock.first_sample(parts_->temporal() - 1));
        shown.audio.assign(clips_[i].audio.begin() + from, clips_[i].audio.end());
        previews.push_back(std::move(shown));
    }
    return previews;
}

}  // namespace mirrorme

#include "train/motion_data.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "train/chance_noise.h"

namespace mirrorme {
namespace {

using torch::Tensor;

// Items are counted from 0, so nothing else draws from these.
constexpr std::int64_t kStepStream = -2, kClipStream = -3;

/// First clip that may be used at a step; clips are numbered from 0.
std::uint64_t first_clip(const MotionSampling& sampling, std::int64_t step) {
    return static_cast<std::uint64_t>(static_cast<double>(sampling.clips_per_step) * static_cast<double>(step));
}

/// Eyes, mouth and head hear; the body follows them.
Tensor face_only() {
    Tensor mask = torch::ones({kPartCount});
    for (Part part : {Part::torso, Part::left_hand, Part::right_hand}) mask[static_cast<int>(part)] = 0;
    return mask;
}

}  // namespace

void MotionBatch::to(const torch::Device& device) {
    for (Tensor* t : {&latents, &identity, &audio, &pose, &pose_given, &chances, &listen}) *t = t->to(device);
}

MotionSource::MotionSource(const MotionSampling& sampling, std::shared_ptr<ClipPool> pool, AudioSpanOf audio_span, int temporal)
    : sampling_(sampling), pool_(std::move(pool)), audio_span_(std::move(audio_span)), temporal_(temporal) {}

std::unique_ptr<TrainingBatch> MotionSource::draw(std::uint64_t data_seed, std::int64_t step) {
    TrainingRng of_step(item_seed(data_seed, step, kStepStream));
    auto batch = std::make_unique<MotionBatch>();
    batch->start = chance(of_step, sampling_.still_share) ? FirstLatent::still : FirstLatent::moving;
    const bool still = batch->start == FirstLatent::still;
    const SampleSpan span = audio_span_(batch->start);
    const std::uint64_t first = first_clip(sampling_, step);
    pool_->forget_below(first_clip(sampling_, std::max<std::int64_t>(0, step - 256)));  // other threads may be behind

    std::vector<Tensor> latents, identities, audio, poses, given, chances, listen;
    for (int i = 0; i < sampling_.batch; ++i) {
        TrainingRng rng(item_seed(data_seed, step, i));
        const std::uint64_t number = first + rng() % static_cast<std::uint64_t>(sampling_.pool_clips);
        const auto clip = pool_->get(number, item_seed(data_seed, static_cast<std::int64_t>(number), kClipStream));
        const int count = sampling_.latents, group = static_cast<int>(rng() % static_cast<std::uint64_t>(clip->latents() - count + 1));
        Tensor rows = clip->moving.slice(1, group, group + count);
        Tensor pose = clip->pose.slice(0, group, group + count), gesturing = clip->gesturing.slice(0, group, group + count);
        Tensor happens = clip->chances.slice(0, group, group + count);
        if (still) {
            happens = torch::cat({torch::full({1, kChances}, std::numeric_limits<float>::quiet_NaN()), happens.slice(0, 1)});
            rows = torch::cat({clip->still.slice(1, group, group + 1), rows.slice(1, 1)}, 1);
            const Tensor last = pose[0].view({temporal_, -1})[temporal_ - 1].repeat({temporal_});
            pose = torch::cat({last.unsqueeze(0), pose.slice(0, 1)});
        }
        latents.push_back(rows);
        chances.push_back(happens);
        identities.push_back(clip->identity);
        audio.push_back(window_audio(*clip, group * temporal_ + (still ? temporal_ - 1 : 0), span));
        const bool asked = chance(rng, sampling_.pose_share);
        given.push_back(asked ? gesturing : torch::zeros_like(gesturing));
        poses.push_back(pose * given.back().unsqueeze(1));
        listen.push_back((chance(rng, sampling_.gate_share) ? face_only() : torch::ones({kPartCount})).expand({count, kPartCount}));
    }
    batch->latents = torch::stack(latents);
    batch->identity = torch::stack(identities);
    batch->audio = torch::stack(audio);
    batch->pose = torch::stack(poses);
    batch->pose_given = torch::stack(given);
    batch->chances = torch::stack(chances);
    batch->listen = torch::stack(listen);
    return batch;
}

Tensor window_audio(const MotionClip& clip, int origin, SampleSpan span) { return window_audio(clip.audio, origin, span); }

Tensor window_audio(const std::vector<float>& sound, int origin, SampleSpan span) {
    const SampleIndex zero = kPerformanceClock.first_sample(origin), length = static_cast<SampleIndex>(sound.size());
    const SampleIndex first = std::clamp<SampleIndex>(zero + span.first, 0, length), end = std::clamp<SampleIndex>(zero + span.end, 0, length);
    Tensor out = torch::zeros({span.end - span.first});
    std::copy(sound.begin() + first, sound.begin() + end, out.data_ptr<float>() + (first - zero - span.first));
    return out;
}

}  // namespace mirrorme

#include "engine/conditioner.h"

#include <utility>

namespace mirrorme {
namespace {

using torch::Tensor;

/// The frames whose poses stand for latent frame `latent`: its r frames; a still one r times.
std::vector<FrameIndex> frames_of(const ChunkLayout& layout, LatentIndex latent) {
    const IndexSpan frames = layout.frames_of({latent, latent + 1});
    std::vector<FrameIndex> out(static_cast<std::size_t>(layout.temporal), frames.end - 1);
    for (std::int64_t i = 0; i < frames.size(); ++i) out[static_cast<std::size_t>(i)] = frames.first + i;
    return out;
}

}  // namespace

Conditioner::Conditioner(AudioFrontEnd front_end, const DitConfig& config, std::shared_ptr<const CodecIdentity> identity, int frame_width, torch::Device device)
    : front_end_(std::move(front_end)),
      takes_pose_(config.pose.kind != PoseKind::none),
      identity_(std::move(identity)),
      pose_rows_(config, identity_->points, frame_width),
      device_(device) {}

Tensor Conditioner::window(const SessionState& session, const ChunkPlan& plan) const {
    const SampleSpan span = front_end_->span(plan.latents, first_latent_of(session.layout().start));
    Tensor samples = torch::empty({1, span.size()});
    session.audio.read(span.first, {samples.data_ptr<float>(), static_cast<std::size_t>(span.size())});
    return samples;
}

Conditioning Conditioner::encode(const Tensor& window, const ChunkPlan& plan, SessionState& session) {
    const AudioTokens heard = front_end_->encode(window.to(device_), plan.latents, first_latent_of(session.layout().start));
    Conditioning conditioning;
    conditioning.audio = heard.tokens;
    conditioning.silent = gate_silence(heard.silent, plan, session);
    conditioning.identity = identity_->latent.to(device_);
    add_pose(conditioning, plan, session);
    return conditioning;
}

/// The model's own verdict on silence, and the user's gate: sound below the threshold must not move the mouth.
Tensor Conditioner::gate_silence(const Tensor& silent, const ChunkPlan& plan, SessionState& session) const {
    const ChunkLayout& layout = session.layout();
    session.speech.advance(session.audio, plan.audio.end);
    Tensor closed = torch::ones({1, plan.latents.size()}, torch::kBool);
    for (std::int64_t i = 0; i < plan.latents.size(); ++i) {
        const IndexSpan frames = layout.frames_of({plan.latents.first + i, plan.latents.first + i + 1});
        // The mouth opens ahead of its sound: what is heard in the look-ahead counts.
        const SampleSpan heard{layout.model_sample(frames.first), layout.model_sample(frames.end) + layout.look_ahead};
        closed[0][i] = !session.speech.speech_in(heard);
    }
    return silent.logical_or(closed.to(silent.device()));
}

void Conditioner::add_pose(Conditioning& conditioning, const ChunkPlan& plan, SessionState& session) const {
    std::vector<float> values, row;
    std::vector<std::uint8_t> given;
    std::vector<GesturePose> poses;
    for (LatentIndex latent = plan.latents.first; latent < plan.latents.end; ++latent) {
        poses.clear();
        float weight = 0;
        for (const FrameIndex frame : frames_of(session.layout(), latent)) {
            poses.push_back(session.gestures.pose_at(frame));
            weight += poses.back().weight;
        }
        pose_rows_.write(poses, row);
        values.insert(values.end(), row.begin(), row.end());
        given.push_back(weight > 0 ? 1 : 0);
    }
    if (!takes_pose_) return;
    const std::int64_t latents = plan.latents.size();
    conditioning.pose = torch::tensor(values).view({1, latents, -1}).to(device_);
    conditioning.pose_given = torch::tensor(given).view({1, latents}).to(torch::kBool).to(device_);
}

}  // namespace mirrorme

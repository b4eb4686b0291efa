#include "codec/motion/part_map.h"

#include <algorithm>
#include <cmath>
#include <string>

namespace mirrorme {
namespace {

constexpr double kFloor = 0.2;         // of the largest spread: the least a channel is divided by
constexpr double kSmallest = 0.0035;   // face units: spread below which a component is dropped
constexpr double kScalarWeight = 0.15; // a scalar's whole range counts like this many face units
constexpr double kHandWeight = 0.5;    // torso units are larger than face units, and hands need less precision

torch::Tensor value_weight(Part part, int frames) {
    torch::Tensor weight = torch::full({value_count(part)}, kScalarWeight, torch::kDouble);
    const bool hand = part == Part::left_hand || part == Part::right_hand;
    weight.slice(0, 0, 2 * points_of(part).count).fill_(hand ? kHandWeight : 1.0);
    return weight.repeat({frames});
}

torch::Tensor rows_of(const std::vector<MotionValues>& frames, Part part, int per_row) {
    const int64_t count = static_cast<int64_t>(frames.size()), values = value_count(part);
    torch::Tensor rows = torch::empty({count, values});
    for (int64_t i = 0; i < count; ++i) {
        const std::vector<float>& from = frames[static_cast<std::size_t>(i)].parts[static_cast<std::size_t>(part)];
        std::copy(from.begin(), from.end(), rows.data_ptr<float>() + i * values);
    }
    return rows.view({count / per_row, per_row * values});
}

}  // namespace

ProjectionImpl::ProjectionImpl(int values) {
    mean = register_buffer("mean", torch::zeros({values}));
    forward = register_buffer("forward", torch::zeros({kLatentChannels, values}));
    inverse = register_buffer("inverse", torch::zeros({values, kLatentChannels}));
}

torch::Tensor ProjectionImpl::encode(const torch::Tensor& values) const { return torch::matmul(values - mean, forward.t()); }
torch::Tensor ProjectionImpl::decode(const torch::Tensor& channels) const { return torch::matmul(channels, inverse.t()) + mean; }
int ProjectionImpl::rank() const { return static_cast<int>((forward.abs().amax(1) > 0).sum().item<int64_t>()); }

void ProjectionImpl::fit(const torch::Tensor& samples, const torch::Tensor& weight) {
    const torch::NoGradGuard no_grad;
    const torch::Tensor x = samples.to(torch::kDouble), centre = x.mean(0);
    const torch::Tensor weighted = (x - centre) * weight;
    const torch::Tensor covariance = torch::matmul(weighted.t(), weighted) / static_cast<double>(std::max<int64_t>(x.size(0) - 1, 1));
    auto [variance, vectors] = torch::linalg_eigh(covariance);
    const torch::Tensor spread = variance.clamp_min(0).sqrt().flip(0), axes = vectors.flip(1).t();  // largest first, [d, d] rows
    // A component's spread is shared by all the values it moves; what counts is how far it moves each of them.
    const double smallest = kSmallest * std::sqrt(static_cast<double>(x.size(1)) / 8);
    const int64_t kept = std::min<int64_t>((spread > smallest).sum().item<int64_t>(), kLatentChannels);
    const torch::Tensor scale = spread.slice(0, 0, kept).clamp_min(kept > 0 ? kFloor * spread[0].item<double>() : 1.0).unsqueeze(1);  // [k, 1]
    const torch::Tensor used = axes.slice(0, 0, kept);
    mean.copy_(centre);
    forward.zero_().slice(0, 0, kept).copy_(used * weight / scale);
    inverse.zero_().slice(1, 0, kept).copy_((used * scale / weight).t());
}

PartMapImpl::PartMapImpl(int temporal) : temporal_(temporal) {
    auto motion = register_module("motion", std::make_shared<torch::nn::Module>());
    auto identity = register_module("identity", std::make_shared<torch::nn::Module>());
    for (std::size_t p = 0; p < kPartCount; ++p) {
        const Part part = static_cast<Part>(p);
        motion_[p] = motion->register_module(std::string(name_of(part)), Projection(temporal * value_count(part)));
        identity_[p] = identity->register_module(std::string(name_of(part)), Projection(value_count(part)));
    }
}

torch::Tensor PartMapImpl::encode(const KeyPointFrame& reference, std::span<const KeyPointFrame> frames) const {
    std::vector<MotionValues> values;
    values.reserve(frames.size());
    for (const KeyPointFrame& frame : frames) values.push_back(motion_of(reference, frame));
    std::vector<torch::Tensor> parts;
    for (std::size_t p = 0; p < kPartCount; ++p) parts.push_back(motion_[p]->encode(rows_of(values, static_cast<Part>(p), temporal_).to(motion_[p]->buffers().front().device())));
    return torch::stack(parts, 2).permute({1, 0, 2}).unsqueeze(0).unsqueeze(3).contiguous();  // [T', 128, 6] -> [1, 128, T', 1, 6]
}

torch::Tensor PartMapImpl::encode_static(const KeyPointFrame& reference, const KeyPointFrame& frame) const {
    return encode(reference, std::vector<KeyPointFrame>(static_cast<std::size_t>(temporal_), frame));
}

std::vector<MotionValues> PartMapImpl::decode(const torch::Tensor& latents) const {
    const int64_t count = latents.size(2);
    std::vector<MotionValues> frames(static_cast<std::size_t>(count * temporal_));
    for (std::size_t p = 0; p < kPartCount; ++p) {
        const torch::Tensor channels = latents.select(0, 0).select(2, 0).select(2, static_cast<int64_t>(p)).t().to(torch::kFloat);  // [T', 128]
        const torch::Tensor rows = motion_[p]->decode(channels).to(torch::kCPU).contiguous();
        const std::size_t values = static_cast<std::size_t>(value_count(static_cast<Part>(p)));
        const float* from = rows.data_ptr<float>();
        for (MotionValues& frame : frames) {
            frame.parts[p].assign(from, from + values);
            from += values;
        }
    }
    return frames;
}

torch::Tensor PartMapImpl::encode_identity(const KeyPointFrame& reference) const {
    const std::vector<MotionValues> values{identity_of(reference)};
    std::vector<torch::Tensor> parts;
    for (std::size_t p = 0; p < kPartCount; ++p) parts.push_back(identity_[p]->encode(rows_of(values, static_cast<Part>(p), 1).to(identity_[p]->buffers().front().device())));
    return torch::stack(parts, 2).permute({1, 0, 2}).unsqueeze(0).unsqueeze(3).contiguous();
}

torch::Tensor PartMapImpl::channel_mask() const {
    torch::Tensor mask = torch::zeros({kLatentChannels, kPartCount});
    for (int64_t p = 0; p < kPartCount; ++p) mask.select(1, p).slice(0, 0, motion_[static_cast<std::size_t>(p)]->rank()).fill_(1);
    return mask;
}

torch::Tensor PartMapImpl::used_channels() const { return (channel_mask() > 0).view({1, kLatentChannels, 1, 1, kPartCount}); }

void PartMapImpl::fit(const std::vector<Clip>& clips) {
    std::array<std::vector<torch::Tensor>, kPartCount> rows;
    std::vector<MotionValues> references;
    for (const Clip& clip : clips) {
        references.push_back(identity_of(clip.reference));
        std::vector<MotionValues> values;
        for (std::size_t i = 0; i + clip.frames.size() % static_cast<std::size_t>(temporal_) < clip.frames.size(); ++i) values.push_back(motion_of(clip.reference, clip.frames[i]));
        for (std::size_t p = 0; p < kPartCount; ++p) rows[p].push_back(rows_of(values, static_cast<Part>(p), temporal_));
    }
    for (std::size_t p = 0; p < kPartCount; ++p) {
        const Part part = static_cast<Part>(p);
        motion_[p]->fit(torch::cat(rows[p], 0), value_weight(part, temporal_));
        identity_[p]->fit(rows_of(references, part, 1), value_weight(part, 1));
    }
}

}  // namespace mirrorme

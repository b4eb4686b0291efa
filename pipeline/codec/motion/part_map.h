#pragma once
// The fixed linear maps between motion values and latents, one a part.
//
// Note [Whitening with a floor]
// A part's r frames of values are mapped to at most 128 uncorrelated channels (principal components). Each is divided by
// its spread, but never by less than a fifth of the part's largest: full whitening would blow rounding and drawing noise
// up to the size of speech and make the denoiser spend most of its loss on it. Components below kSmallest (a tenth of a
// pixel on a usual face) are dropped; channels beyond the rest are exactly 0 and masked out of the loss.

#include <torch/torch.h>

#include <array>
#include <vector>

#include "codec/motion/motion_values.h"

namespace mirrorme {

inline constexpr int kLatentChannels = 128;

/// values -> channels and back for one kind of vector. Buffers: mean [d], forward [k, d], inverse [d, k].
class ProjectionImpl : public torch::nn::Module {
public:
    /// An empty map of d values: all channels 0, everything decodes to the mean 0. Weights are loaded or fitted into it.
    explicit ProjectionImpl(int values);

    torch::Tensor encode(const torch::Tensor& values) const;    // [..., d] -> [..., 128]
    torch::Tensor decode(const torch::Tensor& channels) const;  // [..., 128] -> [..., d]
    int rank() const;                                           // channels in use

    /// From samples [N, d], N > 1; `weight` [d] says how much an error of a value counts against one face unit.
    void fit(const torch::Tensor& samples, const torch::Tensor& weight);

private:
    // All have kLatentChannels rows or columns, the unused ones zero, so that a map's file does not depend on its rank.
    torch::Tensor mean, forward, inverse;
};
TORCH_MODULE(Projection);

/// Tensor names: motion.<part>.mean, ..., identity.<part>.mean, ...
class PartMapImpl : public torch::nn::Module {
public:
    explicit PartMapImpl(int temporal);

    /// Frames relative to `reference` (one unit of length) as latents [1, 128, T', 1, 6]; frames.size() is a multiple of r.
    torch::Tensor encode(const KeyPointFrame& reference, std::span<const KeyPointFrame> frames) const;
    /// A single frame as a static latent: that frame r times. [1, 128, 1, 1, 6].
    torch::Tensor encode_static(const KeyPointFrame& reference, const KeyPointFrame& frame) const;
    /// Latents [1, 128, T', 1, 6] to the values of their r T' frames.
    std::vector<MotionValues> decode(const torch::Tensor& latents) const;

    torch::Tensor encode_identity(const KeyPointFrame& reference) const;  // [1, 128, 1, 1, 6]
    torch::Tensor channel_mask() const;                                   // [128, 6] 1 where a channel is in use
    torch::Tensor used_channels() const;                                  // the same as bool [1, 128, 1, 1, 6]

    int temporal() const { return temporal_; }

    /// Fits every map. clips: reference and frames, one unit of length each; references serve the identity maps.
    struct Clip {
        KeyPointFrame reference;
        std::vector<KeyPointFrame> frames;
    };
    void fit(const std::vector<Clip>& clips);

private:
    int temporal_;
    std::array<Projection, kPartCount> motion_{Projection{nullptr}, Projection{nullptr}, Projection{nullptr}, Projection{nullptr}, Projection{nullptr}, Projection{nullptr}};
    std::array<Projection, kPartCount> identity_{Projection{nullptr}, Projection{nullptr}, Projection{nullptr}, Projection{nullptr}, Projection{nullptr}, Projection{nullptr}};
};
TORCH_MODULE(PartMap);

}  // namespace mirrorme

#pragma once
// What turns 16 kHz samples into features at video rate: `mel` (small, causal) or `wav2vec2` (published weights). The front end
// knows neither: it says which video frames it wants features of, and gives the samples that the backbone asks for.

#include <torch/torch.h>

#include "features/feature_times.h"

namespace mirrorme {

/// The video frames that latent frames in a row depend on: `field` of them each, up to its last one; latent frames lie `stride` apart.
struct HeardFrames {
    FrameIndex last = 0;  // of the last latent frame
    int64_t latents = 1, field = 1, stride = 1;

    int64_t total() const { return field + stride * (latents - 1); }
    FrameIndex first() const { return last - total() + 1; }
    FrameIndex last_of(int64_t latent) const { return last - stride * (latents - 1 - latent); }
};

/// It has no state: features of a frame depend on a fixed stretch of samples, so neither the cut into chunks nor the length of a
/// stream changes them. Device worker's thread.
class AudioBackbone : public torch::nn::Module {
public:
    /// Samples that forward() wants: as many whenever `latents`, `field` and `stride` are the same. It ends at a multiple of
    /// kFeatureHop, less than that before the end of the last frame's look-ahead.
    virtual SampleSpan span(const HeardFrames& heard) const = 0;

    /// The most frames that `field` may be.
    virtual int64_t longest_field() const = 0;

    /// samples [B, span(heard).size()] float32, +-1 -> [B, g, L, D, n]: g stretches in a row, of n frames and L layers; either one
    /// of heard.total() frames, or one of heard.field frames for each latent frame.
    virtual torch::Tensor forward(const torch::Tensor& samples, const HeardFrames& heard) = 0;
};

}  // namespace mirrorme

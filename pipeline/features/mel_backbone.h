#pragma once
// Log-mel to features at 50 Hz: a small stack of causal convolutions, what wav2vec2 is to the full model. Feature i ends at mel
// frame 2 i, that is at sample 320 i.

#include <torch/torch.h>

#include <limits>
#include <vector>

#include "features/audio_backbone.h"
#include "features/causal_conv.h"
#include "features/mel.h"

namespace mirrorme {

struct MelBackboneConfig {
    int width = 128;                      // of the features
    std::vector<int> dilations{1, 2, 4};  // one residual block each, kernel 3
};

/// A frame hears the two features that end last within its look-ahead, weighted by time. All frames come of one pass: g = 1, L = 1.
class MelBackboneImpl : public AudioBackbone {
public:
    MelBackboneImpl(const MelBackboneConfig& config, const HearingTimes& times);

    SampleSpan span(const HeardFrames& heard) const override;
    int64_t longest_field() const override { return std::numeric_limits<int64_t>::max(); }
    torch::Tensor forward(const torch::Tensor& samples, const HeardFrames& heard) override;

    /// mel [B, kMelBins, receptive_field() + 2 (n - 1)] -> [B, width, n].
    torch::Tensor features(const torch::Tensor& mel);
    /// Mel frames that one feature depends on, the last of which is its own.
    int64_t receptive_field() const { return receptive_field_; }

private:
    HearingTimes times_;
    LogMel log_mel_;
    torch::nn::ModuleList stem{nullptr}, blocks{nullptr}, mixes{nullptr};
    int64_t receptive_field_ = 1;
};
TORCH_MODULE(MelBackbone);

/// Linear interpolation along the last axis: x [B, C, n], position p of output i = low[i] + share[i] -> [B, C, outputs].
torch::Tensor resample_features(const torch::Tensor& x, const torch::Tensor& low, const torch::Tensor& share);

}  // namespace mirrorme

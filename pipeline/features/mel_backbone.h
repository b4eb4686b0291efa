#pragma once
// Log-mel to features at 50 Hz: a small stack of causal convolutions, what wav2vec2 is to the full model. Feature i ends at mel
// frame 2 i, that is at sample 320 i.

#include <torch/torch.h>

#include <vector>

#include "features/causal_conv.h"

namespace mirrorme {

struct MelBackboneConfig {
    int width = 128;                      // of the features
    std::vector<int> dilations{1, 2, 4};  // one residual block each, kernel 3
};

class MelBackboneImpl : public torch::nn::Module {
public:
    explicit MelBackboneImpl(const MelBackboneConfig& config);

    /// mel [B, kMelBins, receptive_field() + 2 (n - 1)] -> [B, width, n].
    torch::Tensor forward(const torch::Tensor& mel);
    /// Mel frames that one feature depends on, the last of which is its own.
    int64_t receptive_field() const { return receptive_field_; }

private:
    torch::nn::ModuleList stem{nullptr}, blocks{nullptr}, mixes{nullptr};
    int64_t receptive_field_ = 1;
};
TORCH_MODULE(MelBackbone);

}  // namespace mirrorme

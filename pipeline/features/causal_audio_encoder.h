#pragma once
// Audio features at video rate -> tokens at latent rate, causal as the codec is: what is heard of a latent frame ends with that
// frame's last video frame. After Wan2.2-S2V's CausalAudioEncoder, with as many halvings as the codec compresses time.

#include <torch/torch.h>

#include "denoise/positions.h"
#include "features/causal_conv.h"

namespace mirrorme {

struct CausalAudioEncoderConfig {
    int features = 128;  // D_f
    int layers = 1;      // of the backbone whose features are mixed with learned weights
    int temporal = 4;    // r: a power of two
    int tokens = 2;      // n of a latent frame; one learned token is added
    int width = 128;     // D_a
};

class CausalAudioEncoderImpl : public torch::nn::Module {
public:
    explicit CausalAudioEncoderImpl(const CausalAudioEncoderConfig& config);

    /// frames [B, D_f, receptive_field() + r (m - 1)] (or [B, layers, D_f, ...]) -> [B, m, n + 1, D_a].
    torch::Tensor forward(const torch::Tensor& frames);

    /// Prepends copies of the first frame, which is what replicated padding in every layer comes to, for a clip with no past:
    /// still: 1 + r m frames -> m + 1 latent frames, the first of them from one frame; moving: r m -> m. Last axis = frames.
    torch::Tensor extend_start(const torch::Tensor& frames, FirstLatent start) const;

    /// Video frames that one latent frame depends on, its own r among them.
    int64_t receptive_field() const { return receptive_field_; }
    const CausalAudioEncoderConfig& config() const { return config_; }

private:
    CausalAudioEncoderConfig config_;
    torch::Tensor layer_mix, learned_token;  // [layers, 1, 1], [1, D_a]
    CausalConv conv_in{nullptr};
    torch::nn::ModuleList stages{nullptr};
    int64_t receptive_field_ = 1;
};
TORCH_MODULE(CausalAudioEncoder);

}  // namespace mirrorme

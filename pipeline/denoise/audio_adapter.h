#pragma once
// How a block hears: cross-attention from video tokens to the tokens of the causal audio encoder, RAP's hybrid of two views.
//   out = alpha * window + (1 - alpha) * full
// window: a latent frame attends to its own audio tokens; full: to those of every latent frame it may know of. Queries and keys
// are rotated by their time alone, so the full view knows when a sound was; within one latent frame the rotations cancel.

#include <torch/torch.h>

#include <vector>

#include "denoise/dit_layers.h"

namespace mirrorme {

/// What the adapters of all blocks hear in one pass. N' = tokens that listen, M = audio tokens.
struct AudioContext {
    std::vector<KeysValues> blocks;  // one a block: k rotated, v, [B, M, D]
    torch::Tensor window_mask;       // [N', M] additive: 0 = own latent frame, -inf = another's
    torch::Tensor full_mask;         // [N', M] additive, undefined = hears all
    torch::Tensor gate;              // [B, N', 1] face mask, undefined = 1
    RopeTable rope;                  // of the listening tokens, time only
    int64_t first_token = 0;         // tokens before it (the identity) do not listen

    bool defined() const { return !blocks.empty(); }
};

/// Output starts at zero: an untrained adapter changes nothing.
class AudioAdapterImpl : public DitAttentionImpl {
public:
    AudioAdapterImpl(const DitConfig& config, int layer);

    /// x [B, N, D] -> what to add to tokens [first_token, N): [B, N', D].
    torch::Tensor hear(const torch::Tensor& x, const KeysValues& audio, const AudioContext& context);

private:
    double alpha_;
};
TORCH_MODULE(AudioAdapter);

/// Additive form of a boolean mask (true = sees).
torch::Tensor additive_mask(const torch::Tensor& sees);

}  // namespace mirrorme

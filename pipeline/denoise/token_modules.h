#pragma once
// Small modules of ours around LTX's transformer. Each adds to something LTX computes and starts by adding exactly nothing.

#include <torch/torch.h>

#include "denoise/dit_config.h"

namespace mirrorme {

/// Codec `motion` gives every token of a latent frame its own meaning (mouth, eyes, ...), where LTX's are all picture cells:
/// each part gets a projection of its own beside the shared one.
class PartProjectionImpl : public torch::nn::Module {
public:
    PartProjectionImpl(int64_t parts, int64_t in, int64_t out);
    /// x [B, F * parts, in], part fastest -> [B, F * parts, out].
    torch::Tensor forward(const torch::Tensor& x);

private:
    torch::Tensor weight_, bias_;  // "weight" [parts, in, out], "bias" [parts, out]
};
TORCH_MODULE(PartProjection);

/// Style into modulation, gated by region: tokens that follow the sound take little of it, all others take it whole
/// (MirrorTalk's hierarchical modulation with the regions as learned priors).
class StyleGateImpl : public torch::nn::Module {
public:
    explicit StyleGateImpl(const DitConfig& config);
    /// style [B, D_s], mask [B, F, S] (share of the style a token takes) or undefined = the learned regions.
    /// -> what to add to the modulation of F latent frames: [B, F * S, 6 D].
    torch::Tensor forward(const torch::Tensor& style, const torch::Tensor& mask, int64_t frames, int64_t tokens);

private:
    torch::nn::Linear linear_1{nullptr}, linear_2{nullptr};
    torch::Tensor region_;  // "region" [S] logits, with part tokens only
};
TORCH_MODULE(StyleGate);

}  // namespace mirrorme

#pragma once
// Everything the denoiser is told besides the noisy latents. B = batch, T' = latent frames of this call,
// S = tokens of a latent frame. Undefined tensors mean "not given": the model then uses its learned null or skips the module.

#include <torch/torch.h>

namespace mirrorme {

struct Conditioning {
    torch::Tensor audio;       // [B, T', n+1, D_a] tokens of the causal audio encoder, one group per latent frame
    torch::Tensor silent;      // [B, T'] bool: true = no speech here, the learned silence token replaces the audio
    torch::Tensor identity;    // [B, C, 1, h, w] clean latent of the reference picture
    torch::Tensor pose;        // [B, T', P] raw pose input of the latent frame (key points of both arms, r frames), see features/pose_encoder.h
    torch::Tensor pose_given;  // [B, T'] bool: false = learned null (the model moves the hands as it likes)
    torch::Tensor face_mask;   // [B, T', S] 0..1: gates the audio adapter; undefined = 1 everywhere
    torch::Tensor style;       // [B, D_s] speaker style; undefined = neutral
    torch::Tensor style_mask;  // [B, T', S] 0..1: share of the style a token takes; undefined = the model's own regions
    torch::Tensor text;        // [B, L, D_text] caption states; undefined = the model's null text
    torch::Tensor text_mask;   // [B, L] 1/0
};

}  // namespace mirrorme

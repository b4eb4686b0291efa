#pragma once
// A short clip of a speaker's motion -> one vector that says how they move, for Conditioning::style. After MirrorTalk's style
// encoder: a small transformer over time and attention pooling. What makes the vector carry style and no words is its training
// (train/), not its shape; until then StyleGate adds nothing.

#include <torch/torch.h>

#include <vector>

namespace mirrorme {

struct StyleEncoderConfig {
    int motion = 768;  // numbers a latent frame: channels times tokens of the codec
    int width = 96;
    int layers = 2;
    int heads = 4;
    int style = 64;    // D_s
    int longest = 256; // latent frames
};

class StyleEncoderImpl : public torch::nn::Module {
public:
    explicit StyleEncoderImpl(const StyleEncoderConfig& config);

    /// motion [B, T', motion] (latents with the tokens of a frame joined), valid [B, T'] bool or undefined = all; T' <= longest
    /// -> [B, D_s], unit length times sqrt(D_s).
    torch::Tensor forward(const torch::Tensor& motion, const torch::Tensor& valid);

    const StyleEncoderConfig& config() const { return config_; }

private:
    StyleEncoderConfig config_;
    torch::nn::Linear in{nullptr}, score{nullptr}, out{nullptr};
    torch::Tensor position;  // [longest, width]
    torch::nn::ModuleList blocks{nullptr};
};
TORCH_MODULE(StyleEncoder);

}  // namespace mirrorme

#pragma once
// The learned half of the renderer: a small U-Net over cells of 4 x 4 pixels. What it is given and what is done with what
// it says is in frame_stage.h (live) and ops/warp.h (training).

#include <torch/torch.h>

#include <nlohmann/json.hpp>

#include "codec/motion/frame_stage.h"

namespace mirrorme {

struct RendererConfig {
    int stem = 32;    // channels at 1/4 on the way down
    int fine = 48;    // at 1/4 on the way up
    int middle = 64;  // at 1/8
    int coarse = 128; // at 1/16
    int condition = 64;  // width of the frame condition's hidden layer
};
void to_json(nlohmann::json& json, const RendererConfig& config);
void from_json(const nlohmann::json& json, RendererConfig& config);

struct RendererOutput {
    torch::Tensor residual;  // [B, 64, h, w]: per cell 4 x 4 pixels x RGBA, to be added to the warped picture
    torch::Tensor delta;     // [B, 2, h, w] pixels, to be added to the flow; |delta| < kMaxDelta
};
inline constexpr float kMaxDelta = 6.0f;  // pixels

/// Two 3 x 3 convolutions beside an identity; the second starts at zero.
class ResidualConvImpl : public torch::nn::Module {
public:
    explicit ResidualConvImpl(int channels);
    torch::Tensor forward(const torch::Tensor& x);

private:
    torch::nn::Conv2d conv1{nullptr}, conv2{nullptr};
};
TORCH_MODULE(ResidualConv);

class RendererImpl : public torch::nn::Module {
public:
    explicit RendererImpl(const RendererConfig& config);

    /// cells [B, kCellChannels, h, w] (h, w multiples of 4; channels-last is fastest), condition [B, kFrameConditionSize].
    /// An untrained renderer says zero: the warp alone.
    RendererOutput forward(const torch::Tensor& cells, const torch::Tensor& condition);

    const RendererConfig& config() const { return config_; }

private:
    RendererConfig config_;
    torch::nn::Conv2d stem{nullptr}, enc{nullptr}, down1{nullptr}, down2{nullptr};
    ResidualConv mid{nullptr}, deep1{nullptr}, deep2{nullptr}, up_mid{nullptr}, up_fine{nullptr};
    torch::nn::Conv2d up1{nullptr}, up2{nullptr}, skip{nullptr}, head{nullptr};
    torch::nn::Linear condition_in{nullptr}, condition_out{nullptr};
};
TORCH_MODULE(Renderer);

/// residual [B, 64, h, w] as pixels [B, 4, 4h, 4w].
torch::Tensor cells_to_pixels(const torch::Tensor& residual);

}  // namespace mirrorme

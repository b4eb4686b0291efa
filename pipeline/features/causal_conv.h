#pragma once
// Convolutions over time that look back only and never pad: n inputs give (n - span) / stride + 1 outputs, the last of which
// ends at the last input. So a window with enough past gives what an endless signal would, exactly.

#include <torch/torch.h>

namespace mirrorme {

struct CausalConvShape {
    int64_t in = 1, out = 1, kernel = 3, stride = 1, dilation = 1;
    int64_t span() const { return (kernel - 1) * dilation + 1; }
};

/// x [B, C, T] -> [B, C', T']; T - span must be a multiple of the stride.
class CausalConvImpl : public torch::nn::Module {
public:
    explicit CausalConvImpl(const CausalConvShape& shape);
    torch::Tensor forward(const torch::Tensor& x);
    const CausalConvShape& shape() const { return shape_; }

private:
    CausalConvShape shape_;
    torch::Tensor weight_, bias_;  // "weight" [out, in, kernel], "bias" [out]
};
TORCH_MODULE(CausalConv);

/// Layer norm over the channels of each time step, without weights: x [B, C, T].
torch::Tensor channel_norm(const torch::Tensor& x);

}  // namespace mirrorme

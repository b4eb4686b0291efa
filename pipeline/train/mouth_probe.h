#pragma once

#include <torch/torch.h>

#include <cstdint>

namespace mirrorme {

/// The mouth read from audio tokens: teaches the audio front end to hear before the transformer has learned to listen.
class MouthProbeImpl : public torch::nn::Module {
public:
    MouthProbeImpl(std::int64_t audio_width, std::int64_t channels);
    torch::Tensor forward(const torch::Tensor& tokens);  // [B, T', n + 1, D_a] -> [B, T', C]

private:
    torch::nn::Linear linear_1{nullptr}, linear_2{nullptr};
};
TORCH_MODULE(MouthProbe);

}  // namespace mirrorme

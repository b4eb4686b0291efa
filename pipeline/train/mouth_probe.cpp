#include "train/mouth_probe.h"

namespace mirrorme {
namespace {

constexpr std::int64_t kWidth = 256;

}  // namespace

MouthProbeImpl::MouthProbeImpl(std::int64_t audio_width, std::int64_t channels) {
    linear_1 = register_module("linear_1", torch::nn::Linear(audio_width, kWidth));
    linear_2 = register_module("linear_2", torch::nn::Linear(kWidth, channels));
}

torch::Tensor MouthProbeImpl::forward(const torch::Tensor& tokens) { return linear_2(torch::silu(linear_1(tokens.flatten(2)))); }

}  // namespace mirrorme

#pragma once
// The convolution of codec `motion`'s nets, which have leaky rectifiers and no normalisation.

#include <torch/torch.h>

namespace mirrorme {

inline constexpr double kLeak = 0.1;  // slope of the rectifiers below 0

/// Keeps the picture's size at stride 1. Starts so that a leaky rectifier behind it keeps its input's size (He et al. 2015).
torch::nn::Conv2d plain_conv(int in, int out, int kernel, int stride = 1, int dilation = 1);

}  // namespace mirrorme

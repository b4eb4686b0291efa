#pragma once
// Where tensors are computed, chosen by name.

#include <torch/torch.h>

#include <string>

namespace mirrorme {

/// "cpu", "cuda" or "cuda:N". Call it before anything else asks torch about CUDA: for a GPU it loads libtorch's CUDA half, which the
/// program does not link, and torch looks for it once. float32 is float32 there, not TF32. Throws Error usage (unknown name) or unsupported, with what to do.
torch::Device open_device(const std::string& name);

}  // namespace mirrorme

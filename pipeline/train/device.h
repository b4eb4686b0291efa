#pragma once
// Where training runs, chosen by name.

#include <torch/torch.h>

#include <string>

namespace mirrorme {

/// "cpu", "cuda" or "cuda:N". Call it before anything else asks torch about CUDA: for a GPU it loads libtorch's CUDA half, which the
/// program does not link, and torch looks for it once. Throws Error usage (unknown name) or unsupported, with what to do.
torch::Device open_training_device(const std::string& name);

/// "AMD EPYC ..., 2 threads" or the GPU's kind, for the record of a run.
std::string describe_hardware(const torch::Device& device, int threads);

}  // namespace mirrorme

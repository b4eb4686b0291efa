#pragma once
// Where training runs, chosen by name.

#include <torch/torch.h>

#include <string>

namespace mirrorme {

/// As open_device (ops/device.h); matrix products on a GPU may round to TF32.
torch::Device open_training_device(const std::string& name);

/// "AMD EPYC ..., 2 threads" or the GPU's kind, for the record of a run.
std::string describe_hardware(const torch::Device& device, int threads);

}  // namespace mirrorme

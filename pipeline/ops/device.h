#pragma once
// Where tensors are computed, chosen by name.

#include <torch/torch.h>

#include <string>

namespace mirrorme {

inline constexpr const char* kAnyDevice = "auto";  // a GPU, where one can be used, else the CPU

/// "cpu", "cuda", "cuda:N" or kAnyDevice. Call it before anything else asks torch about CUDA: for a GPU it loads libtorch's CUDA half, which the
/// program does not link, and torch looks for it once; and our device library (load_device_library). float32 is float32 there, not TF32. Throws Error usage (unknown name) or unsupported, with what to do.
torch::Device open_device(const std::string& name);

/// Finds libmirrorme-cuda.so beside the program or in its lib/, or where the system looks, and installs its runtime (ops/device_runtime.h). Empty when
/// that was done, else why torch's operations alone do the work, with what to do. `file`: this one instead.
std::string load_device_library(const std::string& file = {});

}  // namespace mirrorme

#include "ops/device.h"

#include "core/error.h"
#include "core/platform/shared_library.h"

namespace mirrorme {
namespace {

torch::Device open_cuda(const std::string& name) {
    const std::string failure = platform::load_shared_library("libtorch_cuda.so");
    if (!failure.empty())
        throw Error(ErrorCode::unsupported, "--device " + name, "the CUDA half of libtorch cannot be loaded (" + failure + ")",
                    "Install it with: bash cmake/setup.sh --cuda");
    if (!torch::cuda::is_available())
        throw Error(ErrorCode::unsupported, "--device " + name, "this machine has no usable NVIDIA GPU or driver", "Use --device cpu");
    const torch::Device device(name);
    if (device.has_index() && device.index() >= static_cast<int>(torch::cuda::device_count()))
        throw Error(ErrorCode::usage, "--device " + name, "this machine has " + std::to_string(torch::cuda::device_count()) + " GPU(s)",
                    "Count from cuda:0");
    at::globalContext().setAllowTF32CuBLAS(false);
    at::globalContext().setAllowTF32CuDNN(false);
    return device;
}

}  // namespace

torch::Device open_device(const std::string& name) {
    if (name == "cpu") return torch::kCPU;
    const bool numbered = name.rfind("cuda:", 0) == 0 && name.size() > 5 && name.size() < 8 && name.find_first_not_of("0123456789", 5) == std::string::npos;
    if (name == "cuda" || numbered) return open_cuda(name);
    throw Error(ErrorCode::usage, "--device " + name, "is unknown", "Say cpu, cuda or cuda:N");
}

}  // namespace mirrorme

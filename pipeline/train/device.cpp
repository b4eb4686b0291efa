#include "train/device.h"

#include <fstream>

#include "ops/device.h"

namespace mirrorme {
namespace {

std::string processor_name() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
        const auto colon = line.find(": ");
        if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
    }
    return "unknown processor";
}

}  // namespace

torch::Device open_training_device(const std::string& name) {
    const torch::Device device = open_device(name);
    if (device.is_cuda()) {
        at::globalContext().setAllowTF32CuBLAS(true);
        at::globalContext().setAllowTF32CuDNN(true);
    }
    return device;
}

std::string describe_hardware(const torch::Device& device, int threads) {
    const std::string processor = processor_name() + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
    return device.is_cuda() ? "one CUDA GPU (" + std::to_string(torch::cuda::device_count()) + " present); " + processor : processor;
}

}  // namespace mirrorme

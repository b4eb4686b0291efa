#include "ops/device.h"

#include <filesystem>
#include <mutex>

#include "core/error.h"
#include "core/log.h"
#include "core/platform/cpu.h"
#include "core/platform/process.h"
#include "core/platform/shared_library.h"
#include "ops/device_runtime.h"

namespace mirrorme {
namespace {

constexpr const char* kLibraryName = "libmirrorme-cuda.so";

/// cuDNN for attention first: faster than the flash kernel that libtorch carries, at the chunks' lengths on Hopper.
void prepare_cuda() {
    constexpr auto place = [](at::SDPBackend backend) { return static_cast<int64_t>(backend); };
    at::globalContext().setSDPPriorityOrder(
        {place(at::SDPBackend::cudnn_attention), place(at::SDPBackend::flash_attention), place(at::SDPBackend::efficient_attention), place(at::SDPBackend::math)});
    constexpr long kOldest = 91500;
    if (const long version = at::Context::versionRuntimeCuDNN(); version < kOldest)
        log_warning("cuDNN " + std::to_string(version) + " is loaded; before " + std::to_string(kOldest) +
                    " libtorch computes convolutions of codec vae many times slower. Install the libraries of one release: mirrorme setup --cuda, or bash cmake/setup.sh --cuda");
    if (const std::string failure = load_device_library(); !failure.empty()) log_warning(failure);
}

torch::Device open_cuda(const std::string& name) {
    const std::string failure = platform::load_shared_library("libtorch_cuda.so");
    if (!failure.empty())
        throw Error(ErrorCode::unsupported, "--device " + name, "the CUDA half of libtorch cannot be loaded (" + failure + ")",
                    "Install it with: mirrorme setup --cuda (in a folder of sources: bash cmake/setup.sh --cuda)");
    if (!torch::cuda::is_available())
        throw Error(ErrorCode::unsupported, "--device " + name, "this machine has no usable NVIDIA GPU or driver", "Use --device cpu");
    const torch::Device device(name);
    if (device.has_index() && device.index() >= static_cast<int>(torch::cuda::device_count()))
        throw Error(ErrorCode::usage, "--device " + name, "this machine has " + std::to_string(torch::cuda::device_count()) + " GPU(s)",
                    "Count from cuda:0");
    at::globalContext().setAllowTF32CuBLAS(false);
    at::globalContext().setAllowTF32CuDNN(false);
    static std::once_flag once;
    std::call_once(once, prepare_cuda);
    return device;
}

torch::Device open_any() {
    if (!platform::library_present("libcuda.so.1")) return torch::kCPU;  // no driver: nothing to be said
    try {
        return open_cuda("cuda");
    } catch (const Error& error) {
        log_info(std::string("the CPU computes: ") + error.what());
        return torch::kCPU;
    }
}

}  // namespace

std::string load_device_library(const std::string& file) {
    namespace fs = std::filesystem;
    const fs::path program = platform::executable_path().parent_path();
    std::vector<std::string> places{file};
    if (file.empty()) {
        places.clear();
        for (const fs::path& place : {program / kLibraryName, program / "lib" / kLibraryName})
            if (fs::exists(place)) places.push_back(place.string());
        places.push_back(kLibraryName);
    }
    constexpr const char* kInstead = ": the GPU computes with libtorch's operations alone, without fused kernels and graphs. ";
    std::string failure;
    void* function = platform::find_function(places.front(), kDeviceLibraryEntry, failure);
    if (function == nullptr) return places.front() + " cannot be loaded (" + failure + ")" + kInstead + "Build it with -DMIRRORME_CUDA=ON and put it beside the program";
    const DeviceLibrary& library = *reinterpret_cast<DeviceLibraryEntry>(function)();
    if (library.version != kDeviceLibraryVersion)
        return places.front() + " has interface " + std::to_string(library.version) + ", this program has " + std::to_string(kDeviceLibraryVersion) + kInstead +
               "Take both from one build";
    if (std::string(library.torch_version) != TORCH_VERSION)
        return places.front() + " was built for libtorch " + library.torch_version + ", this program for " + TORCH_VERSION + kInstead + "Take both from one build";
    install_runtime(library.runtime);
    return {};
}

torch::Device open_device(const std::string& name) {
    if (name == "cpu") return torch::kCPU;
    if (name == kAnyDevice) return open_any();
    const bool numbered = name.rfind("cuda:", 0) == 0 && name.size() > 5 && name.size() < 8 && name.find_first_not_of("0123456789", 5) == std::string::npos;
    if (name == "cuda" || numbered) return open_cuda(name);
    throw Error(ErrorCode::usage, "--device " + name, "is unknown", "Say auto, cpu, cuda or cuda:N");
}

}  // namespace mirrorme

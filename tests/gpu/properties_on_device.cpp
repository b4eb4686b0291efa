// The properties of the tensor operations (tests/kernels/properties) on a CUDA device. Needs nothing but the kernels and the CUDA runtime.
//   properties_on_device [ROUNDS]     rounds of each property, default what tests/kernels has
// Exit code: 0 all hold, 1 one does not, 4 there is no device (ctest: skipped).

#include <cuda_runtime.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>

#include "gpu/cuda_processor.h"
#include "kernels/properties/trial.h"

using namespace mirrorme::testing;

namespace {

/// How often the property failed; its first failures are printed.
int run(const Property& property, CudaProcessor& processor, int rounds) {
    const auto begin = std::chrono::steady_clock::now();
    int failed = 0;
    for (int round = 0; round < rounds; ++round) {
        Trial trial(processor, static_cast<std::uint64_t>(round) * 7919 + 1);
        property.check(trial);
        if (trial.failures().empty()) continue;
        if (failed++ < 3)
            for (const std::string& failure : trial.failures()) std::printf("  seed %d: %s\n", round, failure.c_str());
    }
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("%-26s %4d rounds  %6.2f s  %s\n", property.name, rounds, seconds, failed == 0 ? "holds" : "FAILS");
    return failed;
}

}  // namespace

int main(int argc, char** argv) try {
    int devices = 0;
    if (const cudaError_t error = cudaGetDeviceCount(&devices); error != cudaSuccess || devices == 0) {
        std::printf("skipped: no CUDA device (%s)\n", error == cudaSuccess ? "none found" : cudaGetErrorString(error));
        return 4;
    }
    cudaDeviceProp device{};
    must(cudaGetDeviceProperties(&device, 0), "cudaGetDeviceProperties");
    std::printf("%s, compute capability %d.%d\n", device.name, device.major, device.minor);
    CudaProcessor processor;
    int failed = 0;
    for (const Property& property : properties()) {
        const int rounds = argc > 1 && property.rounds > 1 ? std::atoi(argv[1]) : property.rounds;
        failed += run(property, processor, rounds);
    }
    return failed == 0 ? 0 : 1;
} catch (const std::exception& error) {  // a sticky CUDA error: nothing after it can be trusted
    std::printf("FAILS: %s\n", error.what());
    return 1;
}

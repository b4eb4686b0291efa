#pragma once
// The processor, for people.

#include <string>
#include <vector>

namespace mirrorme::platform {

struct CpuFacts {
    std::string model;                   // "Intel(R) Xeon(R) ..."; empty when unknown
    int usable_threads = 1;              // this process may run on
    std::vector<std::string> features;   // of "avx2", "fma", "f16c", "avx512f", "avx512bf16", "amx-bf16": those it has
    bool runs_fast_kernels = false;      // avx2 and fma: what libtorch's fast code needs
};

CpuFacts cpu_facts();

/// True when the dynamic linker finds `library` ("libcuda.so.1"). Loads and unloads it.
bool library_present(const std::string& library);

}  // namespace mirrorme::platform

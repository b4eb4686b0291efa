#include "core/platform/cpu.h"

#include <dlfcn.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace mirrorme::platform {
namespace {

/// Value of `key` in the first block of /proc/cpuinfo.
std::string cpuinfo(const std::string& key) {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) {
        const std::size_t colon = line.find(':');
        if (line.starts_with(key) && colon != std::string::npos) return line.substr(std::min(colon + 2, line.size()));
    }
    return {};
}

}  // namespace

CpuFacts cpu_facts() {
    CpuFacts facts;
    facts.model = cpuinfo("model name");
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) facts.usable_threads = std::max(1, CPU_COUNT(&allowed));

    std::istringstream words(cpuinfo("flags"));
    std::vector<std::string> flags;
    for (std::string word; words >> word;) flags.push_back(word);
    const auto has = [&](std::string_view name) { return std::find(flags.begin(), flags.end(), name) != flags.end(); };
    constexpr std::array<std::pair<const char*, const char*>, 6> kShown = {{{"avx2", "avx2"},
                                                                           {"fma", "fma"},
                                                                           {"f16c", "f16c"},
                                                                           {"avx512f", "avx512f"},
                                                                           {"avx512_bf16", "avx512bf16"},
                                                                           {"amx_bf16", "amx-bf16"}}};
    for (const auto& [flag, shown] : kShown)
        if (has(flag)) facts.features.push_back(shown);
    facts.runs_fast_kernels = has("avx2") && has("fma");
    return facts;
}

bool library_present(const std::string& library) {
    void* handle = ::dlopen(library.c_str(), RTLD_LAZY | RTLD_LOCAL);
    if (handle) ::dlclose(handle);
    return handle != nullptr;
}

}  // namespace mirrorme::platform

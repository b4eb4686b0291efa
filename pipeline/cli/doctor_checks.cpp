#include "cli/doctor_checks.h"

#include <ATen/Context.h>
#include <ATen/Version.h>
#include <torch/version.h>

#include <cstdio>
#include <functional>
#include <map>

#include "core/error.h"
#include "core/files.h"
#include "core/platform/cpu.h"
#include "core/platform/process.h"
#include "weights/bundle.h"
#ifdef MIRRORME_HAS_MEDIA
#include "media/capabilities.h"
#endif

namespace mirrorme::cli {
namespace fs = std::filesystem;
namespace {

constexpr double kGiB = 1024.0 * 1024 * 1024;
constexpr double kMemoryNeededGiB = 1.5, kDiskWantedGiB = 1.0;
constexpr const char* kCudaHalf = "libmirrorme-cuda.so";

std::string gib(std::uint64_t bytes) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f GiB", static_cast<double>(bytes) / kGiB);
    return text;
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

Finding processor() {
    const platform::CpuFacts cpu = platform::cpu_facts();
    const std::string found = (cpu.model.empty() ? "unknown model" : cpu.model) + ", " + std::to_string(cpu.usable_threads) + " threads, " +
                              (cpu.features.empty() ? "no vector extensions known" : joined(cpu.features));
    if (!cpu.runs_fast_kernels) return {Health::warn, "processor", found, "Without AVX2 the avatar may be slower than real time; rendering files works."};
    return {Health::ok, "processor", found, {}};
}

Finding memory() {
    const platform::MachineMemory memory = platform::machine_memory();
    if (memory.total == 0) return {Health::warn, "memory", "unknown", {}};
    const std::string found = gib(memory.available) + " of " + gib(memory.total) + " available";
    if (static_cast<double>(memory.available) < kMemoryNeededGiB * kGiB) return {Health::warn, "memory", found, "Close other programs: about 1 GiB is needed."};
    return {Health::ok, "memory", found, {}};
}

Finding libtorch() {
    const std::string found = std::string(TORCH_VERSION) + ", kernels for " + at::get_cpu_capability() + (at::hasMKL() ? ", MKL" : "") +
                              (at::hasMKLDNN() ? ", oneDNN" : "");
    if (!at::hasMKLDNN()) return {Health::warn, "libtorch", found, "This libtorch lacks oneDNN and is slow; run cmake/setup.sh to get the pinned one."};
    return {Health::ok, "libtorch", found, {}};
}

/// The GPU half is a library of its own beside the program or in its lib folder.
bool cuda_half_installed() {
    const fs::path program = platform::executable_path().parent_path();
    std::error_code ignored;
    for (const fs::path& folder : {program, program / "../lib", program / "../lib/obs-mirrorme"})
        if (fs::exists(folder / kCudaHalf, ignored)) return true;
    return false;
}

Finding graphics_card() {
    const bool driver = platform::library_present("libcuda.so.1"), torch_half = platform::library_present("libtorch_cuda.so");
    constexpr const char* kNoDriver = "no NVIDIA driver: the processor is used";
    if (!driver) return {Health::ok, "graphics card", torch_half ? std::string(kNoDriver) + ", the CUDA half of libtorch lies idle" : kNoDriver, {}};
    if (!torch_half)
        return {Health::warn, "graphics card", "NVIDIA driver found, the CUDA half of libtorch is not installed",
                "To use the card: mirrorme setup --cuda (in a folder of sources: bash cmake/demo.sh --cuda)"};
    if (!cuda_half_installed())
        return {Health::warn, "graphics card", std::string("NVIDIA driver and libtorch's CUDA half are here, ") + kCudaHalf + " is not: no fused kernels, no graphs",
                "Build it: bash cmake/demo.sh --cuda"};
    return {Health::ok, "graphics card", "NVIDIA driver and the GPU half are here", {}};
}

Finding data_folder() {
    try {
        return {Health::ok, "data", find_data_dir().string(), {}};
    } catch (const Error& error) {
        return {Health::fail, "data", error.subject() + ": " + error.problem(), error.remedy()};
    }
}

Finding model(const fs::path& chosen) {
    try {
        const auto bundle = Bundle::open(chosen.empty() ? default_bundle_dir() : chosen);
        const BundleManifest& m = bundle->manifest();
        const std::string found = m.name + ' ' + m.version + ", " + std::to_string(m.width) + " x " + std::to_string(m.height) + ", hashes right, in " +
                                  bundle->directory().string();
        if (!m.capabilities.speaks) return {Health::warn, "model", found + "; it does not speak", "Train it, or leave --bundle out to use the embedded model."};
        return {Health::ok, "model", found, {}};
    } catch (const Error& error) {
        return {Health::fail, "model", error.subject() + ": " + error.problem(), error.remedy()};
    }
}

std::vector<Finding> media() {
#ifdef MIRRORME_HAS_MEDIA
    std::map<std::string, std::vector<std::string>> missing;
    for (const MediaCapability& one : media_capabilities())
        if (!one.present) missing[one.purpose].push_back(one.codec);
    std::vector<Finding> findings = {{Health::ok, "FFmpeg", media_library_versions(), {}}};
    for (const auto& [purpose, codecs] : missing)
        findings.push_back({purpose == "write mp4" || purpose.starts_with("read") ? Health::fail : Health::warn, "FFmpeg", "cannot " + purpose + ": lacks " + joined(codecs),
                            "Install Debian's FFmpeg libraries (libavcodec59, not a reduced build)."});
    if (missing.empty()) findings.front().found += ": mp4, webm, mov and png can be written";
    return findings;
#else
    return {{Health::warn, "FFmpeg", "left out of this build", "Build with MIRRORME_FFMPEG=ON to render files."}};
#endif
}

Finding disk() {
    std::error_code ignored;
    const fs::path here = fs::current_path(ignored);
    const std::uint64_t room = free_bytes(here);
    const std::string found = gib(room) + " free in " + here.string();
    if (static_cast<double>(room) < kDiskWantedGiB * kGiB) return {Health::warn, "disk", found, "Free some space before rendering long videos."};
    return {Health::ok, "disk", found, {}};
}

}  // namespace

std::vector<Finding> examine_machine(const fs::path& bundle) {
    std::vector<Finding> findings = {processor(), memory(), libtorch(), graphics_card(), data_folder(), model(bundle)};
    const std::vector<Finding> more = media();
    findings.insert(findings.end(), more.begin(), more.end());
    findings.push_back(disk());
    return findings;
}

}  // namespace mirrorme::cli

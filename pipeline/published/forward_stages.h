#pragma once
// One stage of a bundle's model run by itself on tensors from outside, with the argument and result names of the class it follows:
// what `mirrorme forward` does, so that any stage can be compared with its peer.

#include <span>
#include <string>
#include <string_view>

#include "core/platform/process.h"
#include "published/stage_tensors.h"
#include "weights/bundle.h"

namespace mirrorme {

/// How a stage is computed: where, and in which type its weights are.
struct ForwardOptions {
    torch::Device device = torch::kCPU;
    torch::ScalarType type = torch::kFloat;
    std::span<double> repeats = {};  // further runs with the same weights and inputs: their processor time, s
};

/// run(), and again for every repeat that is wanted.
template <class Run>
TensorMap run_repeatedly(const ForwardOptions& options, const Run& run) {
    TensorMap results = run();
    for (double& seconds : options.repeats) {
        const double before = platform::process_cpu_seconds();
        results = run();
        seconds = platform::process_cpu_seconds() - before;
    }
    return results;
}

struct ForwardStage {
    std::string_view name;     // "vae-encode"
    std::string_view follows;  // the peer: "diffusers AutoencoderKLLTXVideo.encode"
    std::string_view inputs;   // for people: names, shapes, ranges; "?" after a name that may be left out
    std::string_view outputs;
    /// Loads what it needs of the bundle and runs once, without gradients. Throws Error.
    TensorMap (*run)(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options);
};

/// Every stage there is. To add one, write its function and its row in forward_stages.cpp.
std::span<const ForwardStage> forward_stages();

/// Runs stage `name` on the CPU tensors of `inputs`; results are on the CPU, floating ones in float32. Throws Error: usage (no such stage),
/// mismatch (a tensor that does not fit, or that the stage does not read), and what loading a bundle throws.
TensorMap run_stage(std::string_view name, const Bundle& bundle, StageTensors inputs, const ForwardOptions& options);

}  // namespace mirrorme

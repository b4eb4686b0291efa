#pragma once
// From what the stages left to a bundle that render, serve and bench take.

#include <filesystem>
#include <string>
#include <vector>

#include "train/stage_weights.h"

namespace mirrorme {

struct BundleRequest {
    std::string name = "mini", version = "0.1.0", licence = "GPL-2.0-or-later";
    std::vector<int> steps;  // sampler step counts offered, the last is the default; empty = 1, 2 with codec `motion`, the sampler's own with `vae`
    std::filesystem::path output;
};

/// Averaged weights as bfloat16 (the linear maps of the codec, whose inverse must hold, as float16: a few hundredths of a pixel), configs, what each stage was trained with.
/// A part without weights (a stage not run yet) keeps its initial ones, is not listed as trained, and is a warning in the log.
/// Throws Error: not_found (no codec, no denoiser at all), and what save_bundle throws.
void export_bundle(const StageWeights& weights, const BundleRequest& request);

}  // namespace mirrorme

#pragma once
// A bundle judged on what it was never trained on: `mirrorme eval`. The same measures that training logs, on fixed held-out sets.

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "train/motion_clips.h"
#include "train/training_task.h"

namespace mirrorme {

struct EvaluationOptions {
    int clips = 24;              // of 8 s, each another character, voice and sentences
    std::vector<int> steps{1, 2};  // sampler steps; the last is the one whose figures have no suffix
    std::string only;            // "motion", "pictures", "renderer", "points", "identity" or "recorded"; empty = all but identity
    int minutes = 10;            // of speech in one go, for "identity"
    std::filesystem::path reader;  // folder of the trained mouth reader; empty = pictures are not read
    std::vector<std::pair<std::string, PerformanceMaker>> recorded;  // speech without a truth, by name; measured as part "recorded"
    bool sheets = false;         // also what was judged, as pictures
};

/// Figures of a part of the bundle in the order they are printed.
struct EvaluatedPart {
    std::string name;  // as EvaluationOptions::only
    std::vector<std::pair<std::string, double>> figures;
    std::vector<Preview> sheets;  // named as the part; none for motion and recorded
};

/// A bundle with codec `motion`. Deterministic for one build and machine. `progress` is told how much is done, 0 .. 1. Throws Error:
/// what Bundle::open throws, unsupported (another codec), usage (`only`).
std::vector<EvaluatedPart> evaluate_bundle(const std::filesystem::path& bundle, const PerformanceMaker& performances, const EvaluationOptions& options,
                                           const std::function<void(double)>& progress);

}  // namespace mirrorme

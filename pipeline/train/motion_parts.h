#pragma once
// The part map of codec `motion` fitted to performers: what the channels of its latents mean.

#include <cstdint>

#include "codec/motion/part_map.h"
#include "train/motion_clips.h"

namespace mirrorme {

struct PartFitOptions {
    int clips = 400;      // characters
    int frames = 120;     // of each
    float gesture_share = 0.35f;
    std::uint64_t data_seed = 1;
};

/// Fits `map` to performances of training characters. A pure function of its arguments.
void fit_parts(PartMap& map, const PerformanceMaker& performances, const PartFitOptions& options);

}  // namespace mirrorme

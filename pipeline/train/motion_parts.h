#pragma once
// The part map of codec `motion` fitted to performers: what the channels of its latents mean.

#include <cstdint>
#include <string>

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

/// SHA-256 of the map's numbers as a bundle keeps them (float16): latents mean the same under maps of one hash.
std::string hash_of(const PartMap& map);

}  // namespace mirrorme

#pragma once
// What can be asked of clips made in windows, without torch: engine/clip_pipeline.h makes them.

#include <optional>

#include "denoise/sampler_kind.h"

namespace mirrorme {

/// What is left out is the bundle's.
struct ClipModeOptions {
    ClipWindow window;
    std::optional<SamplerKind> sampler;
    std::optional<double> guidance, stg, rescale;  // GuidanceConfig
};

}  // namespace mirrorme

#pragma once
// The stages of LTX-Video: rows of the table in forward_stages.cpp.

#include <array>

#include "published/forward_stages.h"

namespace mirrorme {

/// Cells of a patch in time and in each of both sides, as published configs name them; in a bundle only where they are not 1.
inline constexpr std::array<const char*, 2> kPatchFields{"patch_size_t", "patch_size"};

TensorMap forward_transformer(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options);
TensorMap forward_vae_encode(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options);
TensorMap forward_vae_decode(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options);

}  // namespace mirrorme

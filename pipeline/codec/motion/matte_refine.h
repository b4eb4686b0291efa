#pragma once
// An estimated matte, drawn to the edges that the picture itself has. Torch-free, pure.

#include <vector>

#include "kernels/include/operations.h"

namespace mirrorme {

/// rgba [H, W, 4] (alpha ignored), 0..1; matte [H, W] 0..1, right in the large and off by at most a few percent of the height at edges.
/// Returns the refined matte [H, W]. See Note [Which side a colour is on] in the .cpp.
std::vector<float> refine_matte(const float* rgba, const float* matte, kernels::Size size);

}  // namespace mirrorme

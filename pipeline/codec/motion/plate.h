#pragma once
// The background of an opaque picture without the person, filled in once per picture. Torch-free, pure.

#include <vector>

#include "kernels/include/operations.h"

namespace mirrorme {

/// rgb of an opaque picture [H, W, 4] (alpha ignored) where `matte` [H, W] says there is no person; where there is one, colour
/// flows in from around, smoother the farther in. Returns [H, W, 3].
std::vector<float> fill_plate(const float* rgba, const float* matte, kernels::Size size);

/// rgb of a picture [H, W, 4] where `known` [H, W] is 1; elsewhere what flows in from around. Returns [H, W, 3].
std::vector<float> fill_unknown(const float* rgba, const float* known, kernels::Size size);

/// The person of an opaque picture as premultiplied RGBA [H, W, 4]: at soft edges the colour of the nearest surely-person
/// pixels instead of the mixture with the background.
std::vector<float> cut_out_person(const float* rgba, const float* matte, kernels::Size size);

}  // namespace mirrorme

#pragma once
// Key points as line drawings, for people who watch a training. No torch.

#include "core/image.h"
#include "core/keypoints.h"

namespace mirrorme {

/// Two bodies in face units, drawn beside each other on white: 2 x 192 x 256 pixels.
RgbaImage draw_side_by_side(const KeyPointFrame& left, const KeyPointFrame& right);

}  // namespace mirrorme

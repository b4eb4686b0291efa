#pragma once
// How far a dome stands out: one formula for who fits it and who warps by it.

#include <algorithm>

#include "kernels/include/operations.h"

namespace mirrorme::kernels {

/// 0 .. 1, at a target pixel.
inline float height_at(const Dome& dome, Point p) noexcept {
    const Affine& unit = dome.unit;
    const float u = unit.a * p.x + unit.b * p.y + unit.tx, v = unit.c * p.x + unit.d * p.y + unit.ty;
    return std::max(1 - u * u - v * v, 0.0f);
}

}  // namespace mirrorme::kernels

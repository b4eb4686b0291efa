#pragma once
// The CPU's functions behind the table; meanings in kernels/include/operations.h.

#include "kernels/include/operations.h"

namespace mirrorme::kernels::cpu {

void flow_from_points(const FlowPlan& plan, Size size, float* flow);
void warp8(const float* source, const float* flow, Size size, float* front, float* back);
void warp4(const float* source, const float* flow, const float* delta, Size size, float* out);
void cover_polygon(std::span<const Point> outline, float value, Size size, float* plane);
void cover_capsule(const Capsule& capsule, float value, Size size, float* plane);
void ridge_capsule(const Capsule& capsule, Size size, float* plane);
void paint_over(const float* coverage, const float* colour, Size size, float* image);
void pack_cells(const CellInputs& inputs, Size size, float* cells);
void finish_frame(const FrameInputs& inputs, Size size, std::uint8_t* bgra);

}  // namespace mirrorme::kernels::cpu

#include "ops/warp.h"

#include "kernels/include/operations.h"

namespace mirrorme {

torch::Tensor warp(const torch::Tensor& source, const torch::Tensor& flow, const CropPlace& place) {
    constexpr int64_t kCell = kernels::kCell;
    const int64_t height = flow.size(2) * kCell, width = flow.size(3) * kCell;
    const torch::Tensor dense = torch::upsample_bilinear2d(flow, {height, width}, /*align_corners=*/false);
    const torch::Tensor first = (place.first_cell * kCell).to(flow.device(), flow.scalar_type());  // [B, 2] pixels
    const torch::Tensor xs = torch::arange(width, flow.options()).view({1, 1, width}) + first.select(1, 0).view({-1, 1, 1});
    const torch::Tensor ys = torch::arange(height, flow.options()).view({1, height, 1}) + first.select(1, 1).view({-1, 1, 1});
    // grid_sample counts from -1 at the first pixel's middle to 1 at the last one's (align_corners).
    const torch::Tensor gx = (xs + dense.select(1, 0)) * (2.0 / static_cast<double>(source.size(3) - 1)) - 1;
    const torch::Tensor gy = (ys + dense.select(1, 1)) * (2.0 / static_cast<double>(source.size(2) - 1)) - 1;
    return torch::grid_sampler(source, torch::stack({gx, gy}, -1), /*bilinear*/ 0, /*border*/ 1, /*align_corners=*/true);
}

torch::Tensor paint_over(const torch::Tensor& over, const torch::Tensor& under) { return over + (1 - over.slice(1, 3, 4)) * under; }

}  // namespace mirrorme

#pragma once
// Torch faces of the picture operations, for training: differentiable, any device. The kernels (kernels/include) do the same
// live; tests/stages/test_motion_ops.cpp holds the two together.

#include <torch/torch.h>

namespace mirrorme {

/// Which part of the frame a batch shows: every sample's first cell [B, 2] (x, y), int64, on the CPU.
struct CropPlace {
    torch::Tensor first_cell;
};

/// source [B, C, H, W], flow [B, 2, h, w] in pixels at the middles of cells (h, w may be a crop of the grid, placed by
/// `place`) -> [B, C, 4h, 4w]: source(p + flow(p)), bilinear, held at the edges. Gradients reach source and flow.
/// Within two pixels of a crop's border the flow is held instead of interpolated.
torch::Tensor warp(const torch::Tensor& source, const torch::Tensor& flow, const CropPlace& place);

/// over + (1 - alpha of over) * under; premultiplied RGBA [B, 4, H, W].
torch::Tensor paint_over(const torch::Tensor& over, const torch::Tensor& under);

}  // namespace mirrorme

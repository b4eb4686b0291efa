#pragma once
// The functions behind cuda_tensor_operations(); meanings in kernels/include/tensor_operations.h.

#include "kernels/include/tensor_operations.h"

namespace mirrorme::kernels::cuda {

Refusal modulated_norm(const ModulatedNorm& work, Stream stream) noexcept;
Refusal normed_rope(const NormedRope& work, Stream stream) noexcept;
Refusal gated_add(const GatedAdd& work, Stream stream) noexcept;
Refusal activate_rows(const ActivateRows& work, Stream stream) noexcept;
Refusal pixel_norm(const PixelNorm& work, Stream stream) noexcept;
Refusal depth_to_space(const DepthToSpace& work, Stream stream) noexcept;
Refusal finish_pixels(const FinishPixels& work, Stream stream) noexcept;
Refusal normal_noise(const NormalNoise& work, Stream stream) noexcept;

}  // namespace mirrorme::kernels::cuda

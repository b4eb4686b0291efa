#pragma once
// The fused operations between the matrix products and convolutions of the transformer and of the VAE, behind one table that the
// CPU and a device library fill alike. Raw views: no torch, no allocation, no exceptions, no state.
//
// Conventions. Elements are float32, bfloat16 or half (`Scalar`); arithmetic is float32, rounded once on the way out. The last axis is
// contiguous; strides count elements. A *row* is one token's or pixel's channels; every row begins on 16 bytes and is a multiple
// of 16 bytes long, so that devices move 16 bytes an access. Outputs share no memory with inputs unless a field says so.
// A function returns null when the work is done (CPU) or queued on `stream` (device); otherwise a static text that says which field is
// refused and why, and nothing was written. Thread: any; the caller owns every buffer and keeps it until the stream is through.

#include "kernels/include/noise_operations.h"
#include "kernels/include/token_operations.h"
#include "kernels/include/vae_operations.h"

namespace mirrorme::kernels {

struct TensorOperations {
    const char* name;
    Refusal (*modulated_norm)(const ModulatedNorm& work, Stream stream) noexcept;
    Refusal (*normed_rope)(const NormedRope& work, Stream stream) noexcept;
    Refusal (*gated_add)(const GatedAdd& work, Stream stream) noexcept;
    Refusal (*activate_rows)(const ActivateRows& work, Stream stream) noexcept;
    Refusal (*pixel_norm)(const PixelNorm& work, Stream stream) noexcept;
    Refusal (*depth_to_space)(const DepthToSpace& work, Stream stream) noexcept;
    Refusal (*finish_pixels)(const FinishPixels& work, Stream stream) noexcept;
    Refusal (*normal_noise)(const NormalNoise& work, Stream stream) noexcept;
};

/// The reference, and what runs where there is no device.
const TensorOperations& cpu_tensor_operations() noexcept;
/// In the device library alone (kernels/cuda).
const TensorOperations& cuda_tensor_operations() noexcept;

}  // namespace mirrorme::kernels

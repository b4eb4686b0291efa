#pragma once
// Where tensors meet the fused operations (kernels/include/tensor_operations.h). Every function here runs one operation of the table that belongs
// to its tensors' device, and says false (or gives an undefined tensor) where it cannot: no table, gradients wanted, a type or a layout that the
// table does not take. Then the caller's torch operations do it; the reason is logged once. No results depend on who did it but by rounding.
//
// Any thread; nothing is kept. Tables: the device library's for CUDA; none for the CPU, whose torch paths are as fast, but for CpuTableScope.

#include <torch/torch.h>

#include <cstdint>

#include "kernels/include/tensor_operations.h"

namespace mirrorme {

struct RopeTable;
struct Fp8Rows;

/// While it lives, this thread's CPU tensors go through the CPU's table: the paths of a device without one, for tests and comparisons.
class CpuTableScope {
public:
    CpuTableScope();
    ~CpuTableScope();
    CpuTableScope(const CpuTableScope&) = delete;
    CpuTableScope& operator=(const CpuTableScope&) = delete;
    /// Operations that ran through the table on this thread, since the program's start.
    static std::int64_t operations_run();
};

/// Whether tensors on `device` go through a table here and now.
bool has_table(torch::Device device);

namespace fused {

using torch::Tensor;

/// norm(x, eps) * (1 + scale) + shift. x [B, N, D]; scale, shift [B or 1, G, D], both undefined: the norm alone. -> [B, N, D] or undefined.
Tensor modulated_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps);
/// The same as rows of e4m3 (ops/fp8_linear.h), or undefined.
Fp8Rows modulated_norm_rows(const Tensor& x, const Tensor& scale, const Tensor& shift, double eps);

/// Rows of one attention [B, N, D]. Undefined ones are left out, and what belongs to them.
struct Qkv {
    Tensor q = {}, k = {}, v = {};
    Tensor q_weight = {}, k_weight = {};  // [D]; undefined: not normalised
    double eps = 1e-5;
    const RopeTable* rope = nullptr;  // null: not turned
};
struct QkvTargets {
    Tensor q = {}, k = {}, v = {}, k_plain = {};  // [B, N, D], memory that is there
};
bool normed_rope(const Qkv& in, const QkvTargets& out);

/// x += gate * y. gate [B or 1, G, D].
bool gated_add(const Tensor& x, const Tensor& y, const Tensor& gate);

/// x = GELU_tanh(x + bias), in place. x [..., D], dense.
bool gelu(const Tensor& x, const Tensor& bias);
/// activation(x + bias) as rows of e4m3, or undefined. x [..., D], dense; bias [D] or undefined.
Fp8Rows activated_rows(const Tensor& x, const Tensor& bias, kernels::Activation activation);

/// SiLU of the modulated pixel norm, padded in time with copies of the first and last frame: x [B, C, T, H, W], channels last ->
/// [B, C, front + T + back, H, W], channels last, or undefined. scale, shift [B or 1, C] or both undefined.
Tensor pixel_norm(const Tensor& x, const Tensor& scale, const Tensor& shift, int front, int back);

/// Cells of 2 x 2 x 2 to places, less the first `dropped` frames, plus `skip` unfolded the same way (undefined: none): y [B, 8 C, T, H, W] ->
/// [B, C, 2 T - dropped, 2 H, 2 W] or undefined; all channels last. dropped: 0 or 1.
Tensor depth_to_space(const Tensor& y, const Tensor& skip, int dropped);

/// Patches [1, 48, T, h, w], channels last, values -1..1 -> frames [T, 4 h, 4 w, 4] uint8 BGRA, opaque, or undefined.
Tensor finish_pixels(const Tensor& patches);

/// Rows of `elements` normal values, dense float32 [latents, ...], as fill_normal (denoise/philox.h) gives them.
struct NoisePlace {
    std::uint64_t seed = 0;
    std::int64_t first_latent = 0;
    std::uint32_t step = 0, stream = 0;
};
bool normal_noise(const Tensor& out, const NoisePlace& place);

}  // namespace fused
}  // namespace mirrorme

#pragma once
// Matrix products in e4m3 (8 bits: 4 exponent, 3 mantissa, largest 448; OCP 8-bit floating point specification 1.0), sums in float32: weights carry a
// scale for each output channel, activations one for each token. A device of compute capability 8.9 or later multiplies the bytes themselves; the CPU
// restores float32 and multiplies that, which is the same numbers, so that the loss of accuracy can be measured anywhere.
//
// Without gradients. Any thread; nothing is kept.

#include <torch/torch.h>

#include <string>

namespace mirrorme {

/// Rows as bytes and what each is multiplied with: row = bytes * scale, scale = max |row| / 448.
struct Fp8Rows {
    torch::Tensor bytes;  // [..., K] float8_e4m3fn, dense
    torch::Tensor scale;  // [rows] float32

    bool defined() const { return bytes.defined(); }
};

/// x [..., K], in one pass where the device has it.
Fp8Rows fp8_rows(const torch::Tensor& x);
/// fp8_rows of modulated_rms_norm(x, scale, shift, eps) (ops/norm_rope.h). x [B, N, D].
Fp8Rows modulated_norm_rows(const torch::Tensor& x, const torch::Tensor& scale, const torch::Tensor& shift, double eps);
/// fp8_rows of GELU_tanh(x + bias). x [..., D], bias [D].
Fp8Rows gelu_rows(const torch::Tensor& x, const torch::Tensor& bias);

/// [..., K] float32.
torch::Tensor restored(const Fp8Rows& rows);

/// x weightT + bias in `type`: x [..., K], weight [M, K], bias [M] or undefined -> [..., M].
torch::Tensor fp8_product(const Fp8Rows& x, const Fp8Rows& weight, const torch::Tensor& bias, torch::ScalarType type);

/// Empty where `device` multiplies e4m3 rows, else why it does not. The CPU does (see above).
std::string why_no_fp8(torch::Device device);

}  // namespace mirrorme

#pragma once
// Normalisation and rotary positions, the small operations between the transformer's matrix products. Each has one equation and
// three ways of computing it: torch operations (any device and type, differentiable), one pass over memory (float32 on the CPU
// without gradients), because at a few tokens a step the calls cost more than the arithmetic, and the device's fused operation
// where there is one (ops/tensor_table.h).
//
// Any thread; nothing is kept.

#include <torch/torch.h>

namespace mirrorme {

/// Rotation of D channels per token: cos, sin [N, D] or [B, N, D], float32; channels 2i and 2i + 1 carry the same pair.
struct RopeTable {
    torch::Tensor cos, sin;

    bool defined() const { return cos.defined(); }
    /// Rows [first, first + count) of the token axis.
    RopeTable rows(int64_t first, int64_t count) const;
    RopeTable on(torch::Device device) const { return {cos.to(device), sin.to(device)}; }
};

/// x / sqrt(mean_c(x^2) + eps), statistics in float32, over the last axis.
torch::Tensor rms_norm(const torch::Tensor& x, double eps);

inline constexpr double kBlockNormEps = 1e-6;  // of the published transformers' norms before attention and feed-forward

/// rms_norm(x, eps) * (1 + scale) + shift. x [B, N, D]; scale, shift [B, G, D] (or batch 1), G divides N: one row for N / G tokens.
torch::Tensor modulated_rms_norm(const torch::Tensor& x, const torch::Tensor& scale, const torch::Tensor& shift, double eps = kBlockNormEps);

/// x + gate * y with gate [B, G, D]; in place where nothing needs a gradient (x is then the result).
torch::Tensor gated_add(torch::Tensor x, const torch::Tensor& y, const torch::Tensor& gate);

/// rms_norm(x, eps) * weight over all D channels, before heads are split. x [B, N, D], weight [D].
torch::Tensor weighted_rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double eps);

/// Rotates pairs: even' = even cos - odd sin, odd' = odd cos + even sin; in float32, result in x's type. x [..., N, D].
torch::Tensor apply_rope(const torch::Tensor& x, const RopeTable& table);

/// As apply_rope into memory that is there: out and x [..., N, D], not the same memory. Without gradients.
void apply_rope_into(torch::Tensor out, const torch::Tensor& x, const RopeTable& table);

/// apply_rope(weighted_rms_norm(x, weight, eps), table).
torch::Tensor normed_rope(const torch::Tensor& x, const torch::Tensor& weight, double eps, const RopeTable& table);

}  // namespace mirrorme

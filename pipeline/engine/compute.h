#pragma once
// In which numbers a model is computed.

#include <string>

namespace mirrorme {

// Note [Numbers a model is computed in]
// The transformer and codec vae: float32 on the CPU, bfloat16 on a GPU, unless the bundle says otherwise ("compute": {"type": "bf16"} in its config), or
// whoever runs it. fp8 is bfloat16 whose large linears multiply e4m3 (ops/fp8_linear.h); on the CPU it is float32 whose large linears do, which is slower, not faster:
// to see on any machine what a GPU will show. Ears and codec motion are always float32.
enum class Compute { automatic, f32, bf16, fp8 };

/// "auto", "f32", "bf16" or "fp8". Throws Error naming `subject`: mismatch.
Compute compute_from_name(const std::string& name, const std::string& subject);

}  // namespace mirrorme

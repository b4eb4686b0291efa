#pragma once
// What this processor is good at, as far as a choice depends on it.

namespace mirrorme {

/// Whether bfloat16 pays on the CPU: about twice as fast as float32 where there are instructions for it (AVX512-BF16), many
/// times slower where there are none. Whoever limits the libraries to an older instruction set by their variables
/// (ONEDNN_MAX_CPU_ISA, DNNL_MAX_CPU_ISA, ATEN_CPU_CAPABILITY) means this too. Any thread.
bool has_fast_bfloat16() noexcept;

}  // namespace mirrorme

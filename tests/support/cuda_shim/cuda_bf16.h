#pragma once
// The toolkit's header of this name, as far as kernels/cuda uses it.

#include <bit>

#include "kernels/include/small_floats.h"

struct __nv_bfloat16 {
    unsigned short bits;
};
inline float __bfloat162float(__nv_bfloat16 x) { return mirrorme::kernels::from_bf16(x.bits); }
inline __nv_bfloat16 __float2bfloat16_rn(float x) { return {mirrorme::kernels::to_bf16(x)}; }

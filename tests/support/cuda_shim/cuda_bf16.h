#pragma once
// The toolkit's header of this name, as far as kernels/cuda uses it.

#include "kernels/include/small_floats.h"

struct __nv_bfloat16 {
    unsigned short bits;
};
inline float __bfloat162float(__nv_bfloat16 x) { return mirrorme::kernels::from_bf16(x.bits); }
inline __nv_bfloat16 __float2bfloat16_rn(float x) { return {mirrorme::kernels::to_bf16(x)}; }

struct __nv_bfloat162 {
    __nv_bfloat16 x, y;
};
inline __nv_bfloat162 __floats2bfloat162_rn(float x, float y) { return {__float2bfloat16_rn(x), __float2bfloat16_rn(y)}; }

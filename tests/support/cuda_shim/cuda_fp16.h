#pragma once
// The toolkit's header of this name, as far as kernels/cuda uses it.

#include "cuda_runtime.h"
#include "kernels/include/small_floats.h"

struct __half {
    unsigned short bits;
};
inline float __half2float(__half x) { return mirrorme::kernels::from_f16(x.bits); }
inline __half __float2half_rn(float x) { return {mirrorme::kernels::to_f16(x)}; }

struct __half2 {
    __half x, y;
};
inline __half2 __floats2half2_rn(float x, float y) { return {__float2half_rn(x), __float2half_rn(y)}; }
inline float2 __half22float2(__half2 pair) { return {__half2float(pair.x), __half2float(pair.y)}; }

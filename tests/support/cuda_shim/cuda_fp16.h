#pragma once
// The toolkit's header of this name, as far as kernels/cuda uses it.

#include "kernels/include/small_floats.h"

struct __half {
    unsigned short bits;
};
inline float __half2float(__half x) { return mirrorme::kernels::from_f16(x.bits); }
inline __half __float2half_rn(float x) { return {mirrorme::kernels::to_f16(x)}; }

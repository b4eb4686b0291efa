#pragma once
// The toolkit's header of this name, as far as kernels/cuda uses it.

#include "cuda_runtime.h"
#include "kernels/include/small_floats.h"

using __nv_fp8_storage_t = unsigned char;
using __nv_fp8x2_storage_t = unsigned short;  // the first value in the lower byte
enum __nv_saturation_t { __NV_SATFINITE };
enum __nv_fp8_interpretation_t { __NV_E4M3 };
inline __nv_fp8_storage_t __nv_cvt_float_to_fp8(float x, __nv_saturation_t, __nv_fp8_interpretation_t) { return mirrorme::kernels::to_e4m3(x); }
inline __nv_fp8x2_storage_t __nv_cvt_float2_to_fp8x2(float2 pair, __nv_saturation_t saturation, __nv_fp8_interpretation_t kind) {
    const unsigned low = __nv_cvt_float_to_fp8(pair.x, saturation, kind), high = __nv_cvt_float_to_fp8(pair.y, saturation, kind);
    return static_cast<__nv_fp8x2_storage_t>(low | high << 8);
}

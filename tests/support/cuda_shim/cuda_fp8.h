#pragma once
// The toolkit's header of this name, as far as kernels/cuda uses it.

#include "kernels/include/small_floats.h"

using __nv_fp8_storage_t = unsigned char;
enum __nv_saturation_t { __NV_SATFINITE };
enum __nv_fp8_interpretation_t { __NV_E4M3 };
inline __nv_fp8_storage_t __nv_cvt_float_to_fp8(float x, __nv_saturation_t, __nv_fp8_interpretation_t) { return mirrorme::kernels::to_e4m3(x); }

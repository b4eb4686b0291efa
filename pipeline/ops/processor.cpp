#include "ops/processor.h"

#include <cstdlib>

namespace mirrorme {

bool has_fast_bfloat16() noexcept {
    for (const char* limit : {"ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY"})
        if (std::getenv(limit)) return false;
#if defined(__x86_64__) && defined(__GNUC__)
    return __builtin_cpu_supports("avx512bf16") != 0;
#else
    return false;
#endif
}

}  // namespace mirrorme

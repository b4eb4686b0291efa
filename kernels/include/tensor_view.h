#pragma once
// Words the tensor operations share; conventions in tensor_operations.h.

#include <cstdint>

#include "kernels/include/small_floats.h"

namespace mirrorme::kernels {

using Refusal = const char*;

/// A device's queue (CUDA: cudaStream_t). The CPU has none.
struct Stream {
    void* handle = nullptr;
};

/// Rows of a tensor [batch, tokens, width]. Row (b, n) begins at element b * batch_stride + n * token_stride; a stride of 0 repeats.
struct RowView {
    const void* at = nullptr;
    std::int64_t batch_stride = 0, token_stride = 0;
};
struct RowTarget {
    void* at = nullptr;
    std::int64_t batch_stride = 0, token_stride = 0;
};

}  // namespace mirrorme::kernels

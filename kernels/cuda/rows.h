#pragma once
// Kernels whose unit is a row of channels: a row is read once into registers, reduced, and written.
//
// Note [Rows and threads]
// A thread holds kLines lines of 16 bytes, neighbouring threads neighbouring lines. Rows of up to 32 lines (512 bytes) share a warp: the
// row's threads are a power of two, and shuffles stay inside them. Longer rows have a block of up to 512 threads and one barrier a reduction.
// 2048 bfloat16 channels are 256 lines, one a thread: 384 rows of them are 384 blocks, one wave of a device of 132 processors.

#include <type_traits>

#include "kernels/cuda/device.h"

namespace mirrorme::kernels::cuda {

inline constexpr int kRowThreads = 512;  // most of a block
inline constexpr int kManyLines = 4;     // of a thread, where one is not enough

struct RowPlan {
    int threads;  // of a row: blockDim.x
    int rows;     // of a block: blockDim.y
    int lines;    // of a thread: 1 or kManyLines
    dim3 block() const { return dim3(static_cast<unsigned>(threads), static_cast<unsigned>(rows)); }
    dim3 grid(std::int64_t all_rows) const { return dim3(static_cast<unsigned>((all_rows + rows - 1) / rows)); }
};

inline RowPlan plan_rows(std::int64_t width, int per_line) {
    const int lines = static_cast<int>(width / per_line);
    if (lines <= 32) {
        int threads = 1;
        while (threads < lines) threads *= 2;
        return {threads, 128 / threads, 1};
    }
    const int each = lines <= kRowThreads ? 1 : kManyLines;
    return {((lines + each - 1) / each + 31) / 32 * 32, 1, each};
}

/// Calls work(std::integral_constant<int, lines>) with the plan's number.
template <typename Work>
Refusal with_lines(int lines, Work work) {
    return lines == 1 ? work(std::integral_constant<int, 1>{}) : work(std::integral_constant<int, kManyLines>{});
}

/// Queues the kernel that choose(T{}, std::integral_constant<int, lines>) names over `rows` rows of `width` elements of work.type. For kernels that take
/// the whole of `work`.
template <typename Work, typename Choose>
Refusal launch_rows(Stream stream, const Work& work, std::int64_t width, std::int64_t rows, Choose choose) {
    return with_type(work.type, [&](auto type) {
        const RowPlan plan = plan_rows(width, kPerLine<decltype(type)>);
        return with_lines(plan.lines, [&](auto lines) { return launch(stream, plan.grid(rows), plan.block(), choose(type, lines), work); });
    });
}

/// The row of a thread. Threads beyond the last row stay, because shuffles need whole warps; they touch no memory.
struct OwnRow {
    unsigned index;
    bool inside;
};
__device__ __forceinline__ OwnRow own_row(std::int64_t rows) {
    const unsigned index = blockIdx.x * blockDim.y + threadIdx.y;
    return {index, index < rows};
}

/// Channel where the thread's line `l` begins.
template <typename T>
__device__ __forceinline__ int channel_of(int l) {
    return (l * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)) * kPerLine<T>;
}

struct Sum {
    __device__ float operator()(float a, float b) const { return a + b; }
};
struct Largest {
    __device__ float operator()(float a, float b) const { return fmaxf(a, b); }
};

/// `combine` over the row's threads, the same value for all of them. kUse numbers the calls of one kernel, so that each has shared memory of
/// its own and needs no barrier before it. All threads of the block call it.
template <int kUse, typename Combine>
__device__ __forceinline__ float reduce_row(float value, Combine combine) {
    MIRRORME_SHARED(float, of_warp, kRowThreads / 32);
    const int threads = static_cast<int>(blockDim.x);
    for (int step = (threads < 32 ? threads : 32) / 2; step > 0; step /= 2) value = combine(value, __shfl_xor_sync(0xFFFFFFFFu, value, step));
    if (threads <= 32) return value;
    if (threadIdx.x % 32 == 0) of_warp[threadIdx.x / 32] = value;
    __syncthreads();
    value = of_warp[0];
    for (int warp = 1; warp < threads / 32; ++warp) value = combine(value, of_warp[warp]);
    return value;
}

/// The row's lines; zeros beyond its end.
template <typename T, int kLines>
__device__ __forceinline__ void load_row(const T* row, std::int64_t width, bool inside, Line<T> (&x)[kLines]) {
#pragma unroll
    for (int l = 0; l < kLines; ++l) {
        const int c = channel_of<T>(l);
        if (inside && c < width) {
            x[l] = load_line(row + c);
        } else {
#pragma unroll
            for (int i = 0; i < kPerLine<T>; ++i) x[l].v[i] = 0;
        }
    }
}

/// 1 / sqrt(mean(x^2) + eps) of the row.
template <int kUse, typename T, int kLines>
__device__ __forceinline__ float inverse_rms(const Line<T> (&x)[kLines], std::int64_t width, float eps) {
    float sum = 0;
#pragma unroll
    for (int l = 0; l < kLines; ++l)
#pragma unroll
        for (int i = 0; i < kPerLine<T>; ++i) sum += x[l].v[i] * x[l].v[i];
    return rsqrtf(reduce_row<kUse>(sum, Sum{}) / static_cast<float>(width) + eps);
}

/// Four values to e4m3, the first in the lowest byte.
__device__ __forceinline__ unsigned to_bytes(const float* v, float factor) {
    const unsigned low = __nv_cvt_float2_to_fp8x2(make_float2(v[0] * factor, v[1] * factor), __NV_SATFINITE, __NV_E4M3);
    const unsigned high = __nv_cvt_float2_to_fp8x2(make_float2(v[2] * factor, v[3] * factor), __NV_SATFINITE, __NV_E4M3);
    return low | high << 16;
}
__device__ __forceinline__ void put_bytes(std::uint8_t* to, const Line<float>& line, float factor) {
    put(reinterpret_cast<unsigned*>(to), to_bytes(line.v, factor));
}
template <typename T>
__device__ __forceinline__ void put_bytes(std::uint8_t* to, const Line<T>& line, float factor) {
    uint2 bytes;
    bytes.x = to_bytes(line.v, factor);
    bytes.y = to_bytes(line.v + 4, factor);
    put(reinterpret_cast<uint2*>(to), bytes);
}

/// Writes the row as T, or with kBytes as e4m3 and its scale (Note "Rows of e4m3" in token_operations.h). All threads of the block call it.
template <bool kBytes, typename T, int kLines>
__device__ __forceinline__ void store_row(const Line<T> (&x)[kLines], const RowTarget& out, std::int64_t b, std::int64_t n, float* row_scale,
                                          std::int64_t width, const OwnRow& row) {
    const std::int64_t first = b * out.batch_stride + n * out.token_stride;
    if constexpr (kBytes) {
        float peak = 1e-12f;
#pragma unroll
        for (int l = 0; l < kLines; ++l)
#pragma unroll
            for (int i = 0; i < kPerLine<T>; ++i) peak = fmaxf(peak, fabsf(x[l].v[i]));
        peak = reduce_row<64>(peak, Largest{});
        if (row.inside && threadIdx.x == 0) put(row_scale + row.index, peak / kLargestE4m3);
        const float factor = kLargestE4m3 / peak;
#pragma unroll
        for (int l = 0; l < kLines; ++l)
            if (const int c = channel_of<T>(l); row.inside && c < width) put_bytes(static_cast<std::uint8_t*>(out.at) + first + c, x[l], factor);
    } else {
#pragma unroll
        for (int l = 0; l < kLines; ++l)
            if (const int c = channel_of<T>(l); row.inside && c < width) store_line(static_cast<T*>(out.at) + first + c, x[l]);
    }
}

}  // namespace mirrorme::kernels::cuda

#pragma once
// What every kernel here stands on: element types, memory accesses of 16 bytes, the launch.
//
// Rules. Global memory is touched through fetch() and put() alone, shared memory is declared by MIRRORME_SHARED: a test build compiles
// these files as C++ and puts checks there (tests/support/cuda_shim). Kernels are launched by launch() on the given stream, allocate
// nothing and wait for nothing, so all of them may stand in a captured graph.

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <cuda_runtime.h>

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/include/tensor_view.h"

#ifndef MIRRORME_SHARED
#define MIRRORME_SHARED(type, name, count) __shared__ __align__(16) type name[count]
#define MIRRORME_SHARED_LINE(name, index) (*reinterpret_cast<const uint4*>(&name[index]))  // 16 bytes from element `index`
#define MIRRORME_WATCH_READ(pointer) static_cast<void>(0)
#define MIRRORME_WATCH_WRITE(pointer) static_cast<void>(0)
#endif

namespace mirrorme::kernels::cuda {

// ---- memory

template <typename V>
__device__ __forceinline__ V fetch(const V* from) {
    MIRRORME_WATCH_READ(from);
    return *from;
}
template <typename V>
__device__ __forceinline__ void put(V* to, const V& value) {
    MIRRORME_WATCH_WRITE(to);
    *to = value;
}

template <typename T>
inline constexpr int kPerLine = 16 / static_cast<int>(sizeof(T));

/// The elements of one 16-byte access, as float32.
template <typename T>
struct Line {
    float v[kPerLine<T>];
};

__device__ __forceinline__ void unpack(unsigned word, float* to, float) { *to = __uint_as_float(word); }
__device__ __forceinline__ void unpack(unsigned word, float* to, __nv_bfloat16) {
    to[0] = __uint_as_float(word << 16);
    to[1] = __uint_as_float(word & 0xFFFF0000u);
}
__device__ __forceinline__ void unpack(unsigned word, float* to, __half) {
    __half2 pair;
    memcpy(&pair, &word, sizeof word);
    const float2 wide = __half22float2(pair);
    to[0] = wide.x;
    to[1] = wide.y;
}
__device__ __forceinline__ unsigned pack(const float* from, float) { return __float_as_uint(*from); }
__device__ __forceinline__ unsigned pack(const float* from, __nv_bfloat16) {
    const __nv_bfloat162 pair = __floats2bfloat162_rn(from[0], from[1]);
    unsigned word;
    memcpy(&word, &pair, sizeof word);
    return word;
}
__device__ __forceinline__ unsigned pack(const float* from, __half) {
    const __half2 pair = __floats2half2_rn(from[0], from[1]);
    unsigned word;
    memcpy(&word, &pair, sizeof word);
    return word;
}

template <typename T>
__device__ __forceinline__ T narrow(float value) {
    if constexpr (sizeof(T) == 4) return value;
    else if constexpr (std::is_same_v<T, __half>) return __float2half_rn(value);
    else return __float2bfloat16_rn(value);
}

template <typename T>
__device__ __forceinline__ Line<T> unpack_line(const uint4& raw) {
    constexpr int kPerWord = kPerLine<T> / 4;
    Line<T> line;
    unpack(raw.x, line.v, T{});
    unpack(raw.y, line.v + kPerWord, T{});
    unpack(raw.z, line.v + 2 * kPerWord, T{});
    unpack(raw.w, line.v + 3 * kPerWord, T{});
    return line;
}
template <typename T>
__device__ __forceinline__ uint4 pack_line(const Line<T>& line) {
    constexpr int kPerWord = kPerLine<T> / 4;
    uint4 raw;
    raw.x = pack(line.v, T{});
    raw.y = pack(line.v + kPerWord, T{});
    raw.z = pack(line.v + 2 * kPerWord, T{});
    raw.w = pack(line.v + 3 * kPerWord, T{});
    return raw;
}
template <typename T>
__device__ __forceinline__ Line<T> load_line(const T* from) {
    return unpack_line<T>(fetch(reinterpret_cast<const uint4*>(from)));
}
template <typename T>
__device__ __forceinline__ void store_line(T* to, const Line<T>& line) {
    put(reinterpret_cast<uint4*>(to), pack_line(line));
}

/// kPerLine<T> floats of a table beside the elements of a line of T.
template <typename T>
__device__ __forceinline__ Line<T> load_floats(const float* from) {
    Line<T> line;
#pragma unroll
    for (int i = 0; i < kPerLine<T>; i += 4) {
        const Line<float> four = load_line(from + i);
#pragma unroll
        for (int j = 0; j < 4; ++j) line.v[i + j] = four.v[j];
    }
    return line;
}

// ---- arithmetic

/// x / (1 + exp(-x)): two instructions of the special-function unit. exp overflows to infinity for x < -88, and x / infinity is -0.
__device__ __forceinline__ float silu(float x) { return __fdividef(x, 1.0f + __expf(-x)); }

// ---- host side

/// Calls work(T{}) with the device type that `type` names.
template <typename Work>
Refusal with_type(Scalar type, Work work) {
    switch (type) {
        case Scalar::f32: return work(float{});
        case Scalar::bf16: return work(__nv_bfloat16{});
        case Scalar::f16: return work(__half{});
    }
    return "type: no such scalar";
}

/// Queues kernel<<<grid, block>>>(given...) on the stream.
template <typename... Expected, typename... Given>
Refusal launch(Stream stream, dim3 grid, dim3 block, void (*kernel)(Expected...), Given&&... given) {
    cudaLaunchConfig_t config{};
    config.gridDim = grid;
    config.blockDim = block;
    config.stream = static_cast<cudaStream_t>(stream.handle);
    const cudaError_t error = cudaLaunchKernelEx(&config, kernel, static_cast<Given&&>(given)...);
    return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace mirrorme::kernels::cuda

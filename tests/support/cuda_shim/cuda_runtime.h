#pragma once
// The part of CUDA's runtime header that kernels/cuda uses, for the CPU: the same .cu files compile against it as C++ and run in
// launch.h's fibers. It stands first on the include path of test builds and nowhere else; no header of the toolkit is needed.
// Semantics: CUDA C++ Programming Guide 13 (execution space specifiers, built-in variables, warp shuffles, launch).

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "support/cuda_shim/launch.h"

#define __host__
#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __shared__ use_MIRRORME_SHARED_instead  // watched arrays; does not compile on purpose

struct uint2 { std::uint32_t x, y; } __attribute__((aligned(8), may_alias));
struct float2 { float x, y; } __attribute__((aligned(8), may_alias));
inline float2 make_float2(float x, float y) { return {x, y}; }
struct uint3 { std::uint32_t x, y, z; };
struct uint4 { std::uint32_t x, y, z, w; } __attribute__((aligned(16), may_alias));
struct dim3 {
    std::uint32_t x, y, z;
    constexpr dim3(std::uint32_t x_ = 1, std::uint32_t y_ = 1, std::uint32_t z_ = 1) : x(x_), y(y_), z(z_) {}
};

extern uint3 threadIdx, blockIdx;
extern dim3 blockDim, gridDim;

// ---- host side

enum cudaError_t { cudaSuccess = 0, cudaErrorLaunchFailure = 719 };
struct CUstream_st;
using cudaStream_t = CUstream_st*;
struct cudaLaunchAttribute;
struct cudaLaunchConfig_t {
    dim3 gridDim, blockDim;
    std::size_t dynamicSmemBytes = 0;
    cudaStream_t stream = nullptr;
    cudaLaunchAttribute* attrs = nullptr;
    unsigned numAttrs = 0;
};

template <typename... Expected, typename... Given>
cudaError_t cudaLaunchKernelEx(const cudaLaunchConfig_t* config, void (*kernel)(Expected...), Given&&... given) {
    const auto extent = [](const dim3& d) { return mirrorme::shim::Extent{d.x, d.y, d.z}; };
    const bool done = mirrorme::shim::launch({extent(config->gridDim), extent(config->blockDim), config->dynamicSmemBytes},
                                             [&] { kernel(static_cast<Expected>(given)...); });
    return done ? cudaSuccess : cudaErrorLaunchFailure;
}
inline cudaError_t cudaGetLastError() { return cudaSuccess; }  // launches report their own
inline const char* cudaGetErrorString(cudaError_t error) { return error == cudaSuccess ? "no error" : "the launch failed; the shim's findings say why"; }

// ---- checked memory

#define MIRRORME_WATCH_READ(pointer) \
    ::mirrorme::shim::check_global(pointer, sizeof(*(pointer)), alignof(std::remove_reference_t<decltype(*(pointer))>), false, ::mirrorme::shim::Way::plain)
#define MIRRORME_WATCH_WRITE(pointer) \
    ::mirrorme::shim::check_global(pointer, sizeof(*(pointer)), alignof(std::remove_reference_t<decltype(*(pointer))>), true, ::mirrorme::shim::Way::plain)

#define MIRRORME_SHARED(type, name, count) \
    const auto name = ::mirrorme::shim::SharedArray<type>::declare([]() -> const void* { static char site; return &site; }(), count)
#define MIRRORME_SHARED_LINE(name, index) (name).template vector<uint4>(index)
#define MIRRORME_DYNAMIC_SHARED(type, name) const auto name = ::mirrorme::shim::SharedArray<type>::dynamic()

namespace mirrorme::shim {

/// One element of shared memory: reads when converted, writes when assigned to.
template <typename T>
class SharedElement {
public:
    explicit SharedElement(std::size_t offset) : offset_(offset) {}
    SharedElement(const SharedElement&) = default;
    operator T() const {
        check_shared(offset_, sizeof(T), false, Way::plain);
        return get();
    }
    const SharedElement& operator=(T value) const {
        check_shared(offset_, sizeof(T), true, Way::plain);
        set(value);
        return *this;
    }
    const SharedElement& operator=(const SharedElement& other) const { return *this = static_cast<T>(other); }
    const SharedElement& operator+=(T value) const { return *this = static_cast<T>(*this) + value; }
    std::size_t offset() const { return offset_; }
    T get() const {
        T value;
        std::memcpy(&value, shared_bytes(offset_), sizeof(T));
        return value;
    }
    void set(T value) const { std::memcpy(shared_bytes(offset_), &value, sizeof(T)); }
    struct Pointer {
        SharedElement element;
    };
    Pointer operator&() const { return {*this}; }

private:
    std::size_t offset_;
};

template <typename T>
class SharedArray {
public:
    static SharedArray declare(const void* site, std::size_t count) { return {shared_offset(site, count * sizeof(T), alignof(T) < 16 ? 16 : alignof(T)), count}; }
    static SharedArray dynamic() { return {dynamic_shared_offset(), dynamic_shared_bytes() / sizeof(T)}; }

    template <typename I>
    SharedElement<T> operator[](I index) const {
        check(static_cast<long long>(index), 1);
        return SharedElement<T>(offset_ + static_cast<std::size_t>(index) * sizeof(T));
    }
    /// sizeof(V) bytes that begin at element `index`.
    template <typename V>
    V vector(long long index) const {
        const std::size_t offset = vector_offset<V>(index);
        check_shared(offset, sizeof(V), false, Way::plain);
        V value;
        std::memcpy(&value, shared_bytes(offset), sizeof(V));
        return value;
    }
    template <typename V>
    void set_vector(long long index, const V& value) const {
        const std::size_t offset = vector_offset<V>(index);
        check_shared(offset, sizeof(V), true, Way::plain);
        std::memcpy(shared_bytes(offset), &value, sizeof(V));
    }

private:
    SharedArray(std::size_t offset, std::size_t count) : offset_(offset), count_(count) {}
    void check(long long index, std::size_t elements) const {
        if (index < 0 || static_cast<std::size_t>(index) + elements > count_)
            fail(Fault::out_of_bounds, "element " + std::to_string(index) + " of a shared array of " + std::to_string(count_));
    }
    template <typename V>
    std::size_t vector_offset(long long index) const {
        check(index, sizeof(V) / sizeof(T));
        const std::size_t offset = offset_ + static_cast<std::size_t>(index) * sizeof(T);
        if (offset % alignof(V) != 0) fail(Fault::misaligned, "a vector at element " + std::to_string(index) + " of a shared array");
        return offset;
    }
    std::size_t offset_, count_;
};

template <typename T, typename Change>
T atomic_global(T* address, Change change) {
    check_global(address, sizeof(T), alignof(T), true, Way::atomic);
    const T old = *address;
    *address = change(old);
    return old;
}
template <typename T, typename Change>
T atomic_shared(const typename SharedElement<T>::Pointer& pointer, Change change) {
    check_shared(pointer.element.offset(), sizeof(T), true, Way::atomic);
    const T old = pointer.element.get();
    pointer.element.set(change(old));
    return old;
}

template <typename T>
std::uint64_t bits_of(T value) {
    static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
    std::uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    return bits;
}
template <typename T>
T shuffle(std::uint32_t mask, T value, int source) {
    const std::uint64_t bits = warp_wait(WarpOperation::shuffle, mask, bits_of(value), source);
    std::memcpy(&value, &bits, sizeof(T));
    return value;
}

}  // namespace mirrorme::shim

template <typename T>
T __ldg(const T* address) {
    MIRRORME_WATCH_READ(address);
    return *address;
}

#define MIRRORME_SHIM_ATOMIC(name, type, result) \
    inline type name(type* address, type value) { return mirrorme::shim::atomic_global<type>(address, [=](type old) -> type { return result; }); } \
    inline type name(const mirrorme::shim::SharedElement<type>::Pointer& at, type value) { \
        return mirrorme::shim::atomic_shared<type>(at, [=](type old) -> type { return result; }); }
MIRRORME_SHIM_ATOMIC(atomicAdd, float, old + value)
MIRRORME_SHIM_ATOMIC(atomicAdd, int, old + value)
MIRRORME_SHIM_ATOMIC(atomicAdd, unsigned, old + value)
MIRRORME_SHIM_ATOMIC(atomicMax, int, old > value ? old : value)
MIRRORME_SHIM_ATOMIC(atomicMax, unsigned, old > value ? old : value)
MIRRORME_SHIM_ATOMIC(atomicExch, unsigned, (static_cast<void>(old), value))
#undef MIRRORME_SHIM_ATOMIC
inline unsigned atomicCAS(unsigned* address, unsigned expected, unsigned value) {
    return mirrorme::shim::atomic_global<unsigned>(address, [=](unsigned old) { return old == expected ? value : old; });
}

// ---- waiting for each other

inline void __syncthreads(std::source_location where = std::source_location::current()) { mirrorme::shim::block_barrier(where); }
inline void __syncwarp(unsigned mask = 0xFFFFFFFFu) { mirrorme::shim::warp_wait(mirrorme::shim::WarpOperation::sync, mask, 0, 0); }
inline unsigned __ballot_sync(unsigned mask, int predicate) {
    return static_cast<unsigned>(mirrorme::shim::warp_wait(mirrorme::shim::WarpOperation::ballot, mask, predicate != 0, 0));
}
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) == mask; }
inline unsigned __reduce_add_sync(unsigned mask, unsigned value) {
    return static_cast<unsigned>(mirrorme::shim::warp_wait(mirrorme::shim::WarpOperation::sum, mask, value, 0));
}
inline unsigned __reduce_max_sync(unsigned mask, unsigned value) {
    return static_cast<unsigned>(mirrorme::shim::warp_wait(mirrorme::shim::WarpOperation::max, mask, value, 0));
}
inline unsigned __reduce_min_sync(unsigned mask, unsigned value) {
    return static_cast<unsigned>(mirrorme::shim::warp_wait(mirrorme::shim::WarpOperation::min, mask, value, 0));
}

// A lane whose source lies outside its group of `width` lanes gets its own value.
template <typename T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
    const int first = mirrorme::shim::lane() & ~(width - 1);
    return mirrorme::shim::shuffle(mask, value, first | (source & (width - 1)));
}
template <typename T>
T __shfl_xor_sync(unsigned mask, T value, int bits, int width = 32) {
    const int own = mirrorme::shim::lane(), source = own ^ bits;
    return mirrorme::shim::shuffle(mask, value, source / width > own / width ? own : source);
}
template <typename T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    const int own = mirrorme::shim::lane(), source = own + static_cast<int>(delta);
    return mirrorme::shim::shuffle(mask, value, source / width == own / width ? source : own);
}
template <typename T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    const int own = mirrorme::shim::lane(), source = own - static_cast<int>(delta);
    return mirrorme::shim::shuffle(mask, value, source >= own / width * width ? source : own);
}

// ---- arithmetic: the approximations are exact here, so tests against the CPU leave a device its own few ulps

inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float __sinf(float x) { return std::sin(x); }
inline float __cosf(float x) { return std::cos(x); }
inline float __powf(float x, float y) { return std::pow(x, y); }
/// 0 for 2^126 < |y| < 2^128, as the device's.
inline float __fdividef(float x, float y) { return std::abs(y) > 0x1p126f && std::abs(y) < INFINITY ? x * 0.0f : x / y; }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline float __frsqrt_rn(float x) { return static_cast<float>(1 / std::sqrt(static_cast<double>(x))); }
inline float __frcp_rn(float x) { return 1 / x; }
inline float __saturatef(float x) { return x > 0 ? (x < 1 ? x : 1.0f) : 0.0f; }  // NaN becomes 0
inline int __float2int_rn(float x) { return static_cast<int>(std::nearbyint(x)); }
inline unsigned __float2uint_rn(float x) { return static_cast<unsigned>(std::nearbyint(x)); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((std::uint64_t{a} * b) >> 32); }
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(static_cast<unsigned>(x)) + 1; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline double __dmul_rn(double a, double b) { return a * b; }
inline double __dadd_rn(double a, double b) { return a + b; }
inline double __ddiv_rn(double a, double b) { return a / b; }
inline double __fma_rn(double a, double b, double c) { return std::fma(a, b, c); }
inline double __dsqrt_rn(double x) { return std::sqrt(x); }
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }

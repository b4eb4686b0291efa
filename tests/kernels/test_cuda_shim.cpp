// The shim that runs device code on the CPU must find every kind of mistake it promises to find: each case is a small kernel
// that makes one, beside the same kernel without it.

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_fp8.h>
#include <cuda_runtime.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <set>
#include <vector>

#include "support/cuda_shim/memory.h"

using namespace mirrorme::shim;

namespace {

template <typename T>
T read(const T* p) {
    MIRRORME_WATCH_READ(p);
    return *p;
}
template <typename T>
void write(T* p, T value) {
    MIRRORME_WATCH_WRITE(p);
    *p = value;
}

struct Floats {
    Buffer buffer;
    Floats(const char* name, Role role, const std::vector<float>& values) : buffer(name, role, values.data(), values.size() * sizeof(float)) {}
    float* at() const { return reinterpret_cast<float*>(buffer.data()); }
    std::vector<float> values() const { return {at(), at() + buffer.size() / sizeof(float)}; }
};

std::vector<float> counting(std::size_t count) {
    std::vector<float> values(count);
    std::iota(values.begin(), values.end(), 1.0f);
    return values;
}

template <typename... P, typename... A>
std::vector<Finding> run(dim3 grid, dim3 block, std::size_t shared, void (*kernel)(P...), A... arguments) {
    cudaLaunchConfig_t config{grid, block, shared};
    const cudaError_t error = cudaLaunchKernelEx(&config, kernel, arguments...);
    const std::vector<Finding> findings = take_findings();
    CHECK((error == cudaSuccess) == findings.empty());
    return findings;
}

/// Exactly one finding of this kind, whatever the order of threads.
template <typename... P, typename... A>
void must_find(Fault fault, dim3 grid, dim3 block, std::size_t shared, void (*kernel)(P...), A... arguments) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        set_order(seed);
        const std::vector<Finding> findings = run(grid, block, shared, kernel, arguments...);
        REQUIRE(findings.size() == 1);
        INFO(findings[0].text);
        CHECK(findings[0].fault == fault);
    }
}

template <typename... P, typename... A>
void must_pass(dim3 grid, dim3 block, std::size_t shared, void (*kernel)(P...), A... arguments) {
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        set_order(seed);
        for (const Finding& finding : run(grid, block, shared, kernel, arguments...)) FAIL_CHECK(finding.text);
    }
}

// ---- kernels

__global__ void scale(const float* in, float* out, int count, int overshoot) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
    if (i < count + overshoot) write(out + i, 2 * read(in + i));
}

__global__ void scale_by_fours(const float* in, float* out, int count, int offset) {
    const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x) * 4 + offset;
    if (i + 4 > count) return;
    write(reinterpret_cast<uint4*>(out + i), read(reinterpret_cast<const uint4*>(in + i)));
}

__global__ void write_unchecked(float* out, long long index) {
    if (threadIdx.x == 0) const_cast<volatile float*>(out)[index] = 1;
}

enum class Slip { none, no_barrier, barrier_before_only, past_end, misaligned, unwritten };

/// out[i] = in[block's threads reversed], through shared memory.
__global__ void reverse(const float* in, float* out, Slip slip) {
    MIRRORME_SHARED(float, held, 64);
    const int i = static_cast<int>(threadIdx.x), base = static_cast<int>(blockIdx.x * blockDim.x);
    if (slip != Slip::unwritten || i != 7) held[slip == Slip::past_end ? i + 1 : i] = read(in + base + i);
    if (slip != Slip::no_barrier) __syncthreads();
    if (slip == Slip::misaligned) static_cast<void>(held.template vector<uint4>(i & ~3 ? 2 : 1));
    write(out + base + i, static_cast<float>(held[static_cast<int>(blockDim.x) - 1 - i]));
}

/// The same array used twice: the second round may not begin before the first was read.
__global__ void two_rounds(const float* in, float* out, Slip slip) {
    MIRRORME_DYNAMIC_SHARED(float, held);
    const int i = static_cast<int>(threadIdx.x);
    float sum = 0;
    for (int round = 0; round < 2; ++round) {
        held[i] = read(in + i) + static_cast<float>(round);
        __syncthreads();
        sum += held[(i + 1) % static_cast<int>(blockDim.x)];
        if (slip == Slip::none) __syncthreads();
    }
    write(out + i, sum);
}

/// Within one warp, __syncwarp is barrier enough.
__global__ void neighbour(const float* in, float* out, Slip slip) {
    MIRRORME_SHARED(float, held, 64);
    const int i = static_cast<int>(threadIdx.x);
    held[i] = read(in + i);
    if (slip == Slip::none) __syncwarp();
    const int other = slip == Slip::barrier_before_only ? i ^ 32 : i ^ 1;  // i ^ 32 lies in the other warp
    if (slip == Slip::barrier_before_only) __syncwarp();
    write(out + i, static_cast<float>(held[other]));
}

__global__ void some_return_early(float* out, int first_gone) {
    if (static_cast<int>(threadIdx.x) >= first_gone) return;
    __syncthreads();
    write(out + threadIdx.x, 1.0f);
}

__global__ void two_barriers(float* out, int split) {
    if (static_cast<int>(threadIdx.x) < split) {
        __syncthreads();
    } else {
        __syncthreads();
    }
    write(out + threadIdx.x, 1.0f);
}

__global__ void warp_sum(const float* in, float* out, int width) {
    float sum = read(in + threadIdx.x);
    for (int step = width / 2; step > 0; step /= 2) sum += __shfl_xor_sync(0xFFFFFFFFu, sum, step);
    write(out + threadIdx.x, sum);
}

enum class WarpSlip { none, absent_lane, other_mask, outside_mask };

__global__ void half_warp(const float* in, float* out, WarpSlip slip) {
    const int i = static_cast<int>(threadIdx.x);
    float value = read(in + i);
    if (i < 16 || slip == WarpSlip::outside_mask) {
        const unsigned mask = slip == WarpSlip::absent_lane ? 0x1FFFFu : slip == WarpSlip::other_mask && i == 3 ? 0xFFFFFFFFu : 0xFFFFu;
        value += __shfl_xor_sync(mask, value, 1);
    }
    write(out + i, value);
}

__global__ void read_beyond_mask(const float* in, float* out) {
    const int i = static_cast<int>(threadIdx.x);
    float value = read(in + i);
    if (i < 16) value += __shfl_down_sync(0xFFFFu, value, 4);  // lane 12 reads lane 16
    write(out + i, value);
}

__global__ void everyone_writes(float* out, int stride) { write(out + (blockIdx.x * blockDim.x + threadIdx.x) * stride % 64, 1.0f); }

__global__ void count_atomically(unsigned* total, unsigned* low, Slip slip) {
    MIRRORME_SHARED(unsigned, sum, 1);
    if (threadIdx.x == 0) sum[0] = 0;
    __syncthreads();
    atomicAdd(&sum[0], threadIdx.x);
    __syncthreads();
    if (threadIdx.x == 0) atomicAdd(total, static_cast<unsigned>(sum[0]));
    if (slip == Slip::none) atomicMax(low, 100 - blockIdx.x);
    else write(low, read(low) + 1);
}

__global__ void note_order(unsigned* next, unsigned* order) { write(order + atomicAdd(next, 1u), blockIdx.x * blockDim.x + threadIdx.x); }

__global__ void read_output(float* out) { write(out + threadIdx.x, read(out + threadIdx.x) + 1); }

__global__ void too_much_shared(float* out) {
    MIRRORME_SHARED(float, held, 13000);
    held[0] = 1.0f;
    write(out, static_cast<float>(held[0]));
}

}  // namespace

TEST_CASE("shim: a right kernel computes, also with threads beyond the end and vectors") {
    const std::vector<float> values = counting(100);
    const Floats in("in", Role::input, values), out("out", Role::output, values), copy("copy", Role::output, values);
    must_pass(4, 32, 0, scale, in.at(), out.at(), 100, 0);
    must_pass(1, 32, 0, scale_by_fours, in.at(), copy.at(), 100, 0);
    for (std::size_t i = 0; i < values.size(); ++i) CHECK(out.values()[i] == 2 * values[i]);
    CHECK(copy.values() == values);
    CHECK(copy.buffer.unwritten() == 0);
    CHECK(last_traffic().read == 400);
    CHECK(last_traffic().written == 400);
}

TEST_CASE("shim: accesses outside a buffer are found to the byte") {
    const std::vector<float> values = counting(99);  // 396 bytes: no multiple of a vector
    const Floats in("in", Role::input, values), out("out", Role::output, values);
    must_find(Fault::out_of_bounds, 4, 32, 0, scale, in.at(), out.at(), 99, 1);
    must_find(Fault::out_of_bounds, 1, 32, 0, scale, in.at() - 1, out.at(), 99, 0);
    must_find(Fault::misaligned, 1, 32, 0, scale_by_fours, in.at(), out.at(), 99, 1);
    must_find(Fault::input_written, 4, 32, 0, scale, in.at(), in.at(), 99, 0);
    const Floats fresh("fresh", Role::output, values);
    must_find(Fault::uninitialised, 1, 32, 0, read_output, fresh.at());
}

TEST_CASE("shim: unchecked accesses end at guard pages, or damage what is looked at afterwards") {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    SKIP("the sanitizer stops the program itself");
#endif
    const std::vector<float> values = counting(99);
    const Floats out("out", Role::output, values);
    must_find(Fault::memory_fault, 1, 32, 0, write_unchecked, out.at(), 99 + 1LL);
    must_find(Fault::memory_fault, 1, 32, 0, write_unchecked, out.at(), -4096LL);
    must_pass(1, 32, 0, write_unchecked, out.at(), 98LL);
    must_find(Fault::slack_written, 1, 32, 0, write_unchecked, out.at(), 99LL);
}

TEST_CASE("shim: shared memory: missing barriers, ends, alignment, values nobody wrote") {
    const std::vector<float> values = counting(128);
    const Floats in("in", Role::input, values), out("out", Role::output, values);
    must_pass(2, 64, 0, reverse, in.at(), out.at(), Slip::none);
    CHECK(out.values()[0] == 64);
    CHECK(out.values()[127] == 65);
    must_find(Fault::out_of_bounds, 2, 64, 0, reverse, in.at(), out.at(), Slip::past_end);
    must_find(Fault::misaligned, 2, 64, 0, reverse, in.at(), out.at(), Slip::misaligned);
    must_find(Fault::uninitialised, 2, 64, 0, reverse, in.at(), out.at(), Slip::unwritten);
    for (std::uint64_t seed = 0; seed < 8; ++seed) {  // which half of the mistake shows depends on the order, that one shows does not
        set_order(seed);
        const std::vector<Finding> findings = run(2, 64, 0, reverse, in.at(), out.at(), Slip::no_barrier);
        REQUIRE(findings.size() == 1);
        CHECK((findings[0].fault == Fault::race || findings[0].fault == Fault::uninitialised));
    }
    must_pass(1, 64, 64 * sizeof(float), two_rounds, in.at(), out.at(), Slip::none);
    must_find(Fault::race, 1, 64, 64 * sizeof(float), two_rounds, in.at(), out.at(), Slip::no_barrier);
    must_find(Fault::out_of_bounds, 1, 64, 63 * sizeof(float), two_rounds, in.at(), out.at(), Slip::none);
    must_find(Fault::bad_launch, 1, 1, 0, too_much_shared, out.at());
}

TEST_CASE("shim: a warp's barrier orders the warp and nothing else") {
    const std::vector<float> values = counting(64);
    const Floats in("in", Role::input, values), out("out", Role::output, values);
    must_pass(1, 64, 0, neighbour, in.at(), out.at(), Slip::none);
    for (std::uint64_t seed = 0; seed < 4; ++seed) {
        set_order(seed);
        CHECK(!run(1, 64, 0, neighbour, in.at(), out.at(), Slip::no_barrier).empty());
        CHECK(!run(1, 64, 0, neighbour, in.at(), out.at(), Slip::barrier_before_only).empty());
    }
}

TEST_CASE("shim: barriers that not all threads reach") {
    const Floats out("out", Role::output, counting(64));
    must_pass(1, 64, 0, some_return_early, out.at(), 64);
    must_find(Fault::barrier_missed, 1, 64, 0, some_return_early, out.at(), 63);
    must_pass(1, 64, 0, two_barriers, out.at(), 64);
    must_find(Fault::barrier_diverged, 1, 64, 0, two_barriers, out.at(), 32);
}

TEST_CASE("shim: warp operations") {
    const std::vector<float> values = counting(64);
    const Floats in("in", Role::input, values), out("out", Role::output, values);
    must_pass(1, 64, 0, warp_sum, in.at(), out.at(), 32);
    CHECK(out.values()[5] == 32 * 33 / 2);
    CHECK(out.values()[63] == 64 * 65 / 2 - 32 * 33 / 2);
    must_pass(1, 64, 0, warp_sum, in.at(), out.at(), 8);
    CHECK(out.values()[9] == 9 + 10 + 11 + 12 + 13 + 14 + 15 + 16);
    must_find(Fault::warp_diverged, 1, 48, 0, warp_sum, in.at(), out.at(), 32);  // half a warp, a full mask

    must_pass(1, 32, 0, half_warp, in.at(), out.at(), WarpSlip::none);
    CHECK(out.values()[0] == 3);
    CHECK(out.values()[16] == 17);
    must_find(Fault::warp_diverged, 1, 32, 0, half_warp, in.at(), out.at(), WarpSlip::absent_lane);
    must_find(Fault::warp_diverged, 1, 32, 0, half_warp, in.at(), out.at(), WarpSlip::other_mask);
    must_find(Fault::bad_lane, 1, 32, 0, half_warp, in.at(), out.at(), WarpSlip::outside_mask);
    must_find(Fault::bad_lane, 1, 32, 0, read_beyond_mask, in.at(), out.at());
}

TEST_CASE("shim: two blocks that write one place, and counting that is allowed to") {
    const Floats out("out", Role::output, counting(64));
    must_pass(2, 32, 0, everyone_writes, out.at(), 1);
    must_find(Fault::race, 2, 32, 0, everyone_writes, out.at(), 2);

    const unsigned zeros[2] = {0, 0};
    Buffer total("total", Role::in_place, zeros, 4), low("low", Role::in_place, zeros, 4);
    must_pass(3, 32, 0, count_atomically, reinterpret_cast<unsigned*>(total.data()), reinterpret_cast<unsigned*>(low.data()), Slip::none);
    CHECK(*reinterpret_cast<unsigned*>(total.data()) == 4 * 3 * (31 * 32 / 2));  // four orders
    CHECK(*reinterpret_cast<unsigned*>(low.data()) == 100);
    must_find(Fault::race, 3, 32, 0, count_atomically, reinterpret_cast<unsigned*>(total.data()), reinterpret_cast<unsigned*>(low.data()), Slip::no_barrier);
}

TEST_CASE("shim: the seed decides the order of threads and blocks, and every thread runs once") {
    std::set<std::vector<unsigned>> orders;
    for (std::uint64_t seed : {1u, 2u, 3u, 1u}) {
        const unsigned zero = 0;
        Buffer next("next", Role::in_place, &zero, 4), order("order", Role::output, nullptr, 64 * 4);
        set_order(seed);
        REQUIRE(run(4, 16, 0, note_order, reinterpret_cast<unsigned*>(next.data()), reinterpret_cast<unsigned*>(order.data())).empty());
        const unsigned* first = reinterpret_cast<const unsigned*>(order.data());
        std::vector<unsigned> ran(first, first + 64);
        orders.insert(ran);
        std::sort(ran.begin(), ran.end());
        for (unsigned i = 0; i < 64; ++i) CHECK(ran[i] == i);
    }
    CHECK(orders.size() == 3);
}

TEST_CASE("shim: launches no device takes") {
    const Floats out("out", Role::output, counting(1));
    must_find(Fault::bad_launch, 1, 1025, 0, everyone_writes, out.at(), 1);
    must_find(Fault::bad_launch, 1, dim3(1, 1, 65), 0, everyone_writes, out.at(), 1);
    must_find(Fault::bad_launch, dim3(1, 65536), 1, 0, everyone_writes, out.at(), 1);
    must_find(Fault::bad_launch, 0, 1, 0, everyone_writes, out.at(), 1);
    must_find(Fault::bad_launch, 1, 1, 49 * 1024, everyone_writes, out.at(), 1);
}

#pragma once
// Runs a kernel on the CPU: block after block, every device thread a fiber, in an order drawn from a seed. Threads change
// only where they wait for each other, so a mistake that needs a certain order is found by shadow memory, not by luck.
//
// Host side, one thread: set_order, launch, take_findings, last_traffic. Device side, from kernels through cuda_runtime.h: the rest.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <string>
#include <vector>

#include "support/cuda_shim/finding.h"
#include "support/cuda_shim/memory.h"

namespace mirrorme::shim {

struct Extent {
    std::uint32_t x = 1, y = 1, z = 1;
    std::uint64_t count() const { return std::uint64_t{x} * y * z; }
};

struct LaunchShape {
    Extent grid, block;
    std::size_t dynamic_shared = 0;  // bytes
};

/// What one launch read and wrote through checked accesses of device buffers.
struct Traffic {
    std::uint64_t read = 0, written = 0;  // bytes
};

/// Order of blocks, and of threads between waits, in launches from now on.
void set_order(std::uint64_t seed);
/// Runs `thread` once for every device thread. False: a mistake was found, the rest did not run.
bool launch(const LaunchShape& shape, const std::function<void()>& thread);
/// Everything found since the last call.
std::vector<Finding> take_findings();
Traffic last_traffic();

// ---- device side

enum class Memory { global, shared };
enum class WarpOperation { sync, shuffle, ballot, sum, max, min };

[[noreturn]] void fail(Fault fault, std::string text);

void check_global(const void* address, std::size_t bytes, std::size_t alignment, bool writes, Way way);
/// Offset of this block's array that the declaration `site` stands for; made at first use.
std::size_t shared_offset(const void* site, std::size_t bytes, std::size_t alignment);
std::size_t dynamic_shared_offset();
std::size_t dynamic_shared_bytes();
void check_shared(std::size_t offset, std::size_t bytes, bool writes, Way way);
std::byte* shared_bytes(std::size_t offset);

void block_barrier(const std::source_location& where);
/// Waits for all lanes of `mask`. shuffle: the value given by `source_lane` of this warp; ballot and reductions: of all lanes.
std::uint64_t warp_wait(WarpOperation operation, std::uint32_t mask, std::uint64_t value, int source_lane);
int lane();

}  // namespace mirrorme::shim

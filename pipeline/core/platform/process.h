#pragma once
// This process and the machine it runs on, asked of the operating system.

#include <cstdint>
#include <filesystem>
#include <string>

namespace mirrorme::platform {

/// Absolute path of the running program; empty when the system does not say.
std::filesystem::path executable_path();

/// A number no other running process has.
std::int64_t process_id() noexcept;

/// Resident memory of this process, bytes; 0 when unknown.
std::uint64_t resident_memory_bytes() noexcept;

/// Largest resident memory of this process so far, bytes; 0 when unknown.
std::uint64_t peak_memory_bytes() noexcept;

/// Memory of the machine in bytes: all, and what a new program could take without swapping; 0 when unknown.
struct MachineMemory {
    std::uint64_t total = 0, available = 0;
};
MachineMemory machine_memory() noexcept;

/// CPU time this process has used, all threads, seconds.
double process_cpu_seconds() noexcept;

/// Seconds since the system started this process, loading of its libraries included; 0 when unknown.
double seconds_since_start() noexcept;

/// Value of an environment variable, which is then removed: what this process starts need not know it. Empty when it is not set.
/// Call it while no other thread runs.
std::string take_environment(const char* name);

/// Tells the C library to keep freed memory instead of giving it back: a model frees and takes the same megabytes at every step, and the
/// system's zeroing of fresh pages then costs as much as the arithmetic. Call first thing in main.
void keep_freed_memory() noexcept;

}  // namespace mirrorme::platform

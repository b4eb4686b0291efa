#pragma once
// A run's state small enough to carry to another machine: bf16 weights, 8-bit averages and moments in blocks, in files of at most
// 15 MiB. From it training goes on with nearly the same loss, not with the same numbers. See Note [Eight bits of state] in the .cpp.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "train/checkpoint.h"
#include "train/optimizer.h"
#include "train/training_task.h"

namespace mirrorme {

inline constexpr std::uint64_t kCompactPartBytes = 15u << 20;   // largest file
inline constexpr std::uint64_t kCompactTotalBytes = 24u << 20;  // all files

/// Replaces folder `directory` in one step. Throws Error too_large when the run does not fit, no_space, not_found, unreadable.
void write_compact_state(const std::filesystem::path& directory, const RunState& state, const std::vector<TrainedModule>& modules,
                         const Optimizer& optimizer);

/// As read_checkpoint, from such a folder.
RunState read_compact_state(const std::filesystem::path& directory, const std::string& task, const std::vector<TrainedModule>& modules,
                            Optimizer& optimizer);

/// Whether `directory` holds a compact state rather than a checkpoint.
bool is_compact_state(const std::filesystem::path& directory);

/// Blocks of 256 values as 8 bits each, `scales` being the block's range; any device, results on the CPU.
struct Blocks {
    torch::Tensor codes;   // [n] int8 or uint8
    torch::Tensor scales;  // [blocks, 1 or 2] float16 or float32
};
Blocks pack_signed(const torch::Tensor& values);                              // square-root companded
torch::Tensor unpack_signed(const Blocks& blocks, torch::IntArrayRef shape);
Blocks pack_positive(const torch::Tensor& values);                            // logarithmic; zero stays zero
torch::Tensor unpack_positive(const Blocks& blocks, torch::IntArrayRef shape);

}  // namespace mirrorme

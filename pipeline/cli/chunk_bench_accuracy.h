#pragma once
// What smaller numbers cost in accuracy: the same weights and inputs in float32, in bfloat16, and in bfloat16 with linears of e4m3.

#include <string>
#include <vector>

#include "cli/chunk_bench.h"

namespace mirrorme::cli {

/// Root mean square of the difference from float32, over that of float32's values.
struct AccuracyRow {
    std::string stage;
    double bf16 = 0, fp8 = 0;
};

/// All on config.device, float32 too; the transformer of config.model at config.width x height, config.type and config.linears mean nothing here. Throws Error
/// unsupported where the device multiplies no e4m3.
std::vector<AccuracyRow> measure_accuracy(const ChunkBenchConfig& config);

nlohmann::ordered_json to_json(const std::vector<AccuracyRow>& rows);
std::string as_table(const std::vector<AccuracyRow>& rows);

}  // namespace mirrorme::cli

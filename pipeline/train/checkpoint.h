#pragma once
// What a run needs to go on exactly: a folder with state.json, weights.safetensors (as trained), average.safetensors (the averaged
// weights and the buffers: what later stages and bundles take) and moments.safetensors. Written beside its place and put there
// whole. Random numbers need no state: every step seeds its own from the run's seeds and its number.

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/optimizer.h"
#include "train/training_task.h"

namespace mirrorme {

inline constexpr int kTrainingStateVersion = 1;
inline constexpr std::string_view kTrainingStateSchema = "mirrorme.training_state";

/// Everything of a run that is no tensor; state.json.
struct RunState {
    std::string task;         // TrainingTask::name()
    std::int64_t step = 0;    // steps done; also the position in the data
    double seconds = 0;       // of training, all sessions
    nlohmann::json plan = nlohmann::json::object();         // as to_json(RunPlan)
    nlohmann::json description = nlohmann::json::object();  // TrainingTask::describe()
    nlohmann::json sessions = nlohmann::json::array();      // [{command, hardware, steps, seconds}], oldest first
    nlohmann::json window = nlohmann::json::object();       // sums towards the next line of the log
};

nlohmann::json to_json(const RunState& state);
/// Throws Error naming `subject` and the field.
RunState parse_run_state(const nlohmann::json& value, const std::string& subject);
/// DIRECTORY/state.json.
RunState read_run_state(const std::filesystem::path& directory);

/// Replaces folder `directory` in one step. Throws Error no_space, not_found, unreadable.
void write_checkpoint(const std::filesystem::path& directory, const RunState& state, const std::vector<TrainedModule>& modules,
                      const Optimizer& optimizer);

/// Puts a checkpoint's weights, averages and moments into `modules` and `optimizer`. Throws Error: not_found, unreadable, or mismatch
/// (another task, a tensor missing or of another shape), naming the file and tensor; nothing is changed then.
RunState read_checkpoint(const std::filesystem::path& directory, const std::string& task, const std::vector<TrainedModule>& modules,
                         Optimizer& optimizer);

}  // namespace mirrorme

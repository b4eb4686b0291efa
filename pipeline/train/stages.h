#pragma once
// The stages of `mirrorme train`: which tasks each consists of, and how one is run from a config into a folder.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "train/stage_weights.h"
#include "train/trainer.h"
#include "train/training_config.h"
#include "train/training_task.h"

namespace mirrorme {

/// What a task is made from.
struct StageInput {
    const TrainingConfig& config;
    const StageWeights& earlier;  // of the stages before, laid over each other; may be empty
    std::filesystem::path speech;  // folder of recorded performances; empty = the voices speak
    std::filesystem::path footage;  // folder of tracked videos; empty = performers alone
};

/// What is fitted in one go instead of trained.
struct FittedModules {
    std::vector<TrainedModule> modules;
    nlohmann::json description;  // as TrainingTask::describe
};

/// One task of a stage. Its name is its entry in the config's "stages" and, where a stage has several, its folder.
/// Either `make` or `fit` is there.
struct StagePart {
    std::string name;
    std::function<std::unique_ptr<TrainingTask>(const StageInput&)> make;
    std::function<FittedModules(const StageInput&, std::uint64_t data_seed)> fit = {};
};

struct Stage {
    std::string name;
    std::string purpose;           // one line for --help
    std::vector<StagePart> parts;  // in the order they run; later ones see what earlier ones left
};

/// All of them, in the order of a whole training.
const std::vector<Stage>& stages();
/// Throws Error usage with the nearest name.
const Stage& find_stage(const std::string& name);

/// What the command line says about a run; what is absent is left to the config.
struct StageRequest {
    std::filesystem::path config, output;
    std::vector<std::filesystem::path> earlier;  // stage folders or bundles, later ones hide earlier ones
    std::filesystem::path speech;                // folder of recorded performances (train data --shards); empty = the voices speak
    std::filesystem::path footage;               // folder of tracked videos (train data --footage) that are learned from, too
    std::string only;                            // one part of the stage; empty = all
    std::optional<double> minutes;               // of each part
    std::optional<std::int64_t> steps;
    std::optional<std::uint64_t> seed, data_seed;
    std::optional<int> data_threads;
    std::optional<std::string> precision;
};

/// Runs the parts one after the other; `options` gives everything but the folders, which follow from the request. Stops early
/// when a part was asked to stop. Throws Error.
RunEnd run_stage(const Stage& stage, const StageRequest& request, const RunOptions& options);

}  // namespace mirrorme

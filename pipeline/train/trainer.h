#pragma once
// The training loop: batches from a queue, loss, AdamW, averages, log, checkpoints, pictures; from any task.

#include <torch/torch.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "train/checkpoint.h"
#include "train/optimizer.h"
#include "train/run_log.h"
#include "train/run_plan.h"
#include "train/training_task.h"

namespace mirrorme {

enum class RunStart {
    fresh,   // refuses a folder that already holds a run
    resume,  // goes on from DIRECTORY/checkpoint, exactly
};

struct RunOptions {
    std::filesystem::path directory;          // of the run: checkpoint/, metrics.jsonl, samples/
    std::filesystem::path export_directory;   // compact state written at the end; empty = none
    std::filesystem::path compact_start;      // compact state to start from; empty = none
    RunStart start = RunStart::fresh;
    torch::Device device = torch::kCPU;
    ProgressStyle progress = ProgressStyle::automatic;
    std::string command, hardware;            // for the record
    std::function<bool()> stop_requested;     // asked after every step; true = checkpoint and end
    std::function<void(const std::filesystem::path& folder, const Preview&)> write_preview;  // empty = no samples
};

enum class RunEnd { finished, stopped };

class Trainer {
public:
    /// `task` outlives the trainer. Its modules are moved to the device.
    Trainer(TrainingTask& task, const RunPlan& plan, RunOptions options);

    /// Runs to the plan's end or until asked to stop; leaves a checkpoint either way. Throws Error, also when the loss
    /// stays infinite or NaN: the last checkpoint is then from before.
    RunEnd run();

    std::int64_t step() const noexcept { return state_.step; }

private:
    /// Sums since the last line of the log, on the device.
    struct Window {
        std::int64_t count = 0;
        std::vector<std::pair<std::string, torch::Tensor>> sums;
        void add(const std::string& name, const torch::Tensor& value);
        nlohmann::json to_json() const;
        static Window from_json(const nlohmann::json& json, const torch::Device& device);
    };

    void prepare();
    void train_one(TrainingBatch& batch);
    void write_train_line(double waited_seconds);
    void evaluate();
    void preview();
    void checkpoint();
    void service(bool at_end);
    bool finished() const;
    double session_done() const;   // in steps or seconds, whichever ends the run
    std::string detail() const;

    TrainingTask& task_;
    RunPlan plan_;
    RunOptions options_;
    std::vector<TrainedModule> modules_;
    Optimizer optimizer_;
    RunState state_;
    std::unique_ptr<RunLog> log_;
    Window window_;
    double learning_rate_ = 0, last_loss_ = 0, waited_before_ = 0, line_start_ = 0;
    double earlier_seconds_ = 0, session_start_ = 0;            // steady clock, seconds
    std::int64_t first_step_ = 0;
    double next_checkpoint_ = 0, next_evaluation_ = 0, next_preview_ = 0;
};

}  // namespace mirrorme

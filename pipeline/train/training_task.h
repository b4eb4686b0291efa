#pragma once
// What one kind of training is, as the loop (train/trainer.h) sees it: modules, batches, a loss, pictures for people to look at.
// The loop owns everything else: optimiser, schedule, averages, precision, checkpoints, logs.

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/image.h"

namespace mirrorme {

/// Modules as they are named in files: tensor name = prefix + name inside the module ("codec.renderer." + "stem.weight").
struct TrainedModule {
    std::string prefix;
    std::shared_ptr<torch::nn::Module> module;
    double rate = 1;  // times the schedule's learning rate
};

/// One step's data, on the CPU when it is drawn; tasks derive from it.
struct TrainingBatch {
    virtual ~TrainingBatch() = default;
    virtual void to(const torch::Device& device) = 0;
};

/// Draws batches on a data thread; owns its scratch, so one object a thread.
class BatchSource {
public:
    virtual ~BatchSource() = default;
    /// A pure function of both numbers (each item of the batch seeds its own generator with item_seed): whatever thread draws
    /// it, and whatever was drawn before, a step's batch is the same. That is what makes a resumed run exact. May throw Error.
    virtual std::unique_ptr<TrainingBatch> draw(std::uint64_t data_seed, std::int64_t step) = 0;
};

/// Seed of item `item` of step `step`.
std::uint64_t item_seed(std::uint64_t data_seed, std::int64_t step, std::int64_t item) noexcept;

/// Named figures in the order they are printed; scalars of the same name are averaged over the steps between two lines of the log.
class Metrics {
public:
    /// A 0-dim tensor on any device (detached here; read only when a line is printed, so that a GPU need not wait).
    void add(std::string name, const torch::Tensor& value) { entries_.emplace_back(std::move(name), value.detach()); }
    void add(std::string name, double value) { entries_.emplace_back(std::move(name), torch::scalar_tensor(value, torch::kDouble)); }
    const std::vector<std::pair<std::string, torch::Tensor>>& entries() const noexcept { return entries_; }

private:
    std::vector<std::pair<std::string, torch::Tensor>> entries_;
};

struct StepResult {
    torch::Tensor loss;  // 0-dim, float32, with its graph
    Metrics metrics;
};

struct StepInfo {
    std::int64_t step = 0;     // from 0
    double progress = 0;       // 0..1 of the planned run
    std::uint64_t data_seed = 0;
};

/// Something for people to look at: one picture, or a clip with sound (24 fps, 16 kHz mono) when there are several frames.
struct Preview {
    std::string name;               // part of a file name
    std::vector<RgbaImage> frames;
    std::vector<float> audio;       // 16 kHz mono; empty = silent
};

/// Every function is called on the training thread, one at a time, except the ones of the sources it makes.
class TrainingTask {
public:
    virtual ~TrainingTask() = default;

    virtual std::string name() const = 0;  // "renderer", "face": folder and log name
    /// What is trained and saved, in a fixed order; already initialised. Buffers are saved and not trained.
    virtual std::vector<TrainedModule> modules() = 0;
    /// Called once a data thread, before training; must not touch the modules' parameters.
    virtual std::unique_ptr<BatchSource> make_source() = 0;

    /// Forward pass and loss. Autocast is on or off as the run's precision says; torch's generators are seeded from the run's
    /// seed and the step, so plain torch::rand and dropout are reproducible. The batch is on the modules' device.
    virtual StepResult step(TrainingBatch& batch, const StepInfo& info) = 0;

    /// Figures on a fixed held-out set, with averaged weights in the modules, gradients off, no autocast.
    virtual Metrics evaluate() { return {}; }
    /// Pictures or a clip of the same, under the same conditions.
    virtual std::vector<Preview> preview() { return {}; }

    /// What belongs to the weights and is no tensor: module configs, normalisations. Goes into the checkpoint's state.json under
    /// "task" and from there into bundle.json (keys: "config": {"renderer": {...}, ...}).
    virtual nlohmann::json describe() const { return nlohmann::json::object(); }
};

}  // namespace mirrorme

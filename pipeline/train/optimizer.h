#pragma once
// AdamW with a running average of the weights, over the modules of a task. Its whole state is named tensors, so that checkpoints
// and compact states are plain files. Source: Loshchilov and Hutter, Decoupled Weight Decay Regularization (2019).

#include <torch/torch.h>

#include <cstdint>
#include <string>
#include <vector>

#include "train/run_plan.h"
#include "train/training_task.h"
#include "weights/safetensors.h"

namespace mirrorme {

/// One trained tensor and what the optimiser remembers of it. All five are on one device.
struct TrainedTensor {
    std::string name;                // as in files
    torch::Tensor weight;            // the module's own parameter, float32
    torch::Tensor average, first, second;  // EMA of the weight; AdamW's moments
    torch::Tensor count;             // 0-dim float: updates so far
    double rate = 1;
    bool decays = false;             // matrices and kernels do, vectors do not
};

class Optimizer {
public:
    /// Takes the modules as they are now: averages start at the weights, moments at zero.
    Optimizer(const std::vector<TrainedModule>& modules, const RunPlan& plan);

    /// One update from the parameters' gradients, which are cleared. Gradients are clipped together first; when their norm is
    /// not finite nothing changes. `step` counts from 0 and sets how fast the average follows.
    /// Returns the norm before clipping, 0-dim, on the device.
    torch::Tensor update(double learning_rate, std::int64_t step);

    std::vector<TrainedTensor>& tensors() noexcept { return tensors_; }
    const std::vector<TrainedTensor>& tensors() const noexcept { return tensors_; }

private:
    torch::Tensor clip(std::vector<torch::Tensor>& gradients) const;

    RunPlan plan_;
    std::vector<TrainedTensor> tensors_;
};

/// While it lives the averaged weights are in the modules; afterwards the trained ones again. Gradients are off meanwhile.
class AveragedWeights {
public:
    explicit AveragedWeights(Optimizer& optimizer);
    ~AveragedWeights();
    AveragedWeights(const AveragedWeights&) = delete;
    AveragedWeights& operator=(const AveragedWeights&) = delete;

private:
    torch::NoGradGuard no_grad_;
    Optimizer& optimizer_;
    std::vector<torch::Tensor> trained_;
};

}  // namespace mirrorme

#include "train/optimizer.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace mirrorme {
namespace {

/// The lists a fused update wants.
struct Group {
    std::vector<torch::Tensor> weights, gradients, first, second, counts;
};

}  // namespace

Optimizer::Optimizer(const std::vector<TrainedModule>& modules, const RunPlan& plan) : plan_(plan) {
    torch::NoGradGuard no_grad;
    for (const TrainedModule& trained : modules) {
        for (const auto& entry : trained.module->named_parameters()) {
            const torch::Tensor& weight = entry.value();
            if (!weight.requires_grad()) continue;
            TrainedTensor tensor;
            tensor.name = trained.prefix + entry.key();
            tensor.weight = weight;
            tensor.average = weight.detach().clone();
            tensor.first = torch::zeros_like(weight);
            tensor.second = torch::zeros_like(weight);
            tensor.count = torch::zeros({}, weight.options().dtype(torch::kFloat));
            tensor.rate = trained.rate;
            tensor.decays = weight.dim() >= 2;
            tensors_.push_back(std::move(tensor));
        }
    }
}

torch::Tensor Optimizer::clip(std::vector<torch::Tensor>& gradients) const {
    const torch::Tensor norm = torch::stack(at::_foreach_norm(gradients, 2)).norm();
    const torch::Tensor factor = (plan_.clip_norm / (norm + 1e-6)).clamp_max(1);
    at::_foreach_mul_(gradients, factor);
    return norm;
}

torch::Tensor Optimizer::update(double learning_rate, std::int64_t step) {
    torch::NoGradGuard no_grad;
    std::vector<torch::Tensor> gradients, averages, weights;
    std::vector<const TrainedTensor*> moved;
    for (const TrainedTensor& t : tensors_) {
        averages.push_back(t.average);
        weights.push_back(t.weight.detach());
        if (!t.weight.grad().defined()) continue;
        gradients.push_back(t.weight.grad());
        moved.push_back(&t);
    }
    if (moved.empty()) return torch::zeros({});
    const torch::Tensor norm = clip(gradients);
    const torch::Tensor broken = norm.isfinite().logical_not().to(torch::kFloat);

    std::map<std::tuple<double, bool>, Group> groups;
    for (std::size_t i = 0; i < moved.size(); ++i) {
        Group& group = groups[{moved[i]->rate, moved[i]->decays}];
        group.weights.push_back(moved[i]->weight.detach());
        group.gradients.push_back(gradients[i]);
        group.first.push_back(moved[i]->first);
        group.second.push_back(moved[i]->second);
        group.counts.push_back(moved[i]->count);
    }
    for (auto& [kind, group] : groups) {
        const auto [rate, decays] = kind;
        at::_foreach_add_(group.counts, 1);
        at::_fused_adamw_(group.weights, group.gradients, group.first, group.second, {}, group.counts, rate * learning_rate, plan_.beta1,
                          plan_.beta2, decays ? plan_.weight_decay : 0.0, plan_.epsilon, false, false, {}, broken);
        for (torch::Tensor& count : group.counts) count.sub_(broken);
    }
    // Young averages follow quickly, so that the first pictures are not of the initial weights.
    const double keep = std::min(plan_.average, (1.0 + static_cast<double>(step)) / (10.0 + static_cast<double>(step)));
    at::_foreach_lerp_(averages, weights, 1 - keep);
    for (const TrainedTensor& t : tensors_) t.weight.mutable_grad().reset();
    return norm;
}

AveragedWeights::AveragedWeights(Optimizer& optimizer) : optimizer_(optimizer) {
    for (TrainedTensor& t : optimizer_.tensors()) {
        trained_.push_back(t.weight.detach().clone());
        t.weight.copy_(t.average);
    }
}

AveragedWeights::~AveragedWeights() {
    for (std::size_t i = 0; i < trained_.size(); ++i) optimizer_.tensors()[i].weight.copy_(trained_[i]);
}

}  // namespace mirrorme

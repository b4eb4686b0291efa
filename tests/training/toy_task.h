#pragma once
// A small task for tests of the loop: a net learns a fixed function from noisy points.

#include "train/training_task.h"

namespace mirrorme::testing {

struct ToyBatch : TrainingBatch {
    torch::Tensor x, y;
    void to(const torch::Device& device) override {
        x = x.to(device);
        y = y.to(device);
    }
};

class ToySource : public BatchSource {
public:
    std::unique_ptr<TrainingBatch> draw(std::uint64_t data_seed, std::int64_t step) override {
        auto batch = std::make_unique<ToyBatch>();
        std::vector<torch::Tensor> rows;
        for (std::int64_t i = 0; i < 32; ++i) {
            auto generator = at::detail::createCPUGenerator(item_seed(data_seed, step, i));
            rows.push_back(torch::rand({8}, generator));
        }
        batch->x = torch::stack(rows);
        batch->y = (batch->x * 6).sin().sum(1, true);
        return batch;
    }
};

struct ToyNetImpl : torch::nn::Module {
    ToyNetImpl() {
        first = register_module("first", torch::nn::Linear(8, 64));
        middle = register_module("middle", torch::nn::Linear(64, 64));
        last = register_module("last", torch::nn::Linear(64, 1));
        shift = register_buffer("shift", torch::full({1}, 0.25));
    }
    torch::Tensor forward(const torch::Tensor& x) { return last(torch::gelu(middle(torch::gelu(first(x))))) + shift; }
    torch::nn::Linear first{nullptr}, middle{nullptr}, last{nullptr};
    torch::Tensor shift;
};
TORCH_MODULE(ToyNet);

class ToyTask : public TrainingTask {
public:
    explicit ToyTask(std::uint64_t seed = 7) {
        torch::manual_seed(seed);
        net = ToyNet();
    }
    std::string name() const override { return "toy"; }
    std::vector<TrainedModule> modules() override { return {{"toy.", net.ptr(), 1}}; }
    std::unique_ptr<BatchSource> make_source() override { return std::make_unique<ToySource>(); }
    StepResult step(TrainingBatch& batch, const StepInfo& info) override {
        auto& toy = static_cast<ToyBatch&>(batch);
        const torch::Tensor noisy = toy.x + 0.01 * torch::randn_like(toy.x);
        torch::Tensor loss = torch::mse_loss(net(noisy).to(torch::kFloat), toy.y);
        if (info.step >= poison_from && info.step < poison_until) loss = loss * std::numeric_limits<float>::quiet_NaN();
        losses.push_back(loss.item<double>());
        StepResult result{loss, {}};
        result.metrics.add("twice", 2 * loss);
        return result;
    }
    Metrics evaluate() override {
        Metrics metrics;
        metrics.add("weight", net->first->weight.sum());
        return metrics;
    }
    nlohmann::json describe() const override { return {{"config", {{"toy", {{"width", 64}}}}}}; }

    ToyNet net{nullptr};
    std::vector<double> losses;
    std::int64_t poison_from = -1, poison_until = -1;
};

inline RunPlan toy_plan(std::int64_t steps) {
    RunPlan plan;
    plan.steps = steps;
    plan.learning_rate = 3e-3;
    plan.warmup_steps = 5;
    plan.log_steps = 8;
    plan.average = 0.9;
    return plan;
}

}  // namespace mirrorme::testing

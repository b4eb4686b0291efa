#pragma once
// How one stage is run: length, optimiser, cadence. Read from the "run" object of a stage in data/training/*.json; the command line
// overrides length, seed, threads and device.

#include <torch/torch.h>

#include <cstdint>
#include <nlohmann/json.hpp>

#include "core/json_fields.h"

namespace mirrorme {

enum class Precision { f32, bf16 };  // bf16: autocast; weights, moments and averages stay float32

struct RunPlan {
    std::int64_t steps = 0;       // 0 = until `minutes` are over
    double minutes = 0;           // of training, all sessions together; 0 = until `steps` are done. One of the two is given
    std::uint64_t seed = 1;       // of noise and dropout
    std::uint64_t data_seed = 1;
    int data_threads = 1;
    int queue_batches = 4;        // drawn ahead, all threads together
    Precision precision = Precision::f32;

    double learning_rate = 1e-3;  // after the warm-up
    double final_rate = 0.05;     // of learning_rate, at the end of the cosine
    int warmup_steps = 100;
    double beta1 = 0.9, beta2 = 0.95, epsilon = 1e-8;
    double weight_decay = 0.01;   // of matrices and kernels; vectors have none
    double clip_norm = 1;         // of all gradients together
    double average = 0.999;       // EMA of the weights, reached gradually

    int log_steps = 20;
    double checkpoint_minutes = 5, evaluate_minutes = 5, preview_minutes = 15;  // 0 = only at the end
};

/// Reads a "run" object; unknown fields are refused. Throws Error.
RunPlan parse_run_plan(const JsonObject& object);
nlohmann::json to_json(const RunPlan& plan);

/// 0..1 of the planned run, from what has been done.
double run_progress(const RunPlan& plan, std::int64_t step, double seconds) noexcept;
/// Linear warm-up, then a cosine to final_rate, of learning_rate.
double learning_rate_at(const RunPlan& plan, std::int64_t step, double progress) noexcept;

}  // namespace mirrorme

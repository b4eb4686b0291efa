#include "train/run_plan.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <string_view>

namespace mirrorme {
namespace {

constexpr std::array<std::string_view, 20> kFields{"steps",       "minutes",      "seed",         "data_seed",    "data_threads",
                                                   "queue_batches", "precision",  "learning_rate", "final_rate",  "warmup_steps",
                                                   "beta1",       "beta2",        "epsilon",      "weight_decay", "clip_norm",
                                                   "average",     "log_steps",    "checkpoint_minutes", "evaluate_minutes", "preview_minutes"};
constexpr double kMaxMinutes = 60.0 * 24 * 365;

void read(const JsonObject& o, std::string_view key, double low, double high, double& value) {
    if (o.has(key)) value = o.number(key, low, high);
}
template <typename Int>
void read_integer(const JsonObject& o, std::string_view key, std::int64_t low, std::int64_t high, Int& value) {
    if (o.has(key)) value = static_cast<Int>(o.integer(key, low, high));
}

}  // namespace

RunPlan parse_run_plan(const JsonObject& o) {
    o.refuse_unknown(kFields);
    RunPlan plan;
    read_integer(o, "steps", 0, 1'000'000'000, plan.steps);
    read(o, "minutes", 0, kMaxMinutes, plan.minutes);
    read_integer(o, "seed", 0, INT64_MAX, plan.seed);
    read_integer(o, "data_seed", 0, INT64_MAX, plan.data_seed);
    read_integer(o, "data_threads", 1, 256, plan.data_threads);
    read_integer(o, "queue_batches", 1, 1024, plan.queue_batches);
    if (o.has("precision")) {
        const std::string precision = o.text("precision");
        if (precision != "f32" && precision != "bf16") o.wrong("precision", "is '" + precision + "'", "Write \"f32\" or \"bf16\"");
        plan.precision = precision == "bf16" ? Precision::bf16 : Precision::f32;
    }
    read(o, "learning_rate", 0, 1, plan.learning_rate);
    read(o, "final_rate", 0, 1, plan.final_rate);
    read_integer(o, "warmup_steps", 0, 1'000'000, plan.warmup_steps);
    read(o, "beta1", 0, 0.9999, plan.beta1);
    read(o, "beta2", 0, 0.99999, plan.beta2);
    read(o, "epsilon", 1e-16, 1, plan.epsilon);
    read(o, "weight_decay", 0, 10, plan.weight_decay);
    read(o, "clip_norm", 1e-6, 1e9, plan.clip_norm);
    read(o, "average", 0, 0.999999, plan.average);
    read_integer(o, "log_steps", 1, 1'000'000, plan.log_steps);
    read(o, "checkpoint_minutes", 0, kMaxMinutes, plan.checkpoint_minutes);
    read(o, "evaluate_minutes", 0, kMaxMinutes, plan.evaluate_minutes);
    read(o, "preview_minutes", 0, kMaxMinutes, plan.preview_minutes);
    return plan;
}

nlohmann::json to_json(const RunPlan& p) {
    return {{"steps", p.steps},
            {"minutes", p.minutes},
            {"seed", p.seed},
            {"data_seed", p.data_seed},
            {"data_threads", p.data_threads},
            {"queue_batches", p.queue_batches},
            {"precision", p.precision == Precision::bf16 ? "bf16" : "f32"},
            {"learning_rate", p.learning_rate},
            {"final_rate", p.final_rate},
            {"warmup_steps", p.warmup_steps},
            {"beta1", p.beta1},
            {"beta2", p.beta2},
            {"epsilon", p.epsilon},
            {"weight_decay", p.weight_decay},
            {"clip_norm", p.clip_norm},
            {"average", p.average},
            {"log_steps", p.log_steps},
            {"checkpoint_minutes", p.checkpoint_minutes},
            {"evaluate_minutes", p.evaluate_minutes},
            {"preview_minutes", p.preview_minutes}};
}

double run_progress(const RunPlan& plan, std::int64_t step, double seconds) noexcept {
    double progress = 0;
    if (plan.steps > 0) progress = static_cast<double>(step) / static_cast<double>(plan.steps);
    if (plan.minutes > 0) progress = std::max(progress, seconds / (60 * plan.minutes));
    return std::clamp(progress, 0.0, 1.0);
}

double learning_rate_at(const RunPlan& plan, std::int64_t step, double progress) noexcept {
    const double warm = plan.warmup_steps > 0 ? std::min(1.0, static_cast<double>(step + 1) / plan.warmup_steps) : 1.0;
    const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * progress));
    return plan.learning_rate * warm * (plan.final_rate + (1 - plan.final_rate) * cosine);
}

}  // namespace mirrorme

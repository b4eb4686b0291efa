#include "denoise/rectified_flow.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/json_fields.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr double kSameTime = 1e-6;
constexpr const char* kScheduleNames[] = {"uniform", "shifted", "linear_quadratic", "list"};

std::vector<double> shifted_times(int n, int64_t tokens) {
    if (n == 1) return {1};
    const double mu = 0.95 + (2.05 - 0.95) * (static_cast<double>(tokens) - 1024) / (4096 - 1024);
    std::vector<double> times;
    for (int i = 0; i < n; ++i) {
        const double u = 1 - (1 - 1.0 / n) * i / (n - 1);
        times.push_back(std::exp(mu) / (std::exp(mu) + 1 / u - 1));
    }
    const double last = times.back();
    for (double& t : times) t = 1 - (1 - t) * 0.9 / (1 - last);
    return times;
}

std::vector<double> linear_quadratic_times(int n) {
    constexpr double kThreshold = 0.025;
    if (n == 1) return {1};
    const int linear = n / 2, rest = n - linear;
    const double difference = linear - kThreshold * n;
    const double q = difference / (linear * static_cast<double>(rest) * rest);
    const double l = kThreshold / linear - 2 * difference / (static_cast<double>(rest) * rest);
    const double c = q * linear * linear;
    std::vector<double> times;
    for (int i = 0; i < n; ++i) times.push_back(1 - (i < linear ? kThreshold * i / linear : q * i * i + l * i + c));
    return times;
}

}  // namespace

std::vector<double> schedule_times(const SamplerConfig& config, int64_t tokens) {
    switch (config.schedule) {
        case Schedule::list: return config.times;
        case Schedule::shifted: return shifted_times(config.steps, tokens);
        case Schedule::linear_quadratic: return linear_quadratic_times(config.steps);
        case Schedule::uniform: break;
    }
    std::vector<double> times;
    for (int i = 0; i < config.steps; ++i) times.push_back(1 - static_cast<double>(i) / config.steps);
    return times;
}

std::vector<int> usual_steps(const SamplerConfig& config) {
    std::vector<int> steps;
    if (config.schedule != Schedule::list)
        for (const int count : {1, 2, 4, 8, 20})
            if (count < config.steps) steps.push_back(count);
    steps.push_back(config.steps);
    return steps;
}

double next_time(const std::vector<double>& times, double time) {
    double next = 0;
    for (const double t : times)
        if (t < time - kSameTime) next = std::max(next, t);
    return next;
}

Tensor next_time(const std::vector<double>& times, const Tensor& time) {
    Tensor next = torch::zeros_like(time);
    for (const double t : times) next = torch::where(time - kSameTime > t, next.clamp_min(t), next);
    return next;
}

Tensor add_noise(const Tensor& x0, const Tensor& noise, const Tensor& t) { return x0 * (1 - t) + noise * t; }
Tensor velocity_of(const Tensor& x0, const Tensor& noise) { return noise - x0; }
Tensor clean_from_velocity(const Tensor& x, const Tensor& v, const Tensor& t) { return x - t * v; }
Tensor noise_from_velocity(const Tensor& x, const Tensor& v, const Tensor& t) { return x + (1 - t) * v; }

Tensor euler_step(const Tensor& x, const Tensor& v, const Tensor& t, const Tensor& next) { return x - (t - next) * v; }

Tensor stochastic_step(const Tensor& x, const Tensor& v, const Tensor& t, const Tensor& next, const Tensor& fresh) {
    return torch::where(t > 0, add_noise(clean_from_velocity(x, v, t), fresh, next), x);
}

nlohmann::json to_json(const SamplerConfig& config) {
    nlohmann::json json = {{"schedule", kScheduleNames[static_cast<int>(config.schedule)]},
                           {"sampler", config.kind == SamplerKind::euler ? "euler" : "stochastic"},
                           {"steps", config.steps}};
    if (config.schedule == Schedule::list) json["times"] = config.times;
    return json;
}

SamplerConfig sampler_config_from_json(const nlohmann::json& value, const std::string& subject) {
    const JsonObject json(value, subject);
    SamplerConfig config;
    if (json.has("schedule")) {
        const std::string wanted = json.text("schedule");
        int found = -1;
        for (int i = 0; i < 4; ++i)
            if (wanted == kScheduleNames[i]) found = i;
        if (found < 0) json.wrong("schedule", "'" + wanted + "' is not known", "Known are uniform, shifted, linear_quadratic and list.");
        config.schedule = static_cast<Schedule>(found);
    }
    if (json.has("sampler")) {
        const std::string wanted = json.text("sampler");
        if (wanted != "euler" && wanted != "stochastic") json.wrong("sampler", "'" + wanted + "' is not known", "Known are euler and stochastic.");
        config.kind = wanted == "euler" ? SamplerKind::euler : SamplerKind::stochastic;
    }
    if (json.has("steps")) config.steps = static_cast<int>(json.integer("steps", 1, 1000));
    if (config.schedule != Schedule::list) return config;
    double last = 1 + kSameTime;
    for (const auto& time : json.array("times", 1000)) {
        if (!time.is_number() || time.get<double>() <= 0 || time.get<double>() >= last)
            json.wrong("times", "does not fall from 1 to above 0", "Give the times of the steps, without the final 0.");
        last = time.get<double>();
        config.times.push_back(last);
    }
    if (config.times.empty()) json.wrong("times", "is empty", "Give the times of the steps, without the final 0.");
    config.steps = static_cast<int>(config.times.size());
    return config;
}

}  // namespace mirrorme

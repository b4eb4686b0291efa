#pragma once
// Rectified flow: x_t = (1 - t) x0 + t noise, t from 0 (clean) to 1 (noise); the network predicts v = noise - x0. The one place
// where times, noise and velocities meet. Source: LTX-Video schedulers/rf.py, restated.

#include <torch/torch.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "denoise/sampler_kind.h"

namespace mirrorme {

enum class Schedule {
    uniform,           // 1, ..., 1/n
    shifted,           // SD3's shift by token count, stretched to end at 0.1 (LTX 0.9, 0.9.1)
    linear_quadratic,  // LTX 0.9.5 and later
    list,              // SamplerConfig::times
};

struct SamplerConfig {
    Schedule schedule = Schedule::uniform;
    SamplerKind kind = SamplerKind::euler;
    int steps = 4;
    std::vector<double> times = {};  // of Schedule::list: from 1 downwards, without the final 0
};

nlohmann::json to_json(const SamplerConfig& config);
/// Throws Error naming the field: unreadable, mismatch.
SamplerConfig sampler_config_from_json(const nlohmann::json& json, const std::string& subject);

/// The times at which the network is called, falling from 1; after the last comes 0. `tokens` matters to Schedule::shifted only.
std::vector<double> schedule_times(const SamplerConfig& config, int64_t tokens);

/// Step counts worth offering, ascending: the list's own, or powers of two and the like up to the config's.
std::vector<int> usual_steps(const SamplerConfig& config);

/// The largest of `times` and 0 that is below `time`, 0 for a clean token (which is never updated).
double next_time(const std::vector<double>& times, double time);
/// The same for every token: time [...] -> [...].
torch::Tensor next_time(const std::vector<double>& times, const torch::Tensor& time);

// In what follows t broadcasts against x.
torch::Tensor add_noise(const torch::Tensor& x0, const torch::Tensor& noise, const torch::Tensor& t);
torch::Tensor velocity_of(const torch::Tensor& x0, const torch::Tensor& noise);
torch::Tensor clean_from_velocity(const torch::Tensor& x, const torch::Tensor& v, const torch::Tensor& t);
torch::Tensor noise_from_velocity(const torch::Tensor& x, const torch::Tensor& v, const torch::Tensor& t);

/// x - (t - next) v.
torch::Tensor euler_step(const torch::Tensor& x, const torch::Tensor& v, const torch::Tensor& t, const torch::Tensor& next);
/// (1 - next) (x - t v) + next * fresh; tokens with t = 0 keep their value.
torch::Tensor stochastic_step(const torch::Tensor& x, const torch::Tensor& v, const torch::Tensor& t, const torch::Tensor& next,
                              const torch::Tensor& fresh);

}  // namespace mirrorme

#pragma once
// Deterministic values that any implementation can make from a tensor's name alone: the golden numbers in these
// tests were recorded with them, so that no Python and no weight files are needed to compare with the public models.

#include <torch/torch.h>

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>

namespace mirrorme::golden {

inline std::uint64_t fnv1a(std::string_view name) {
    std::uint64_t h = 0xcbf29ce484222325ull;
    for (const char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
    return h;
}

/// Element i of the tensor called `name`: uniform in [-1, 1), from a SplitMix64 finaliser.
inline double uniform(std::uint64_t name_hash, std::uint64_t i) {
    std::uint64_t z = name_hash + (i + 1) * 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    z ^= z >> 31;
    return static_cast<double>(z >> 40) / 16777216.0 * 2.0 - 1.0;
}

/// An input tensor of plain u.
inline torch::Tensor input(std::string_view name, torch::IntArrayRef shape) {
    torch::Tensor t = torch::empty(shape, torch::kFloat);
    const std::uint64_t h = fnv1a(name);
    float* data = t.data_ptr<float>();
    for (std::int64_t i = 0; i < t.numel(); ++i) data[i] = static_cast<float>(uniform(h, static_cast<std::uint64_t>(i)));
    return t;
}

/// A weight, scaled by what its name says it is.
inline void fill(torch::Tensor& weight, const std::string& name) {
    const auto ends = [&](std::string_view s) { return name.size() >= s.size() && name.compare(name.size() - s.size(), s.size(), s) == 0; };
    double base = 0, scale = 1;
    if (ends("timestep_scale_multiplier")) base = 1000, scale = 0;
    else if (name.find("per_channel_scale") != std::string::npos) scale = 0;
    else if (ends("weight_g") || (ends(".weight") && weight.dim() == 1)) base = 1, scale = 0.2;
    else if (ends(".bias") || ends("scale_shift_table")) scale = 0.1;
    else scale = std::sqrt(3.0 / (static_cast<double>(weight.numel()) / static_cast<double>(weight.size(0))));
    const std::uint64_t h = fnv1a(name);
    const torch::Tensor values = torch::empty(weight.sizes(), torch::kFloat);
    float* data = values.data_ptr<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i) data[i] = static_cast<float>(base + scale * uniform(h, static_cast<std::uint64_t>(i)));
    torch::NoGradGuard no_grad;
    weight.copy_(values);
}

inline void fill(torch::nn::Module& module, const std::string& prefix = {}) {
    for (auto& item : module.named_parameters()) fill(item.value(), prefix + item.key());
}

}  // namespace mirrorme::golden

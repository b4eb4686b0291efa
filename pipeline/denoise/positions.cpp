#include "denoise/positions.h"

#include <algorithm>
#include <numbers>

namespace mirrorme {

using torch::Tensor;

double frame_number(double latent, FirstLatent start, int temporal) {
    const double number = latent * temporal;
    if (start == FirstLatent::moving || latent < 0) return number;
    return std::max(number + 1 - temporal, 0.0);
}

Tensor token_coordinates(const std::vector<double>& frame_numbers, const LatentGrid& grid, const DitConfig& config) {
    const int64_t frames = static_cast<int64_t>(frame_numbers.size()), per_frame = grid.tokens();
    Tensor coordinates = torch::empty({3, frames * per_frame}, torch::kFloat);
    auto at = coordinates.accessor<float, 2>();
    const double fps = config.grid.fps.value();
    int64_t n = 0;
    for (const double number : frame_numbers)
        for (int64_t y = 0; y < grid.h; ++y)
            for (int64_t x = 0; x < grid.w; ++x, ++n) {
                at[0][n] = static_cast<float>(number / fps);
                at[1][n] = static_cast<float>(y * config.grid.spatial_stride);
                at[2][n] = static_cast<float>(x * config.grid.spatial_stride);
            }
    return coordinates;
}

RopeTable rope_table(const Tensor& coordinates, const DitConfig& config) {
    const int64_t width = config.width(), bands = width / 6, padding = width % 6;
    const auto options = coordinates.options();
    const Tensor limits = torch::tensor(config.positional_embedding_max_pos, torch::kDouble).to(options).unsqueeze(1);
    const Tensor fraction = (coordinates / limits).transpose(-1, -2).unsqueeze(-2);  // [..., N, 1, 3]
    const Tensor exponent = torch::linspace(0.0, 1.0, bands, options);
    const Tensor frequency = torch::pow(config.positional_embedding_theta, exponent) * (std::numbers::pi / 2);
    const Tensor angle = (frequency.unsqueeze(-1) * (fraction * 2 - 1)).flatten(-2);  // [..., N, 3 bands], axis fastest
    const auto spread = [&](const Tensor& values, double rest) {
        return torch::constant_pad_nd(values.repeat_interleave(2, -1), {padding, 0}, rest).to(torch::kFloat).contiguous();
    };
    return {spread(angle.cos(), 1), spread(angle.sin(), 0)};
}

RopeTable time_rope_table(const std::vector<double>& frame_numbers, int64_t tokens, const DitConfig& config) {
    Tensor coordinates = token_coordinates(frame_numbers, {.h = 1, .w = tokens}, config);
    coordinates.slice(0, 1).zero_();
    return rope_table(coordinates, config);
}

}  // namespace mirrorme

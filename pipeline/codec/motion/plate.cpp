// Note [Push and pull]
// A pyramid of halved pictures, each pixel the weighted mean of the known ones below it ("pull"), then from the coarsest
// down every unknown pixel takes the bilinear value of the level above ("push"). Known pixels stay as they are, holes of any
// size are closed smoothly, and it costs a few passes over the picture.

#include "codec/motion/plate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>
#include <utility>

namespace mirrorme {
namespace {

using kernels::Size;

constexpr int kDilation = 7;           // pixels the person is widened by before the background is trusted again
constexpr float kSurePerson = 0.95f;   // matte from which a pixel's colour is the person's alone
constexpr float kSureWall = 0.02f;

struct Level {
    Size size;
    std::vector<float> colour;  // [H, W, 3], means
    std::vector<float> weight;  // [H, W] 0..1
};

std::size_t area(Size size) { return static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height); }

Level pulled(const Level& fine) {
    Level coarse{{(fine.size.width + 1) / 2, (fine.size.height + 1) / 2}, {}, {}};
    coarse.colour.assign(area(coarse.size) * 3, 0.0f);
    coarse.weight.assign(area(coarse.size), 0.0f);
    for (int y = 0; y < fine.size.height; ++y)
        for (int x = 0; x < fine.size.width; ++x) {
            const std::size_t from = static_cast<std::size_t>(y * fine.size.width + x), to = static_cast<std::size_t>((y / 2) * coarse.size.width + x / 2);
            for (std::size_t c = 0; c < 3; ++c) coarse.colour[3 * to + c] += fine.weight[from] * fine.colour[3 * from + c];
            coarse.weight[to] += fine.weight[from];
        }
    for (std::size_t i = 0; i < coarse.weight.size(); ++i) {
        if (coarse.weight[i] > 0)
            for (std::size_t c = 0; c < 3; ++c) coarse.colour[3 * i + c] /= coarse.weight[i];
        coarse.weight[i] = std::min(coarse.weight[i], 1.0f);
    }
    return coarse;
}

void push(const Level& coarse, Level& fine) {
    auto blend = [](int v, int limit) {
        const float at = std::clamp((static_cast<float>(v) - 0.5f) / 2, 0.0f, static_cast<float>(limit - 1));
        const int low = static_cast<int>(at);
        return std::tuple{low, std::min(low + 1, limit - 1), at - static_cast<float>(low)};
    };
    for (int y = 0; y < fine.size.height; ++y) {
        const auto [y0, y1, fy] = blend(y, coarse.size.height);
        for (int x = 0; x < fine.size.width; ++x) {
            const std::size_t i = static_cast<std::size_t>(y * fine.size.width + x);
            if (fine.weight[i] >= 1) continue;
            const auto [x0, x1, fx] = blend(x, coarse.size.width);
            auto at = [&](int px, int py, std::size_t c) { return coarse.colour[3 * static_cast<std::size_t>(py * coarse.size.width + px) + c]; };
            for (std::size_t c = 0; c < 3; ++c) {
                const float upper = at(x0, y0, c) + fx * (at(x1, y0, c) - at(x0, y0, c)), lower = at(x0, y1, c) + fx * (at(x1, y1, c) - at(x0, y1, c));
                fine.colour[3 * i + c] = fine.weight[i] * fine.colour[3 * i + c] + (1 - fine.weight[i]) * (upper + fy * (lower - upper));
            }
            fine.weight[i] = 1;
        }
    }
}

std::vector<float> fill(Level base) {
    std::vector<Level> levels{std::move(base)};
    while (std::max(levels.back().size.width, levels.back().size.height) > 1) levels.push_back(pulled(levels.back()));
    for (std::size_t i = levels.size() - 1; i > 0; --i) push(levels[i], levels[i - 1]);
    return std::move(levels[0].colour);
}

/// Largest value within `radius` pixels along both axes.
std::vector<float> widened(const float* matte, Size size, int radius) {
    std::vector<float> rows(area(size)), out(area(size));
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            float most = 0;
            for (int i = std::max(x - radius, 0); i <= std::min(x + radius, size.width - 1); ++i) most = std::max(most, matte[y * size.width + i]);
            rows[static_cast<std::size_t>(y * size.width + x)] = most;
        }
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            float most = 0;
            for (int i = std::max(y - radius, 0); i <= std::min(y + radius, size.height - 1); ++i) most = std::max(most, rows[static_cast<std::size_t>(i * size.width + x)]);
            out[static_cast<std::size_t>(y * size.width + x)] = most;
        }
    return out;
}

Level level_of(const float* rgba, Size size) {
    Level level{size, std::vector<float>(area(size) * 3), std::vector<float>(area(size))};
    for (std::size_t i = 0; i < level.weight.size(); ++i) std::copy_n(rgba + 4 * i, 3, level.colour.data() + 3 * i);
    return level;
}

}  // namespace

std::vector<float> fill_plate(const float* rgba, const float* matte, Size size) {
    Level base = level_of(rgba, size);
    const std::vector<float> person = widened(matte, size, kDilation);
    for (std::size_t i = 0; i < base.weight.size(); ++i) base.weight[i] = person[i] < kSureWall ? 1.0f : 0.0f;
    return fill(std::move(base));
}

std::vector<float> fill_unknown(const float* rgba, const float* known, Size size) {
    Level base = level_of(rgba, size);
    std::copy_n(known, base.weight.size(), base.weight.begin());
    return fill(std::move(base));
}

std::vector<float> cut_out_person(const float* rgba, const float* matte, Size size) {
    Level base = level_of(rgba, size);
    for (std::size_t i = 0; i < base.weight.size(); ++i) base.weight[i] = matte[i] > kSurePerson ? 1.0f : 0.0f;
    const std::vector<float> colour = fill(std::move(base));
    std::vector<float> out(area(size) * 4);
    for (std::size_t i = 0; i < area(size); ++i) {
        for (std::size_t c = 0; c < 3; ++c) out[4 * i + c] = colour[3 * i + c] * matte[i];
        out[4 * i + 3] = matte[i];
    }
    return out;
}

}  // namespace mirrorme

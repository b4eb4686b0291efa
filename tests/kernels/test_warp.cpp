#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "kernels/include/operations.h"

using namespace mirrorme::kernels;
using Catch::Approx;

namespace {

std::vector<float> noise(std::size_t count, float low, float high, unsigned seed) {
    std::mt19937 rng(seed);
    std::vector<float> values(count);
    for (float& v : values) v = low + (high - low) * static_cast<float>(rng() >> 8) / (1 << 24);
    return values;
}

/// The definition, one pixel at a time: bilinear flow, bilinear picture, both held at their edges.
float expected(const std::vector<float>& source, const std::vector<float>& flow, Size size, int channels, int x, int y, int c) {
    const int gw = size.width / kCell, gh = size.height / kCell;
    auto flow_at = [&](int axis) {
        const float gx = std::clamp((static_cast<float>(x) - 1.5f) / 4, 0.0f, static_cast<float>(gw - 1)), gy = std::clamp((static_cast<float>(y) - 1.5f) / 4, 0.0f, static_cast<float>(gh - 1));
        const int x0 = static_cast<int>(gx), y0 = static_cast<int>(gy), x1 = std::min(x0 + 1, gw - 1), y1 = std::min(y0 + 1, gh - 1);
        auto g = [&](int px, int py) { return flow[static_cast<std::size_t>(2 * (py * gw + px) + axis)]; };
        const float fx = gx - static_cast<float>(x0), fy = gy - static_cast<float>(y0);
        return (1 - fy) * ((1 - fx) * g(x0, y0) + fx * g(x1, y0)) + fy * ((1 - fx) * g(x0, y1) + fx * g(x1, y1));
    };
    const float sx = std::clamp(static_cast<float>(x) + flow_at(0), 0.0f, static_cast<float>(size.width - 1));
    const float sy = std::clamp(static_cast<float>(y) + flow_at(1), 0.0f, static_cast<float>(size.height - 1));
    const int x0 = static_cast<int>(sx), y0 = static_cast<int>(sy), x1 = std::min(x0 + 1, size.width - 1), y1 = std::min(y0 + 1, size.height - 1);
    auto s = [&](int px, int py) { return source[static_cast<std::size_t>((py * size.width + px) * channels + c)]; };
    const float fx = sx - static_cast<float>(x0), fy = sy - static_cast<float>(y0);
    return (1 - fy) * ((1 - fx) * s(x0, y0) + fx * s(x1, y0)) + fy * ((1 - fx) * s(x0, y1) + fx * s(x1, y1));
}

}  // namespace

TEST_CASE("no flow leaves the picture as it is, bit for bit") {
    constexpr Size kSize{32, 16};
    const std::vector<float> source = noise(32 * 16 * 4, 0, 1, 1), still(8 * 4 * 2, 0.0f);
    std::vector<float> out(source.size());
    cpu_operations().warp4(source.data(), still.data(), nullptr, kSize, out.data());
    CHECK(out == source);
}

TEST_CASE("both warps do what the definition says, also far outside the picture") {
    for (const Size size : {Size{32, 48}, Size{64, 16}, Size{16, 16}}) {
        const std::size_t cells = static_cast<std::size_t>(size.width * size.height / 16);
        const std::vector<float> source = noise(cells * 16 * 8, 0, 1, 2), flow = noise(cells * 2, -30, 30, 3);
        std::vector<float> front(cells * 16 * 4), back(cells * 16 * 4), first(cells * 16 * 4), out(cells * 16 * 4);
        for (std::size_t i = 0; i < cells * 16; ++i) std::copy_n(source.data() + 8 * i, 4, first.data() + 4 * i);
        cpu_operations().warp8(source.data(), flow.data(), size, front.data(), back.data());
        cpu_operations().warp4(first.data(), flow.data(), nullptr, size, out.data());
        double worst = 0;
        for (int y = 0; y < size.height; ++y)
            for (int x = 0; x < size.width; ++x)
                for (int c = 0; c < 8; ++c) {
                    const std::size_t at = static_cast<std::size_t>((y * size.width + x) * 4 + c % 4);
                    const float want = expected(source, flow, size, 8, x, y, c);
                    worst = std::max(worst, static_cast<double>(std::abs((c < 4 ? front : back)[at] - want)));
                    if (c < 4) worst = std::max(worst, static_cast<double>(std::abs(out[at] - want)));
                }
        CHECK(worst < 2e-5);
    }
}

TEST_CASE("a correction is added to the flow") {
    constexpr Size kSize{32, 32};
    const std::vector<float> source = noise(32 * 32 * 4, 0, 1, 4), flow = noise(8 * 8 * 2, -5, 5, 5), delta = noise(8 * 8 * 2, -2, 2, 6);
    std::vector<float> sum(flow.size()), both(source.size()), apart(source.size());
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = flow[i] + delta[i];
    cpu_operations().warp4(source.data(), sum.data(), nullptr, kSize, both.data());
    cpu_operations().warp4(source.data(), flow.data(), delta.data(), kSize, apart.data());
    for (std::size_t i = 0; i < both.size(); ++i) CHECK(both[i] == Approx(apart[i]).margin(1e-5));
}

#include <algorithm>
#include <array>
#include <cmath>

#include "train/codec_points_data.h"

namespace mirrorme {
namespace {

float gaussian(TrainingRng& rng) {
    const float u = uniform(rng, 1e-6f, 1), v = uniform(rng, 0, 6.2831853f);
    return std::sqrt(-2 * std::log(u)) * std::cos(v);
}

void recolour(FloatPicture& picture, TrainingRng& rng) {
    std::array<float, 3> gain, lift;
    const float contrast = uniform(rng, 0.75f, 1.25f), brightness = uniform(rng, -0.12f, 0.12f);
    for (std::size_t c = 0; c < 3; ++c) {
        gain[c] = contrast * uniform(rng, 0.9f, 1.1f);
        lift[c] = brightness + uniform(rng, -0.04f, 0.04f);
    }
    const float grey = chance(rng, 0.08f) ? 1.0f : std::max(0.0f, uniform(rng, -0.4f, 0.35f));
    for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
        float* p = picture.rgba.data() + i;
        const float alpha = p[3], luma = 0.3f * p[0] + 0.59f * p[1] + 0.11f * p[2];
        for (std::size_t c = 0; c < 3; ++c) {
            const float mixed = p[c] + grey * (luma - p[c]);
            p[c] = std::clamp((mixed - 0.5f * alpha) * gain[c] + (0.5f + lift[c]) * alpha, 0.0f, alpha);
        }
    }
}

/// Light from one side.
void shade(FloatPicture& picture, TrainingRng& rng) {
    const float angle = uniform(rng, 0, 6.2831853f), strength = uniform(rng, 0.1f, 0.45f);
    const float w = static_cast<float>(picture.size.width), h = static_cast<float>(picture.size.height);
    for (int y = 0; y < picture.size.height; ++y)
        for (int x = 0; x < picture.size.width; ++x) {
            float* p = picture.rgba.data() + 4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.size.width) + static_cast<std::size_t>(x));
            const float along = (static_cast<float>(x) / w - 0.5f) * std::cos(angle) + (static_cast<float>(y) / h - 0.5f) * std::sin(angle);
            for (std::size_t c = 0; c < 3; ++c) p[c] = std::clamp(p[c] * (1 + strength * along * 2), 0.0f, p[3]);
        }
}

void soften(FloatPicture& picture, TrainingRng& rng) {
    const float factor = uniform(rng, 1.3f, 3.2f);
    const kernels::Size small{static_cast<int>(static_cast<float>(picture.size.width) / factor), static_cast<int>(static_cast<float>(picture.size.height) / factor)};
    const float sx = static_cast<float>(picture.size.width) / static_cast<float>(small.width), sy = static_cast<float>(picture.size.height) / static_cast<float>(small.height);
    const FloatPicture reduced = resample(picture, {sx, 0, (sx - 1) / 2, 0, sy, (sy - 1) / 2}, small, Outside::edge);
    picture = resample(reduced, {1 / sx, 0, (1 / sx - 1) / 2, 0, 1 / sy, (1 / sy - 1) / 2}, picture.size, Outside::edge);
}

void add_noise(FloatPicture& picture, TrainingRng& rng) {
    const float sigma = uniform(rng, 0.005f, 0.05f);
    for (std::size_t i = 0; i < picture.rgba.size(); i += 4) {
        float* p = picture.rgba.data() + i;
        const float common = gaussian(rng);
        for (std::size_t c = 0; c < 3; ++c) p[c] = std::clamp(p[c] + sigma * p[3] * (0.7f * common + 0.5f * uniform(rng, -1, 1)), 0.0f, p[3]);
    }
}

/// Blocks of 8 x 8 pixels with their finer cosine terms rounded away, one channel at a time.
void compress(FloatPicture& picture, TrainingRng& rng) {
    constexpr int kBlock = 8;
    const float step = uniform(rng, 0.02f, 0.1f);
    std::array<std::array<float, kBlock>, kBlock> basis;
    for (int k = 0; k < kBlock; ++k)
        for (int n = 0; n < kBlock; ++n)
            basis[static_cast<std::size_t>(k)][static_cast<std::size_t>(n)] =
                std::cos(3.14159265f * (static_cast<float>(n) + 0.5f) * static_cast<float>(k) / kBlock) * (k ? 0.5f : 0.35355339f);
    std::array<float, kBlock * kBlock> block, half;
    enum class Way { forward, back };
    auto along = [&](const std::array<float, 64>& in, std::array<float, 64>& out, Way way) {
        for (int r = 0; r < kBlock; ++r)
            for (int k = 0; k < kBlock; ++k) {
                float sum = 0;
                for (int n = 0; n < kBlock; ++n) sum += in[static_cast<std::size_t>(r * kBlock + n)] * (way == Way::back ? basis[static_cast<std::size_t>(n)][static_cast<std::size_t>(k)] : basis[static_cast<std::size_t>(k)][static_cast<std::size_t>(n)]);
                out[static_cast<std::size_t>(k * kBlock + r)] = sum;  // transposed, so that two calls do both directions
            }
    };
    const int width = picture.size.width;
    for (int by = 0; by + kBlock <= picture.size.height; by += kBlock)
        for (int bx = 0; bx + kBlock <= width; bx += kBlock)
            for (int c = 0; c < 3; ++c) {
                auto pixel = [&](int i) { return picture.rgba.data() + 4 * ((by + i / kBlock) * width + bx + i % kBlock) + c; };
                for (int i = 0; i < 64; ++i) block[static_cast<std::size_t>(i)] = *pixel(i);
                along(block, half, Way::forward);
                along(half, block, Way::forward);
                for (int i = 0; i < 64; ++i) {
                    const float q = step * (1 + 0.6f * static_cast<float>(i / kBlock + i % kBlock));
                    block[static_cast<std::size_t>(i)] = std::round(block[static_cast<std::size_t>(i)] / q) * q;
                }
                along(block, half, Way::back);
                along(half, block, Way::back);
                for (int i = 0; i < 64; ++i) {
                    float* p = pixel(i);
                    *p = std::clamp(block[static_cast<std::size_t>(i)], 0.0f, p[3 - c]);
                }
            }
}

}  // namespace

void degrade(FloatPicture& picture, TrainingRng& rng) {
    if (chance(rng, 0.6f)) recolour(picture, rng);
    if (chance(rng, 0.25f)) shade(picture, rng);
    if (chance(rng, 0.3f)) soften(picture, rng);
    if (chance(rng, 0.3f)) add_noise(picture, rng);
    if (chance(rng, 0.3f)) compress(picture, rng);
}

}  // namespace mirrorme

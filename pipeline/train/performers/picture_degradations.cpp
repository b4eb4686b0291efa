#include "train/performers/picture_degradations.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "train/performers/random.h"
#include "train/performers/vec.h"

namespace mirrorme {

using namespace performers;

namespace {

constexpr int kColours = 3;

/// Colour planes as floats, alpha left alone; [height][width][3].
struct Planes {
    int width, height;
    std::vector<float> values;

    explicit Planes(const RgbaImage& image) : width(image.width), height(image.height), values(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * kColours) {
        for (std::size_t i = 0; i * 4 < image.pixels.size(); ++i)
            for (std::size_t c = 0; c < kColours; ++c) values[i * kColours + c] = image.pixels[i * 4 + c];
    }
    float* at(int x, int y) { return values.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * kColours; }
    void store(RgbaImage& image) const {
        for (std::size_t i = 0; i * 4 < image.pixels.size(); ++i)
            for (std::size_t c = 0; c < kColours; ++c) image.pixels[i * 4 + c] = static_cast<std::uint8_t>(std::clamp(values[i * kColours + c] + 0.5f, 0.0f, 255.0f));
    }
};

void resample(Planes& p, float amount) {
    const float keep = 1 - 0.7f * clamp01(amount);
    const int w = std::max(8, static_cast<int>(static_cast<float>(p.width) * keep)), h = std::max(8, static_cast<int>(static_cast<float>(p.height) * keep));
    std::vector<float> small(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * kColours);
    for (int y = 0; y < h; ++y)
        for (int x = 0; x < w; ++x) {
            const int x0 = x * p.width / w, x1 = std::max((x + 1) * p.width / w, x0 + 1), y0 = y * p.height / h, y1 = std::max((y + 1) * p.height / h, y0 + 1);
            float* to = small.data() + (static_cast<std::size_t>(y) * static_cast<std::size_t>(w) + static_cast<std::size_t>(x)) * kColours;
            for (int j = y0; j < y1; ++j)
                for (int i = x0; i < x1; ++i)
                    for (int c = 0; c < kColours; ++c) to[c] += p.at(i, j)[c] / static_cast<float>((x1 - x0) * (y1 - y0));
        }
    for (int y = 0; y < p.height; ++y)
        for (int x = 0; x < p.width; ++x) {
            const float fx = std::clamp((static_cast<float>(x) + 0.5f) * static_cast<float>(w) / static_cast<float>(p.width) - 0.5f, 0.0f, static_cast<float>(w - 1));
            const float fy = std::clamp((static_cast<float>(y) + 0.5f) * static_cast<float>(h) / static_cast<float>(p.height) - 0.5f, 0.0f, static_cast<float>(h - 1));
            const int ix = static_cast<int>(fx), iy = static_cast<int>(fy), jx = std::min(ix + 1, w - 1), jy = std::min(iy + 1, h - 1);
            const float tx = fx - static_cast<float>(ix), ty = fy - static_cast<float>(iy);
            auto of = [&](int i, int j, int c) { return small[(static_cast<std::size_t>(j) * static_cast<std::size_t>(w) + static_cast<std::size_t>(i)) * kColours + static_cast<std::size_t>(c)]; };
            for (int c = 0; c < kColours; ++c) p.at(x, y)[c] = mix(mix(of(ix, iy, c), of(jx, iy, c), tx), mix(of(ix, jy, c), of(jx, jy, c), tx), ty);
        }
}

void convolve(Planes& p, float sigma) {
    const int reach = std::clamp(static_cast<int>(std::ceil(2.5f * sigma)), 1, 12);
    std::vector<float> kernel(static_cast<std::size_t>(reach) + 1);
    float total = 0;
    for (int i = 0; i <= reach; ++i) {
        kernel[static_cast<std::size_t>(i)] = std::exp(-0.5f * static_cast<float>(i * i) / (sigma * sigma));
        total += kernel[static_cast<std::size_t>(i)] * (i == 0 ? 1.0f : 2.0f);
    }
    auto pass = [&](int dx, int dy) {
        const std::vector<float> from = p.values;
        for (int y = 0; y < p.height; ++y)
            for (int x = 0; x < p.width; ++x)
                for (int c = 0; c < kColours; ++c) {
                    float sum = 0;
                    for (int i = -reach; i <= reach; ++i) {
                        const int sx = std::clamp(x + i * dx, 0, p.width - 1), sy = std::clamp(y + i * dy, 0, p.height - 1);
                        sum += kernel[static_cast<std::size_t>(std::abs(i))] * from[(static_cast<std::size_t>(sy) * static_cast<std::size_t>(p.width) + static_cast<std::size_t>(sx)) * kColours + static_cast<std::size_t>(c)];
                    }
                    p.at(x, y)[c] = sum / total;
                }
    };
    pass(1, 0);
    pass(0, 1);
}

void sharpen(Planes& p) {
    Planes soft = p;
    convolve(soft, 1.1f);
    for (std::size_t i = 0; i < p.values.size(); ++i) p.values[i] = std::clamp(p.values[i] + 0.9f * (p.values[i] - soft.values[i]), 0.0f, 255.0f);
}

void tone(Planes& p, const PictureDegradation& d) {
    std::array<std::array<float, 256>, kColours> table{};
    const std::array<float, kColours> gain{1 + 0.10f * d.warmth + 0.05f * d.tint, 1 - 0.06f * d.tint, 1 - 0.13f * d.warmth + 0.05f * d.tint};
    for (std::size_t c = 0; c < kColours; ++c)
        for (std::size_t v = 0; v < 256; ++v) {
            const float in = clamp01(static_cast<float>(v) / 255 * gain[c]);
            const float bent = std::pow(in, std::exp2(-0.7f * d.gamma));
            table[c][v] = 255 * clamp01(0.5f + (bent - 0.5f) * (1 + 0.45f * d.contrast));
        }
    for (int y = 0; y < p.height; ++y)
        for (int x = 0; x < p.width; ++x) {
            float* v = p.at(x, y);
            for (std::size_t c = 0; c < kColours; ++c) v[c] = table[c][static_cast<std::size_t>(std::clamp(v[c] + 0.5f, 0.0f, 255.0f))];
            const float grey = 0.299f * v[0] + 0.587f * v[1] + 0.114f * v[2];
            const float dx = 2 * static_cast<float>(x) / static_cast<float>(p.width) - 1, dy = 2 * static_cast<float>(y) / static_cast<float>(p.height) - 1;
            const float dim = 1 - 0.45f * d.vignette * smooth_step(0.3f, 2.0f, dx * dx + dy * dy);
            for (int c = 0; c < kColours; ++c) v[c] = dim * (grey + (v[c] - grey) * (1 + 0.6f * d.saturation));
        }
}

void add_noise(Planes& p, float deviation, std::uint64_t seed) {
    Random r(seed);
    // Colour noise is coarser than brightness noise in what cameras put out.
    for (int y = 0; y < p.height; ++y)
        for (int x = 0; x < p.width; ++x) {
            const float grey = (r.unit() + r.unit() + r.unit() - 1.5f) * 2 * deviation;
            for (int c = 0; c < kColours; ++c) p.at(x, y)[c] += grey + (r.unit() - 0.5f) * 1.4f * deviation;
        }
}

/// 8 x 8 cosine transform, coefficients rounded to steps that grow with frequency, and back.
void quantise_blocks(Planes& p, float amount) {
    constexpr int kSide = 8;
    using Block = std::array<std::array<float, kSide>, kSide>;
    Block basis{}, inverse{};
    for (std::size_t k = 0; k < kSide; ++k)
        for (std::size_t n = 0; n < kSide; ++n)
            inverse[n][k] = basis[k][n] = std::cos(kPi * static_cast<float>(k) * (static_cast<float>(n) + 0.5f) / kSide) * std::sqrt((k == 0 ? 1.0f : 2.0f) / kSide);
    auto transform = [](const Block& in, const Block& by) {  // by * in * by^T
        Block half{}, out{};
        for (std::size_t i = 0; i < kSide; ++i)
            for (std::size_t k = 0; k < kSide; ++k)
                for (std::size_t n = 0; n < kSide; ++n) half[i][k] += in[i][n] * by[k][n];
        for (std::size_t i = 0; i < kSide; ++i)
            for (std::size_t k = 0; k < kSide; ++k)
                for (std::size_t n = 0; n < kSide; ++n) out[k][i] += half[n][i] * by[k][n];
        return out;
    };
    const float coarse = 2 + 38 * amount * amount;
    for (int by = 0; by < p.height; by += kSide)
        for (int bx = 0; bx < p.width; bx += kSide) {
            std::array<Block, kColours> ycc{};
            for (int j = 0; j < kSide; ++j)
                for (int i = 0; i < kSide; ++i) {
                    const float* v = p.at(std::min(bx + i, p.width - 1), std::min(by + j, p.height - 1));
                    const auto y = static_cast<std::size_t>(j), x = static_cast<std::size_t>(i);
                    ycc[0][y][x] = 0.299f * v[0] + 0.587f * v[1] + 0.114f * v[2] - 128;
                    ycc[1][y][x] = -0.169f * v[0] - 0.331f * v[1] + 0.5f * v[2];
                    ycc[2][y][x] = 0.5f * v[0] - 0.419f * v[1] - 0.081f * v[2];
                }
            for (std::size_t c = 0; c < kColours; ++c) {
                Block f = transform(ycc[c], basis);
                for (std::size_t j = 0; j < kSide; ++j)
                    for (std::size_t i = 0; i < kSide; ++i) {
                        const float step = coarse * (c == 0 ? 0.4f : 0.9f) * (1 + 0.35f * static_cast<float>(i + j));
                        f[j][i] = std::round(f[j][i] / step) * step;
                    }
                ycc[c] = transform(f, inverse);
            }
            for (int j = 0; j < kSide && by + j < p.height; ++j)
                for (int i = 0; i < kSide && bx + i < p.width; ++i) {
                    const auto y = static_cast<std::size_t>(j), x = static_cast<std::size_t>(i);
                    const float grey = ycc[0][y][x] + 128, blue = ycc[1][y][x], red = ycc[2][y][x];
                    float* v = p.at(bx + i, by + j);
                    v[0] = grey + 1.402f * red;
                    v[1] = grey - 0.344f * blue - 0.714f * red;
                    v[2] = grey + 1.772f * blue;
                }
        }
}

}  // namespace

PictureDegradation draw_degradation(std::uint64_t seed, float strength) {
    Random r(seed ^ 0xDE64ADEull);
    PictureDegradation d;
    const float k = clamp01(strength);
    auto sometimes = [&](float p, float low, float high) { return r.chance(p * k) ? r.range(low, high) : 0.0f; };
    d.resample = sometimes(0.30f, 0.1f, 0.9f);
    d.blur = sometimes(0.25f, 0.3f, 1.4f);
    d.contrast = sometimes(0.5f, -0.6f, 0.6f);
    d.gamma = sometimes(0.5f, -0.7f, 0.7f);
    d.warmth = sometimes(0.5f, -0.8f, 0.8f);
    d.tint = sometimes(0.3f, -0.6f, 0.6f);
    d.saturation = sometimes(0.4f, -0.7f, 0.6f);
    d.vignette = sometimes(0.25f, 0.2f, 1.0f);
    d.noise = sometimes(0.40f, 1.0f, 9.0f);
    d.blocks = sometimes(0.45f, 0.1f, 0.9f);
    d.sharpened = r.chance(0.12f * k);
    return d;
}

void degrade(RgbaImage& image, const PictureDegradation& d, std::uint64_t noise_seed) {
    if (image.empty()) return;
    Planes p(image);
    if (d.blur > 0) convolve(p, d.blur);
    if (d.resample > 0) resample(p, d.resample);
    if (d.sharpened) sharpen(p);
    if (d.contrast != 0 || d.gamma != 0 || d.warmth != 0 || d.tint != 0 || d.saturation != 0 || d.vignette != 0) tone(p, d);
    if (d.noise > 0) add_noise(p, d.noise, noise_seed);
    if (d.blocks > 0) quantise_blocks(p, d.blocks);
    p.store(image);
}

}  // namespace mirrorme

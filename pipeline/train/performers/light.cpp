#include "train/performers/light.h"

#include <vector>

#include "train/performers/random.h"

namespace mirrorme::performers {
namespace {

/// Box blur of a wrapped square of values.
void blur(std::vector<float>& values, int across, int down) {
    const int side = static_cast<int>(std::lround(std::sqrt(static_cast<double>(values.size()))));
    std::vector<float> out(values.size());
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x) {
            float sum = 0;
            for (int j = -down; j <= down; ++j)
                for (int i = -across; i <= across; ++i) sum += values[static_cast<std::size_t>(((y + j + side) % side) * side + (x + i + side) % side)];
            out[static_cast<std::size_t>(y * side + x)] = sum;
        }
    values.swap(out);
}

/// Brightness in soft steps, as laid with a broad brush.
float stepped(float v, int steps) {
    const float scaled_value = v * static_cast<float>(steps);
    const float base = std::floor(scaled_value);
    return (base + smooth_step(0.25f, 0.75f, scaled_value - base)) / static_cast<float>(steps);
}

/// Bright tones bend instead of breaking off.
float filmed(float v) {
    constexpr float kKnee = 0.80f;
    if (v <= kKnee) return v;
    const float over = (v - kKnee) / (1 - kKnee);
    return kKnee + (1 - kKnee) * over / (1 + over);
}

}  // namespace

Light::Light(const CharacterLook& look) {
    Random r(look.seed ^ 0x5117u);
    const float side = r.chance(0.5f) ? -1.0f : 1.0f, height = r.range(0.35f, 0.70f), front = r.range(0.95f, 1.5f);
    key = unit(Vec3{side * r.range(0.35f, 0.75f), -height, front});
    fill = unit(Vec3{-side * 0.8f, -0.1f, 0.55f});
    half = unit(key + Vec3{0, 0, 1});
    const float warm = r.range(-0.5f, 1.0f);
    key_colour = {1 + 0.03f * warm, 1, 1 - 0.06f * warm};
    ambient_colour = {1 - 0.05f * warm, 1 - 0.01f * warm, 1 + 0.06f * warm};
    key_power = r.range(0.52f, 0.70f);
    // A face turned straight to the viewer keeps about its own colour.
    ambient = 0.96f - key_power * 0.82f;
    fill_power = r.range(0.08f, 0.2f);
}

Colour Light::shade(const Surfacing& s, Colour albedo, Vec3 n, float grain, float open) const {
    float facing = dot(n, key);
    if (s.steps > 0) facing = mix(facing, 2 * stepped(clamp01(0.5f + 0.5f * facing + 0.045f * grain), s.steps) - 1, 0.6f);
    auto wrapped = [&](float wrap) {
        const float v = std::max(0.0f, (facing + wrap) / (1 + wrap));
        return v * (0.55f + 0.45f * v);
    };
    const float sky = ambient * (0.86f - 0.20f * n.y) * (0.35f + 0.65f * open) + fill_power * std::max(0.0f, dot(n, fill));
    const float red = wrapped(0.26f + 0.34f * s.scatter), green = wrapped(0.26f + 0.13f * s.scatter), blue = wrapped(0.26f + 0.06f * s.scatter);
    const float lit = key_power * (0.30f + 0.70f * open);
    Colour c{albedo.r * (sky * ambient_colour.r + lit * red * key_colour.r), albedo.g * (sky * ambient_colour.g + lit * green * key_colour.g),
             albedo.b * (sky * ambient_colour.b + lit * blue * key_colour.b)};
    float h = std::max(0.0f, dot(n, half));
    h *= h, h *= h, h *= h, h *= h;  // ^16
    const float shine = s.gloss * h * open * (1 + (s.steps > 0 ? 0.0f : 0.3f * grain));
    const float grained = 1 + s.rough * grain;
    c = {c.r * grained + shine, c.g * grained + shine * 0.97f, c.b * grained + shine * 0.93f};
    if (s.steps > 0) c = {c.r * (1 + 0.022f * grain), c.g, c.b * (1 - 0.028f * grain)};  // paint is never mixed evenly
    const float brightest = std::max({c.r, c.g, c.b, 1e-4f}), kept = filmed(brightest) / brightest;
    return clamped({c.r * kept, c.g * kept, c.b * kept});
}

NoiseTile::NoiseTile(Kind kind) {
    Random r(71 + static_cast<std::uint64_t>(kind));
    std::vector<float> white(kSide * kSide);
    for (float& v : white) v = r.range(-1, 1);
    auto wrapped = [&](const std::vector<float>& from, int x, int y) { return from[static_cast<std::size_t>(((y & (kSide - 1)) * kSide) + (x & (kSide - 1)))]; };
    if (kind == Kind::folds)
        for (int pass = 0; pass < 3; ++pass) blur(white, 5, 9);
    double power = 0;
    for (int y = 0; y < kSide; ++y)
        for (int x = 0; x < kSide; ++x) {
            float sum = 0;
            if (kind == Kind::pores) {
                for (int j = -1; j <= 1; ++j)
                    for (int i = -1; i <= 1; ++i) sum += wrapped(white, x + i, y + j) * (i == 0 && j == 0 ? 1.0f : 0.35f);
            } else if (kind == Kind::folds) {
                sum = wrapped(white, x, y);
            } else {
                // Bristles: long along the stroke, short across it.
                for (int along = -11; along <= 11; ++along)
                    for (int across = -1; across <= 1; ++across) sum += wrapped(white, x + along + across, y + along / 2 - across);
            }
            values_[y * kSide + x] = sum;
            power += static_cast<double>(sum) * sum;
        }
    const float scale = static_cast<float>(0.45 / std::sqrt(power / (kSide * kSide)));
    for (float& v : values_) v = std::clamp(v * scale, -1.0f, 1.0f);
}

const NoiseTile& NoiseTile::pores() {
    static const NoiseTile tile(Kind::pores);
    return tile;
}

const NoiseTile& NoiseTile::strokes() {
    static const NoiseTile tile(Kind::strokes);
    return tile;
}

const NoiseTile& NoiseTile::folds() {
    static const NoiseTile tile(Kind::folds);
    return tile;
}

float NoiseTile::at(Vec2 p) const {
    const float fx = std::floor(p.x), fy = std::floor(p.y), tx = p.x - fx, ty = p.y - fy;
    const int x = static_cast<int>(fx), y = static_cast<int>(fy);
    return mix(mix(texel(x, y), texel(x + 1, y), tx), mix(texel(x, y + 1), texel(x + 1, y + 1), tx), ty);
}

}  // namespace mirrorme::performers

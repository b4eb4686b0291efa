#include "train/performers/face_relief.h"

namespace mirrorme::performers {
namespace {

float bell(float d) { return std::exp(-d * d); }
/// A round hill at (x0, y0) with radii rx, ry.
float hill(float x, float y, float x0, float y0, float rx, float ry) { return std::exp(-std::pow((x - x0) / rx, 2.0f) - std::pow((y - y0) / ry, 2.0f)); }

/// Distance from a point to a segment, for folds of the skin.
float off_segment(Vec2 p, Vec2 a, Vec2 b) {
    const Vec2 ab = b - a;
    return length(p - (a + ab * clamp01(dot(p - a, ab) / std::max(dot(ab, ab), 1e-6f))));
}

Colour reddened(Colour c, float amount) { return {c.r * (1 - 0.02f * amount), c.g * (1 - 0.24f * amount), c.b * (1 - 0.22f * amount)}; }

}  // namespace

float FaceRelief::bumps(const CharacterLook& look, float x, float y) const {
    const NoseLook& n = look.nose;
    const EyeLook& e = look.eyes;
    const float ax = std::abs(x), age = look.face.age;
    float z = 0;
    // Nose: a ridge that widens and rises to the tip, the ball of the tip, two wings.
    const float tip_y = n.y - 0.07f;
    const float down = clamp01((y + 0.10f) / (tip_y + 0.10f));
    const float ridge_height = mix(n.bridge, n.depth * 0.84f, down * (0.55f + 0.45f * down));
    const float ridge_width = mix(0.115f, 0.68f * n.half_width, down);
    const float under = smooth_step(n.y + 0.06f, tip_y - 0.02f, y), above = smooth_step(-0.42f, 0.0f, y);
    z += ridge_height * bell(ax / ridge_width) * under * above;
    z += 0.16f * n.depth * hill(x, y, 0, tip_y - 0.01f, 0.62f * n.half_width, 0.085f);
    z += 0.10f * hill(ax, y, n.half_width * 0.80f, n.y - 0.045f, 0.36f * n.half_width, 0.065f);
    // Brow ridge, sockets, the balls of the eyes.
    z += 0.035f * hill(ax, y, e.x, look.brows.y + 0.02f, 0.34f, 0.09f) * (look.body.feminine ? 0.6f : 1.2f);
    z -= 0.085f * hill(ax, y, e.x - 0.03f, -0.03f, e.half_width * 1.15f, 0.17f);
    z += 0.055f * hill(ax, y, e.x, 0.0f, e.half_width * 0.66f, 0.10f);
    z -= 0.03f * hill(ax, y, 0.20f, -0.02f, 0.10f, 0.13f);
    // Cheekbones and cheeks.
    z += 0.055f * hill(ax, y, 0.62f, 0.30f, 0.26f, 0.20f);
    z -= 0.045f * hill(ax, y, 0.66f, 0.74f, 0.22f, 0.26f) * (0.5f + 0.8f * age);
    // Mouth: the round of the teeth, philtrum, the hollow under the lower lip, chin.
    z += 0.075f * hill(x, y, 0, look.lips.y, look.lips.half_width * 1.15f, 0.26f);
    z -= 0.020f * hill(x, y, 0, mix(n.y, look.lips.y, 0.5f), 0.05f, 0.10f);
    z += 0.012f * hill(ax, y, 0.085f, mix(n.y, look.lips.y, 0.55f), 0.04f, 0.10f);
    z -= 0.038f * hill(x, y, 0, look.lips.y + look.lips.lower + 0.10f, 0.22f, 0.075f);
    z += 0.045f * hill(x, y, 0, look.face.chin_y - 0.14f, 0.22f, 0.15f);
    // Folds from the wings of the nose to the corners of the mouth, deeper with age; forehead lines; bags.
    const float fold = off_segment({ax, y}, {n.half_width * 1.15f, n.y - 0.04f}, {look.lips.half_width * 1.20f, look.lips.y + 0.02f});
    z -= (0.006f + 0.026f * age) * bell(fold / 0.05f);
    if (age > 0.4f) {
        for (const float line : {-0.52f, -0.64f, -0.76f}) z -= 0.007f * (age - 0.3f) * bell((y - line - 0.02f * std::cos(3 * x)) / 0.018f) * bell(ax / 0.6f);
        z -= 0.014f * age * bell(off_segment({ax, y}, {e.x - 0.14f, 0.15f}, {e.x + 0.12f, 0.19f}) / 0.03f);
    }
    return z;
}

FaceRelief::Vertex FaceRelief::vertex(const CharacterLook& look, const HeadShape& shape, int column, int row) const {
    Vertex out;
    const float u = 2 * static_cast<float>(column) / kColumns - 1, v = static_cast<float>(row) / kRows;
    const HeadSlice s = shape.slice(v);
    // More columns in the middle, where the features are.
    const float w = radians(118) * (0.72f * u + 0.28f * u * u * u);
    const float x = s.half_width * std::sin(w);
    const bool front = std::abs(w) < kPi / 2;
    const float z = front ? shape.surface(x, s.y) : s.centre() + s.half_depth() * std::cos(w);
    out.place = {x, s.y, z + (front ? bumps(look, x, s.y) * smooth_step(1.0f, 0.92f, std::abs(std::sin(w))) : 0)};
    out.u = w * 60;
    out.v = s.y * 60;

    const SkinLook& k = look.skin;
    const float ax = std::abs(x), y = s.y;
    Colour c = k.base;
    const float red = 0.55f * hill(ax, y, 0.52f, 0.40f, 0.26f, 0.20f) * (0.5f + k.blush_amount) + 0.50f * hill(x, y, 0, look.nose.y - 0.08f, 0.20f, 0.12f) +
                      0.30f * hill(x, y, 0, look.face.chin_y - 0.12f, 0.20f, 0.10f) + 0.35f * hill(ax, y, look.eyes.x, 0.02f, 0.24f, 0.13f);
    c = reddened(c, red);
    // Thin skin around the eyes, shadow of a shaved beard.
    const float tired = hill(ax, y, look.eyes.x - 0.04f, 0.15f, 0.20f, 0.07f) * (0.10f + 0.14f * look.face.age);
    c = mix(c, Colour{c.r * 0.80f, c.g * 0.74f, c.b * 0.80f}, tired);
    if (!look.body.feminine) {
        const float jaw = smooth_step(look.nose.y + 0.10f, look.lips.y + 0.12f, y + 0.10f * ax);
        const float shadow = look.extras.beard == BeardKind::stubble ? 0.34f : 0.12f;
        c = mix(c, mix(c, Colour{0.30f, 0.27f, 0.28f}, 0.6f), shadow * jaw);
    }
    c = mix(c, scaled(c, 0.86f), 0.6f * hill(ax, y, look.eyes.x, -look.eyes.upper - 0.05f, look.eyes.half_width, 0.07f));
    if (look.eyes.make_up > 0) c = mix(c, mix(c, look.eyes.shadow, 0.5f), look.eyes.make_up * 0.7f * hill(ax, y, look.eyes.x + 0.02f, -look.eyes.upper - 0.02f, look.eyes.half_width, 0.09f));
    out.albedo = c;
    out.open = 1 - 0.18f * hill(x, y, 0, look.nose.y + 0.05f, look.nose.half_width * 1.05f, 0.055f) - 0.24f * hill(ax, y, look.eyes.x - 0.10f, -0.06f, 0.18f, 0.11f) -
               0.20f * hill(x, y, 0, look.lips.y + look.lips.lower + 0.10f, 0.20f, 0.06f) - 0.35f * smooth_step(0.86f, 1.0f, v) - 0.22f * smooth_step(0.80f, 1.0f, ax / std::max(s.half_width, 0.05f)) * smooth_step(-0.3f, 0.4f, y);
    out.open = clamp01(out.open);
    out.gloss = 0.45f + 0.9f * hill(x, y, 0, -0.55f, 0.45f, 0.26f) + 1.1f * hill(x, y, 0, look.nose.y - 0.10f, 0.09f, 0.20f) + 0.7f * hill(ax, y, 0.55f, 0.24f, 0.20f, 0.14f) +
                0.5f * hill(x, y, 0, look.face.chin_y - 0.12f, 0.15f, 0.10f);
    return out;
}

FaceRelief::FaceRelief(const CharacterLook& look) {
    const HeadShape shape(look.face);
    vertices_.reserve(static_cast<std::size_t>((kRows + 1) * (kColumns + 1)));
    for (int row = 0; row <= kRows; ++row)
        for (int column = 0; column <= kColumns; ++column) vertices_.push_back(vertex(look, shape, column, row));
}

struct FaceRelief::Lit {
    Vec2 at;
    float depth;
    Vec3 normal;
};

void FaceRelief::draw(Canvas& canvas, const HeadRig& head, const Light& light, const Surfacing& skin) const {
    const int width = canvas.width(), height = canvas.height();
    const std::size_t stride = kColumns + 1;
    std::vector<Lit> lit(vertices_.size());
    std::vector<Vec3> turned(vertices_.size());
    for (std::size_t i = 0; i < vertices_.size(); ++i) {
        const Vec3 p = head.jaw(vertices_[i].place);
        turned[i] = head.turn(p);
        lit[i].at = head.project(p);
        lit[i].depth = turned[i].z;
    }
    Vec2 low{static_cast<float>(width), static_cast<float>(height)}, high{0, 0};
    for (int row = 0; row <= kRows; ++row)
        for (int column = 0; column <= kColumns; ++column) {
            const std::size_t i = static_cast<std::size_t>(row) * stride + static_cast<std::size_t>(column);
            const std::size_t left = column > 0 ? i - 1 : i, right = column < kColumns ? i + 1 : i;
            const std::size_t up = row > 0 ? i - stride : i, down = row < kRows ? i + stride : i;
            Vec3 n = unit(cross(turned[right] - turned[left], turned[down] - turned[up]));
            if (row == 0 || row == kRows) n = {0, row == 0 ? -1.0f : 1.0f, 0.2f};
            lit[i].normal = n;
            low = {std::min(low.x, lit[i].at.x), std::min(low.y, lit[i].at.y)};
            high = {std::max(high.x, lit[i].at.x), std::max(high.y, lit[i].at.y)};
        }
    const int x0 = std::clamp(static_cast<int>(low.x) - 1, 0, width), y0 = std::clamp(static_cast<int>(low.y) - 1, 0, height);
    const int x1 = std::clamp(static_cast<int>(high.x) + 2, 0, width), y1 = std::clamp(static_cast<int>(high.y) + 2, 0, height);
    const int w = x1 - x0, h = y1 - y0;
    if (w <= 0 || h <= 0) return;
    Surface layer(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, w, h));
    auto* pixels = reinterpret_cast<std::uint32_t*>(cairo_image_surface_get_data(layer.get()));
    const int row_pixels = cairo_image_surface_get_stride(layer.get()) / 4;
    std::vector<float> nearest(static_cast<std::size_t>(w) * static_cast<std::size_t>(h), -1e9f);
    const NoiseTile& noise = skin.steps > 0 ? NoiseTile::strokes() : NoiseTile::pores();

    // Pores stay about a pixel wide in large pictures.
    const float fine = skin.steps > 0 ? 1.0f : std::max(1.0f, std::round(head.unit() / 42));
    auto triangle = [&](std::size_t ia, std::size_t ib, std::size_t ic) {
        const Lit &a = lit[ia], &b = lit[ib], &c = lit[ic];
        const float area = (b.at.x - a.at.x) * (c.at.y - a.at.y) - (b.at.y - a.at.y) * (c.at.x - a.at.x);
        if (area <= 1e-6f) return;  // turned away
        const int left = std::max(static_cast<int>(std::ceil(std::min({a.at.x, b.at.x, c.at.x}) - 0.5f)), x0);
        const int right = std::min(static_cast<int>(std::floor(std::max({a.at.x, b.at.x, c.at.x}) - 0.5f)), x1 - 1);
        const int top = std::max(static_cast<int>(std::ceil(std::min({a.at.y, b.at.y, c.at.y}) - 0.5f)), y0);
        const int bottom = std::min(static_cast<int>(std::floor(std::max({a.at.y, b.at.y, c.at.y}) - 0.5f)), y1 - 1);
        const Vertex &va = vertices_[ia], &vb = vertices_[ib], &vc = vertices_[ic];
        for (int y = top; y <= bottom; ++y)
            for (int x = left; x <= right; ++x) {
                const float px = static_cast<float>(x) + 0.5f, py = static_cast<float>(y) + 0.5f;
                const float wb = ((px - a.at.x) * (c.at.y - a.at.y) - (py - a.at.y) * (c.at.x - a.at.x)) / area;
                const float wc = ((b.at.x - a.at.x) * (py - a.at.y) - (b.at.y - a.at.y) * (px - a.at.x)) / area;
                const float wa = 1 - wb - wc;
                if (wa < -1e-4f || wb < -1e-4f || wc < -1e-4f) continue;
                auto blend = [&](float p, float q, float r) { return wa * p + wb * q + wc * r; };
                const float depth = blend(a.depth, b.depth, c.depth);
                float& seen = nearest[static_cast<std::size_t>(y - y0) * static_cast<std::size_t>(w) + static_cast<std::size_t>(x - x0)];
                if (depth <= seen) continue;
                seen = depth;
                const Vec3 n = unit(a.normal * wa + b.normal * wb + c.normal * wc);
                const Colour albedo{blend(va.albedo.r, vb.albedo.r, vc.albedo.r), blend(va.albedo.g, vb.albedo.g, vc.albedo.g), blend(va.albedo.b, vb.albedo.b, vc.albedo.b)};
                Surfacing s = skin;
                s.gloss *= blend(va.gloss, vb.gloss, vc.gloss);
                const float grain = noise.at(Vec2{blend(va.u, vb.u, vc.u), blend(va.v, vb.v, vc.v)} * fine);
                const Colour out = light.shade(s, albedo, n, grain, blend(va.open, vb.open, vc.open));
                auto byte = [](float v) { return static_cast<std::uint32_t>(v * 255 + 0.5f); };
                pixels[(y - y0) * row_pixels + (x - x0)] = 0xFF000000u | byte(out.r) << 16 | byte(out.g) << 8 | byte(out.b);
            }
    };
    for (std::size_t row = 0; row < kRows; ++row)
        for (std::size_t column = 0; column < kColumns; ++column) {
            const std::size_t i = row * stride + column;
            triangle(i, i + 1, i + stride);
            triangle(i + 1, i + stride + 1, i + stride);
        }
    cairo_surface_mark_dirty(layer.get());
    cairo_set_source_surface(canvas.context(), layer.get(), x0, y0);
    cairo_paint(canvas.context());
}

}  // namespace mirrorme::performers

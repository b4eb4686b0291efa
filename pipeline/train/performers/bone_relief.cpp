#include "train/performers/bone_relief.h"

namespace mirrorme::performers {
namespace {

constexpr float kMargin = 1.12f;  // surfaces go on a little past the bone's edge, so that clips have no gaps
constexpr float kNowhere = -1e9f;

struct Sample {
    Vec3 normal;
    float height;
};

/// The bone's surface at a pixel; height is kNowhere beside it.
Sample surface_of(const Bone& bone, Vec2 p) {
    const Vec2 ab = bone.to - bone.from;
    const float t = clamp01(dot(p - bone.from, ab) / std::max(dot(ab, ab), 1e-6f));
    const float r = std::max(mix(bone.from_radius, bone.to_radius, t), 0.1f);
    const Vec2 d = (p - (bone.from + ab * t)) * (1 / r);
    const float q = dot(d, d);
    if (q > kMargin * kMargin) return {{}, kNowhere};
    const float up = std::sqrt(std::max(1 - q, 0.03f));
    return {{d.x, d.y, up}, mix(bone.from_z, bone.to_z, t) + r * (q < 1 ? up : 0.17f - (q - 1))};
}

}  // namespace

BoneRelief::BoneRelief(Canvas& canvas, std::span<const Bone> bones, float blend, Extent extent) {
    Vec2 low{1e9f, 1e9f}, high{-1e9f, -1e9f};
    auto reach = [](const Bone& b) { return kMargin * std::max(b.from_radius, b.to_radius) + 1; };
    for (const Bone& b : bones) {
        const float r = reach(b);
        low = {std::min({low.x, b.from.x - r, b.to.x - r}), std::min({low.y, b.from.y - r, b.to.y - r})};
        high = {std::max({high.x, b.from.x + r, b.to.x + r}), std::max({high.y, b.from.y + r, b.to.y + r})};
    }
    if (extent == Extent::clip) {
        double x0, y0, x1, y1;
        cairo_clip_extents(canvas.context(), &x0, &y0, &x1, &y1);
        low = {std::max(low.x, static_cast<float>(x0)), std::max(low.y, static_cast<float>(y0))};
        high = {std::min(high.x, static_cast<float>(x1)), std::min(high.y, static_cast<float>(y1))};
    }
    const int w = canvas.width(), h = canvas.height();
    auto inside = [](float v, int limit) { return static_cast<int>(std::clamp(v, 0.0f, static_cast<float>(limit))); };
    x_ = inside(std::floor(low.x), w);
    y_ = inside(std::floor(low.y), h);
    width_ = inside(std::ceil(high.x), w) - x_;
    height_ = inside(std::ceil(high.y), h) - y_;
    if (width_ <= 0 || height_ <= 0) {
        width_ = height_ = 0;
        return;
    }
    cells_.assign(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_), {{}, kNowhere, 0});
    auto each = [&](const Bone& b, const auto& visit) {
        const float r = reach(b);
        const int x0 = std::max(static_cast<int>(std::min(b.from.x, b.to.x) - r), x_), x1 = std::min(static_cast<int>(std::max(b.from.x, b.to.x) + r) + 1, x_ + width_);
        const int y0 = std::max(static_cast<int>(std::min(b.from.y, b.to.y) - r), y_), y1 = std::min(static_cast<int>(std::max(b.from.y, b.to.y) + r) + 1, y_ + height_);
        for (int y = y0; y < y1; ++y)
            for (int x = x0; x < x1; ++x) {
                const Sample s = surface_of(b, {static_cast<float>(x) + 0.5f, static_cast<float>(y) + 0.5f});
                if (s.height > kNowhere) visit(cells_[static_cast<std::size_t>(y - y_) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x - x_)], s);
            }
    };
    for (const Bone& b : bones) each(b, [](Cell& c, const Sample& s) { c.height = std::max(c.height, s.height); });
    for (const Bone& b : bones)
        each(b, [&](Cell& c, const Sample& s) {
            const float below = (c.height - s.height) / blend;
            if (below > 6) return;
            const float falling = 1 + below * (0.5f + 0.25f * below), weight = 1 / (falling * falling);
            c.normal = c.normal + s.normal * weight;
            c.weight += weight;
        });
}

template <class Colouring>
Surface BoneRelief::lit(const Colouring& colour_at) const {
    Surface layer(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width_, height_));
    auto* pixels = reinterpret_cast<std::uint32_t*>(cairo_image_surface_get_data(layer.get()));
    const int stride = cairo_image_surface_get_stride(layer.get()) / 4;
    auto byte = [](float v) { return static_cast<std::uint32_t>(v * 255 + 0.5f); };
    for (int y = 0; y < height_; ++y)
        for (int x = 0; x < width_; ++x) {
            const Cell& c = cells_[static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) + static_cast<std::size_t>(x)];
            if (c.weight <= 0) continue;
            const Colour out = colour_at(unit(c.normal), Vec2{static_cast<float>(x_ + x), static_cast<float>(y_ + y)});
            pixels[y * stride + x] = 0xFF000000u | byte(out.r) << 16 | byte(out.g) << 8 | byte(out.b);
        }
    cairo_surface_mark_dirty(layer.get());
    return layer;
}

void BoneRelief::composite(Canvas& canvas, cairo_operator_t how, cairo_surface_t* layer) const {
    cairo_save(canvas.context());
    cairo_rectangle(canvas.context(), x_, y_, width_, height_);
    cairo_clip(canvas.context());
    cairo_set_operator(canvas.context(), how);
    cairo_set_source_surface(canvas.context(), layer, x_, y_);
    cairo_paint(canvas.context());
    cairo_restore(canvas.context());
}

void BoneRelief::draw_skin(Canvas& canvas, const Light& light, const Surfacing& skin, Colour albedo, SurfaceFrame hung) const {
    if (width_ == 0) return;
    const NoiseTile& noise = skin.steps > 0 ? NoiseTile::strokes() : NoiseTile::pores();
    const Surface layer = lit([&](Vec3 n, Vec2 p) {
        const float open = 0.45f + 0.55f * smooth_step(0.05f, 0.75f, n.z);
        return light.shade(skin, albedo, n, noise.at(hung.place(p)), open);
    });
    composite(canvas, CAIRO_OPERATOR_OVER, layer.get());
}

void BoneRelief::shade_cloth(Canvas& canvas, const Light& light, const Surfacing& cloth, SurfaceFrame hung, float scale) {
    if (width_ == 0) return;
    if (!cloth_) {
        const NoiseTile& folds = NoiseTile::folds();
        const NoiseTile& threads = cloth.steps > 0 ? NoiseTile::strokes() : NoiseTile::pores();
        const float texel = 16 / scale;
        constexpr float kDepth = 1.65f;
        cloth_ = lit([&](Vec3 n, Vec2 p) {
            const Vec2 place = hung.place(p);
            const Vec2 fold = place * texel + Vec2{400, 400};
            const float here = folds.at(fold);
            const float across = kDepth * (folds.at(fold + Vec2{1, 0}) - here), down = kDepth * (folds.at(fold + Vec2{0, 1}) - here);
            const Vec2 slope = hung.right * across + hung.down * down;
            n = n + Vec3{slope.x, slope.y, 0};
            const float open = (0.55f + 0.45f * smooth_step(0.0f, 0.6f, n.z)) * (0.90f + 0.10f * here);
            // Multiplying only darkens: lift it, so that a lit place keeps the cloth's own colour.
            return scaled(light.shade(cloth, {1, 1, 1}, unit(n), threads.at(place), open), 1.12f);
        });
    }
    composite(canvas, CAIRO_OPERATOR_MULTIPLY, cloth_.get());
}

}  // namespace mirrorme::performers

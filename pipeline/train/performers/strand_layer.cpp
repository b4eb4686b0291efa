#include "train/performers/strand_layer.h"

namespace mirrorme::performers {

StrandLayer::StrandLayer(const Canvas& canvas, Vec2 low, Vec2 high) {
    auto bound = [](float v, int limit) { return static_cast<int>(std::clamp(v, 0.0f, static_cast<float>(limit))); };
    x_ = bound(std::floor(low.x), canvas.width());
    y_ = bound(std::floor(low.y), canvas.height());
    width_ = bound(std::ceil(high.x), canvas.width()) - x_;
    height_ = bound(std::ceil(high.y), canvas.height()) - y_;
    if (width_ <= 0 || height_ <= 0) {
        width_ = height_ = 0;
        return;
    }
    surface_.reset(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width_, height_));
    pixels_ = reinterpret_cast<std::uint32_t*>(cairo_image_surface_get_data(surface_.get()));
    stride_ = cairo_image_surface_get_stride(surface_.get()) / 4;
}

void StrandLayer::blend(int x, int y, float coverage) {
    if (x < 0 || y < 0 || x >= width_ || y >= height_) return;
    const float a = alpha_ * coverage, keep = 1 - a;
    std::uint32_t& p = pixels_[y * stride_ + x];
    auto mixed = [&](int shift, float v) { return static_cast<std::uint32_t>(static_cast<float>((p >> shift) & 255) * keep + v * a + 0.5f) << shift; };
    p = mixed(24, 255) | mixed(16, red_) | mixed(8, green_) | mixed(0, blue_);
}

void StrandLayer::segment(Vec2 from, Vec2 to, float width) {
    const Vec2 d = to - from;
    const bool steep = std::abs(d.y) > std::abs(d.x);
    float a0 = steep ? from.y : from.x, a1 = steep ? to.y : to.x, b0 = steep ? from.x : from.y, b1 = steep ? to.x : to.y;
    if (a0 > a1) {
        std::swap(a0, a1);
        std::swap(b0, b1);
    }
    if (a1 - a0 < 1e-4f) return;
    const float slope = (b1 - b0) / (a1 - a0), half = 0.5f * width * std::sqrt(1 + slope * slope);
    // Pixel centres in [a0, a1): neighbouring segments share no column.
    for (int i = static_cast<int>(std::ceil(a0 - 0.5f)); static_cast<float>(i) + 0.5f < a1; ++i) {
        const float middle = b0 + (static_cast<float>(i) + 0.5f - a0) * slope, low = middle - half, high = middle + half;
        for (int j = static_cast<int>(std::floor(low)); static_cast<float>(j) < high; ++j) {
            const float coverage = std::min(high, static_cast<float>(j) + 1) - std::max(low, static_cast<float>(j));
            if (steep) blend(j, i, coverage);
            else blend(i, j, coverage);
        }
    }
}

void StrandLayer::hair(Vec2 a, Vec2 b, Vec2 c, Vec2 d, Ink ink, float width) {
    if (width_ == 0) return;
    red_ = 255 * ink.colour.r;
    green_ = 255 * ink.colour.g;
    blue_ = 255 * ink.colour.b;
    alpha_ = ink.alpha;
    const Vec2 origin{static_cast<float>(x_), static_cast<float>(y_)};
    const int steps = std::clamp(static_cast<int>((length(b - a) + length(c - b) + length(d - c)) / 5) + 1, 1, 16);
    Vec2 before = a - origin;
    for (int i = 1; i <= steps; ++i) {
        const float t = static_cast<float>(i) / static_cast<float>(steps), u = 1 - t;
        const Vec2 p = a * (u * u * u) + b * (3 * u * u * t) + c * (3 * u * t * t) + d * (t * t * t) - origin;
        segment(before, p, width);
        before = p;
    }
}

void StrandLayer::arc(Vec2 centre, float radius, float start, float sweep, Ink ink, float width) {
    const int parts = std::max(1, static_cast<int>(std::ceil(std::abs(sweep) / (kPi / 2))));
    const float step = sweep / static_cast<float>(parts), handle = 4.0f / 3 * std::tan(step / 4) * radius;
    for (int i = 0; i < parts; ++i) {
        const float from = start + step * static_cast<float>(i), to = from + step;
        const Vec2 a{std::cos(from), std::sin(from)}, d{std::cos(to), std::sin(to)};
        hair(centre + a * radius, centre + a * radius + perpendicular(a) * handle, centre + d * radius - perpendicular(d) * handle, centre + d * radius, ink, width);
    }
}

void StrandLayer::paint(Canvas& canvas) {
    if (width_ == 0) return;
    cairo_surface_mark_dirty(surface_.get());
    cairo_set_source_surface(canvas.context(), surface_.get(), x_, y_);
    cairo_rectangle(canvas.context(), x_, y_, width_, height_);
    cairo_fill(canvas.context());
}

}  // namespace mirrorme::performers

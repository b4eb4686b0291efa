#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/cpu/cpu_operations.h"
#include "kernels/cpu/simd.h"

namespace mirrorme::kernels::cpu {
namespace {

constexpr int kSubRows = 4;        // sub-rows of a pixel row: enough for the eye, and a quarter's error is what the net sees anyway
constexpr int kMaxCrossings = 64;  // of one line with an outline

struct Extent {
    int x0, x1, y0, y1;  // pixels, half open, inside the picture
};

Extent clip(float x0, float x1, float y0, float y1, Size size) {
    auto low = [](float v, int limit) { return static_cast<int>(std::clamp(std::floor(v), 0.0f, static_cast<float>(limit))); };
    auto high = [](float v, int limit) { return static_cast<int>(std::clamp(std::ceil(v) + 1, 0.0f, static_cast<float>(limit))); };
    return {low(x0, size.width), high(x1, size.width), low(y0, size.height), high(y1, size.height)};
}

Extent extent_of(const Capsule& capsule, Size size) {
    const float r = std::max(capsule.r0, capsule.r1) + 1;
    return clip(std::min(capsule.p0.x, capsule.p1.x) - r, std::max(capsule.p0.x, capsule.p1.x) + r,
                std::min(capsule.p0.y, capsule.p1.y) - r, std::max(capsule.p0.y, capsule.p1.y) + r, size);
}

/// Sorted x of the outline's crossings with the line at y; returns their number.
int crossings(std::span<const Point> outline, float y, std::array<float, kMaxCrossings>& xs) {
    int count = 0;
    for (std::size_t i = 0, j = outline.size() - 1; i < outline.size(); j = i++) {
        const Point a = outline[j], b = outline[i];
        if ((a.y <= y) == (b.y <= y) || count == kMaxCrossings) continue;
        xs[static_cast<std::size_t>(count++)] = a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x);
    }
    std::sort(xs.begin(), xs.begin() + count);
    return count & ~1;
}

/// Adds `amount` to each pixel of the row times the share of it inside [from, to]; pixel i spans i - 0.5 .. i + 0.5.
void add_span(float from, float to, float amount, int width, float* row) {
    from = std::clamp(from + 0.5f, 0.0f, static_cast<float>(width));
    to = std::clamp(to + 0.5f, 0.0f, static_cast<float>(width));
    if (to <= from) return;
    const int first = std::min(static_cast<int>(from), width - 1), last = std::min(static_cast<int>(to), width - 1);
    if (first == last) {
        row[first] += amount * (to - from);
        return;
    }
    row[first] += amount * (static_cast<float>(first + 1) - from);
    for (int x = first + 1; x < last; ++x) row[x] += amount;
    row[last] += amount * (to - static_cast<float>(last));
}

struct Along {
    float dx, dy, inverse_length2;
};

Along direction(const Capsule& capsule) {
    const float dx = capsule.p1.x - capsule.p0.x, dy = capsule.p1.y - capsule.p0.y;
    return {dx, dy, 1 / std::max(dx * dx + dy * dy, 1e-6f)};
}

}  // namespace

void cover_polygon(std::span<const Point> outline, float value, Size size, float* plane) {
    if (outline.size() < 3) return;
    float x0 = outline[0].x, x1 = x0, y0 = outline[0].y, y1 = y0;
    for (const Point& p : outline) {
        x0 = std::min(x0, p.x), x1 = std::max(x1, p.x);
        y0 = std::min(y0, p.y), y1 = std::max(y1, p.y);
    }
    if (!(x1 - x0 < 1e6f) || !(y1 - y0 < 1e6f)) return;  // also refuses NaN
    const Extent extent = clip(x0 - 1, x1 + 1, y0 - 1, y1 + 1, size);
    std::array<float, kMaxSide> row;
    std::array<float, kMaxCrossings> xs;
    for (int y = extent.y0; y < extent.y1; ++y) {
        std::fill(row.begin() + extent.x0, row.begin() + extent.x1, 0.0f);
        for (int s = 0; s < kSubRows; ++s) {
            const float line = static_cast<float>(y) - 0.5f + (static_cast<float>(s) + 0.5f) / kSubRows;
            const int count = crossings(outline, line, xs);
            for (int i = 0; i < count; i += 2)
                add_span(xs[static_cast<std::size_t>(i)], xs[static_cast<std::size_t>(i + 1)], 1.0f / kSubRows, size.width, row.data());
        }
        float* out = plane + static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width);
        for (int x = extent.x0; x < extent.x1; ++x) out[x] = std::max(out[x], value * std::min(row[static_cast<std::size_t>(x)], 1.0f));
    }
}

MIRRORME_SIMD void cover_capsule(const Capsule& capsule, float value, Size size, float* plane) {
    const Extent extent = extent_of(capsule, size);
    const Along along = direction(capsule);
    for (int y = extent.y0; y < extent.y1; ++y) {
        float* out = plane + static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width);
        const float py = static_cast<float>(y) - capsule.p0.y;
        for (int x = extent.x0; x < extent.x1; ++x) {
            const float px = static_cast<float>(x) - capsule.p0.x;
            const float t = std::min(std::max((px * along.dx + py * along.dy) * along.inverse_length2, 0.0f), 1.0f);
            const float ex = px - t * along.dx, ey = py - t * along.dy;
            const float inside = capsule.r0 + t * (capsule.r1 - capsule.r0) - std::sqrt(ex * ex + ey * ey);
            out[x] = std::max(out[x], value * std::min(std::max(inside + 0.5f, 0.0f), 1.0f));
        }
    }
}

MIRRORME_SIMD void ridge_capsule(const Capsule& capsule, Size size, float* plane) {
    const Extent extent = extent_of(capsule, size);
    const Along along = direction(capsule);
    for (int y = extent.y0; y < extent.y1; ++y) {
        float* out = plane + static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width);
        const float py = static_cast<float>(y) - capsule.p0.y;
        for (int x = extent.x0; x < extent.x1; ++x) {
            const float px = static_cast<float>(x) - capsule.p0.x;
            const float t = std::min(std::max((px * along.dx + py * along.dy) * along.inverse_length2, 0.0f), 1.0f);
            const float ex = px - t * along.dx, ey = py - t * along.dy, r = std::max(capsule.r0 + t * (capsule.r1 - capsule.r0), 0.5f);
            out[x] = std::max(out[x], std::sqrt(std::max(1 - (ex * ex + ey * ey) / (r * r), 0.0f)));
        }
    }
}

MIRRORME_SIMD void paint_over(const float* coverage, const float* colour, Size size, float* image) {
    const float r = colour[0], g = colour[1], b = colour[2], a = colour[3];
    const std::size_t pixels = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
    for (std::size_t i = 0; i < pixels; ++i) {
        const float c = coverage[i], keep = 1 - c * a;
        float* p = image + 4 * i;
        p[0] = c * r + keep * p[0];
        p[1] = c * g + keep * p[1];
        p[2] = c * b + keep * p[2];
        p[3] = c * a + keep * p[3];
    }
}

}  // namespace mirrorme::kernels::cpu

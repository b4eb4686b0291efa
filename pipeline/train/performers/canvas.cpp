#include "train/performers/canvas.h"

#include <string>

#include "core/error.h"

namespace mirrorme::performers {
namespace {

void set_source(cairo_t* cr, Ink ink) { cairo_set_source_rgba(cr, ink.colour.r, ink.colour.g, ink.colour.b, ink.alpha); }

void add_stops(cairo_pattern_t* pattern, std::initializer_list<Stop> stops) {
    for (const Stop& s : stops)
        cairo_pattern_add_color_stop_rgba(pattern, s.at, s.ink.colour.r, s.ink.colour.g, s.ink.colour.b, s.ink.alpha);
}

/// Catmull-Rom through the points as Bezier segments; `at(i)` answers for the neighbours of the ends too.
template <class At>
void bezier_through(cairo_t* cr, int segments, const At& at) {
    for (int i = 0; i < segments; ++i) {
        const Vec2 a = at(i - 1), b = at(i), c = at(i + 1), d = at(i + 2);
        const Vec2 p = b + (c - a) * (1.0f / 6), q = c - (d - b) * (1.0f / 6);
        cairo_curve_to(cr, p.x, p.y, q.x, q.y, c.x, c.y);
    }
}

}  // namespace

Canvas::Canvas(int width, int height)
    : width_(width), height_(height), surface_(cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height)), context_(cairo_create(surface_.get())) {
    if (cairo_status(context_.get()) != CAIRO_STATUS_SUCCESS)
        throw Error(ErrorCode::no_space, "picture " + std::to_string(width) + "x" + std::to_string(height), "cannot be drawn", "Use a smaller size");
    cairo_set_line_cap(context(), CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(context(), CAIRO_LINE_JOIN_ROUND);
}

void Canvas::lines(std::span<const Vec2> points) {
    for (const Vec2& p : points) line(p);
}

void Canvas::curve(std::span<const Vec2> points) {
    if (points.empty()) return;
    line(points.front());
    const int last = static_cast<int>(points.size()) - 1;
    bezier_through(context(), last, [&](int i) { return points[static_cast<std::size_t>(std::clamp(i, 0, last))]; });
}

void Canvas::loop(std::span<const Vec2> points) {
    const int n = static_cast<int>(points.size());
    if (n < 3) return;
    move(points.front());
    bezier_through(context(), n, [&](int i) { return points[static_cast<std::size_t>((i + n) % n)]; });
    close();
}

void Canvas::circle(Vec2 centre, float radius) {
    cairo_new_sub_path(context());
    cairo_arc(context(), centre.x, centre.y, std::max(radius, 0.01f), 0, 2 * kPi);
    close();
}

void Canvas::ellipse(Vec2 centre, Vec2 right, Vec2 down) {
    constexpr float k = 0.5522848f;
    auto at = [&](float r, float d) { return centre + right * r + down * d; };
    auto to = [&](Vec2 a, Vec2 b, Vec2 c) { cairo_curve_to(context(), a.x, a.y, b.x, b.y, c.x, c.y); };
    move(at(1, 0));
    to(at(1, k), at(k, 1), at(0, 1));
    to(at(-k, 1), at(-1, k), at(-1, 0));
    to(at(-1, -k), at(-k, -1), at(0, -1));
    to(at(k, -1), at(1, -k), at(1, 0));
    close();
}

void Canvas::capsule(Vec2 from, float from_radius, Vec2 to, float to_radius) {
    const float distance = length(to - from);
    if (distance <= std::abs(from_radius - to_radius) + 1e-3f) {
        circle(from_radius > to_radius ? from : to, std::max(from_radius, to_radius));
        return;
    }
    const float along = std::atan2(to.y - from.y, to.x - from.x);
    const float lean = std::acos(std::clamp((from_radius - to_radius) / distance, -1.0f, 1.0f));
    cairo_new_sub_path(context());
    cairo_arc(context(), to.x, to.y, to_radius, along - lean, along + lean);
    cairo_arc(context(), from.x, from.y, from_radius, along + lean, along - lean + 2 * kPi);
    close();
}

void Canvas::tube(Vec2 from, float from_radius, Vec2 to, float to_radius) {
    const Vec2 along = unit(to - from), across = perpendicular(along);
    const float direction = std::atan2(along.y, along.x);
    move(to - across * to_radius);
    const Vec2 bulge = to + along * (to_radius * 0.22f);
    cairo_curve_to(context(), bulge.x - across.x * to_radius * 0.5f, bulge.y - across.y * to_radius * 0.5f, bulge.x + across.x * to_radius * 0.5f,
                   bulge.y + across.y * to_radius * 0.5f, to.x + across.x * to_radius, to.y + across.y * to_radius);
    cairo_arc(context(), from.x, from.y, from_radius, direction + kPi / 2, direction + 3 * kPi / 2);
    close();
}

void Canvas::ribbon(std::span<const Vec2> points, std::span<const float> widths) {
    constexpr int kSteps = 5;
    const std::vector<Vec2> line = smooth_points(points, kSteps);
    const std::size_t n = line.size();
    if (n < 2) return;
    auto half_width = [&](std::size_t i) {
        const float at = static_cast<float>(i) / kSteps;
        const std::size_t k = std::min(static_cast<std::size_t>(at), widths.size() - 1), next = std::min(k + 1, widths.size() - 1);
        return mix(widths[k], widths[next], at - static_cast<float>(k)) / 2;
    };
    auto normal = [&](std::size_t i) { return perpendicular(unit(line[std::min(i + 1, n - 1)] - line[i == 0 ? 0 : i - 1])); };
    for (std::size_t i = 0; i < n; ++i) {
        const Vec2 p = line[i] + normal(i) * half_width(i);
        if (i == 0) move(p);
        else this->line(p);
    }
    for (std::size_t i = n; i-- > 0;) this->line(line[i] - normal(i) * half_width(i));
    close();
}

void Canvas::fill(Ink ink) {
    set_source(context(), ink);
    cairo_fill(context());
}

void Canvas::fill_keep(Ink ink) {
    set_source(context(), ink);
    cairo_fill_preserve(context());
}

void Canvas::stroke(Ink ink, float width) {
    stroke_keep(ink, width);
    cairo_new_path(context());
}

void Canvas::stroke_keep(Ink ink, float width) {
    if (width <= 0) return;
    set_source(context(), ink);
    cairo_set_line_width(context(), width);
    cairo_stroke_preserve(context());
}

void Canvas::fill_linear(Vec2 from, Vec2 to, std::initializer_list<Stop> stops) {
    cairo_pattern_t* p = cairo_pattern_create_linear(from.x, from.y, to.x, to.y);
    add_stops(p, stops);
    cairo_set_source(context(), p);
    cairo_pattern_destroy(p);
    cairo_fill(context());
}

void Canvas::fill_radial(Vec2 centre, float radius, std::initializer_list<Stop> stops) {
    cairo_pattern_t* p = cairo_pattern_create_radial(centre.x, centre.y, 0, centre.x, centre.y, std::max(radius, 0.01f));
    add_stops(p, stops);
    cairo_set_source(context(), p);
    cairo_pattern_destroy(p);
    cairo_fill(context());
}

void Canvas::glow(Vec2 centre, float radius, Ink ink) {
    circle(centre, radius);
    fill_radial(centre, radius, {{0, ink}, {0.45f, {ink.colour, ink.alpha * 0.55f}}, {1, {ink.colour, 0}}});
}

RgbaImage Canvas::image() {
    cairo_surface_flush(surface());
    RgbaImage out(width_, height_);
    const unsigned char* data = cairo_image_surface_get_data(surface());
    const int stride = cairo_image_surface_get_stride(surface());
    for (int y = 0; y < height_; ++y) {
        const auto* row = reinterpret_cast<const std::uint32_t*>(data + static_cast<std::ptrdiff_t>(y) * stride);
        std::uint8_t* to = out.at(0, y);
        for (int x = 0; x < width_; ++x, to += 4) {
            const std::uint32_t p = row[x], a = p >> 24;
            to[3] = static_cast<std::uint8_t>(a);
            if (a == 0) {
                to[0] = to[1] = to[2] = 0;
                continue;
            }
            for (int c = 0; c < 3; ++c) {
                const std::uint32_t v = (p >> (16 - 8 * c)) & 255;
                to[c] = static_cast<std::uint8_t>(a == 255 ? v : std::min<std::uint32_t>((v * 255 + a / 2) / a, 255));
            }
        }
    }
    return out;
}

std::vector<Vec2> smooth_points(std::span<const Vec2> knots, int steps) {
    std::vector<Vec2> out;
    const int last = static_cast<int>(knots.size()) - 1;
    auto at = [&](int i) { return knots[static_cast<std::size_t>(std::clamp(i, 0, last))]; };
    for (int i = 0; i < last; ++i) {
        const Vec2 a = at(i - 1), b = at(i), c = at(i + 1), d = at(i + 2);
        for (int s = 0; s < steps; ++s) {
            const float t = static_cast<float>(s) / static_cast<float>(steps);
            out.push_back(b + ((c - a) + ((a * 2 - b * 5 + c * 4 - d) + ((b - c) * 3 + d - a) * t) * t) * (0.5f * t));
        }
    }
    if (last >= 0) out.push_back(at(last));
    return out;
}

}  // namespace mirrorme::performers

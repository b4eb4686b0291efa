#pragma once
// A thin, owning layer over Cairo: paths through points, tapered strokes, soft light. Not thread-safe.

#include <cairo.h>

#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

#include "core/image.h"
#include "train/performers/colour.h"
#include "train/performers/vec.h"

namespace mirrorme::performers {

struct SurfaceRelease {
    void operator()(cairo_surface_t* s) const noexcept { cairo_surface_destroy(s); }
};
struct ContextRelease {
    void operator()(cairo_t* c) const noexcept { cairo_destroy(c); }
};
using Surface = std::unique_ptr<cairo_surface_t, SurfaceRelease>;

struct Ink {
    Colour colour;
    float alpha = 1;
};

/// One colour stop of a gradient, `at` in 0 .. 1.
struct Stop {
    float at;
    Ink ink;
};

class Canvas {
public:
    /// Transparent. Throws Error (no_space) when Cairo cannot allocate.
    Canvas(int width, int height);

    cairo_t* context() { return context_.get(); }
    cairo_surface_t* surface() { return surface_.get(); }
    int width() const { return width_; }
    int height() const { return height_; }

    // Paths. A path begins where the last fill or stroke ended it.
    void move(Vec2 p) { cairo_move_to(context(), p.x, p.y); }
    void line(Vec2 p) { cairo_line_to(context(), p.x, p.y); }
    void lines(std::span<const Vec2> points);
    /// Smooth through the points; joined by a straight line to what the path already has.
    void curve(std::span<const Vec2> points);
    void loop(std::span<const Vec2> points);  // smooth and closed
    void close() { cairo_close_path(context()); }
    void circle(Vec2 centre, float radius);
    /// An ellipse with the given half axes.
    void ellipse(Vec2 centre, Vec2 right, Vec2 down);
    /// A rounded, tapered bone.
    void capsule(Vec2 from, float from_radius, Vec2 to, float to_radius);
    /// The same with its far end cut straight (a sleeve).
    void tube(Vec2 from, float from_radius, Vec2 to, float to_radius);
    /// A ribbon along a smooth curve; widths are full widths at the points.
    void ribbon(std::span<const Vec2> points, std::span<const float> widths);

    void fill(Ink ink);
    void fill_keep(Ink ink);
    void stroke(Ink ink, float width);
    void stroke_keep(Ink ink, float width);
    void fill_linear(Vec2 from, Vec2 to, std::initializer_list<Stop> stops);
    void fill_radial(Vec2 centre, float radius, std::initializer_list<Stop> stops);
    /// Radial light over everything that the clip lets through.
    void glow(Vec2 centre, float radius, Ink ink);

    /// Restricts drawing to the path until the Clip ends.
    class Clip {
    public:
        explicit Clip(Canvas& canvas) : context_(canvas.context()) {
            cairo_save(context_);
            cairo_clip(context_);
        }
        ~Clip() { cairo_restore(context_); }
        Clip(const Clip&) = delete;
        Clip& operator=(const Clip&) = delete;

    private:
        cairo_t* context_;
    };

    /// Straight-alpha copy of the pixels.
    RgbaImage image();

private:
    int width_, height_;
    Surface surface_;
    std::unique_ptr<cairo_t, ContextRelease> context_;
};

/// Points of the smooth curve through `knots`, `steps` per segment.
std::vector<Vec2> smooth_points(std::span<const Vec2> knots, int steps);

}  // namespace mirrorme::performers

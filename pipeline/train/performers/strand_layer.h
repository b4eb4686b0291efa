#pragma once
// Many thin anti-aliased hairs, cheaply: Cairo's general strokes cost ten times more for lines of a pixel's width.

#include "train/performers/canvas.h"

namespace mirrorme::performers {

class StrandLayer {
public:
    /// Covers the box from `low` to `high`, as far as it lies on the canvas.
    StrandLayer(const Canvas& canvas, Vec2 low, Vec2 high);

    /// A hair from a to d with Bezier handles b and c; width in pixels.
    void hair(Vec2 a, Vec2 b, Vec2 c, Vec2 d, Ink ink, float width);
    /// A circular arc; angles in radians.
    void arc(Vec2 centre, float radius, float start, float sweep, Ink ink, float width);
    /// Puts the hairs on the canvas, inside its clip.
    void paint(Canvas& canvas);

private:
    void segment(Vec2 from, Vec2 to, float width);
    void blend(int x, int y, float coverage);

    int x_ = 0, y_ = 0, width_ = 0, height_ = 0, stride_ = 0;
    Surface surface_;
    std::uint32_t* pixels_ = nullptr;
    float red_ = 0, green_ = 0, blue_ = 0, alpha_ = 0;  // of the hair being drawn, 0 .. 255 and 0 .. 1
};

}  // namespace mirrorme::performers

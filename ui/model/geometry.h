#pragma once
// Points and boxes of pictures and widgets. Both have x to the right and y down; pictures count their own pixels,
// widgets their logical ones.

#include <algorithm>
#include <cmath>

namespace mirrorme::ui {

struct Point {
    double x = 0, y = 0;
    bool operator==(const Point&) const = default;
};

struct Size {
    double width = 0, height = 0;
    bool empty() const noexcept { return !(width > 0 && height > 0); }
    bool operator==(const Size&) const = default;
};

struct Box {
    double x = 0, y = 0, width = 0, height = 0;
    double right() const noexcept { return x + width; }
    double bottom() const noexcept { return y + height; }
    bool contains(Point p) const noexcept { return p.x >= x && p.x <= right() && p.y >= y && p.y <= bottom(); }
    bool operator==(const Box&) const = default;
};

inline double distance(Point a, Point b) { return std::hypot(a.x - b.x, a.y - b.y); }
inline Point clamped(Point p, Size size) { return {std::clamp(p.x, 0.0, size.width), std::clamp(p.y, 0.0, size.height)}; }

/// Where a picture lies in a widget: whole, centred, `margin` away from the edges. Never divides by nothing: an empty picture
/// or widget has scale 1.
class PictureView {
public:
    PictureView(Size picture, Size widget, double margin) {
        const Size room{widget.width - 2 * margin, widget.height - 2 * margin};
        if (!picture.empty() && !room.empty()) scale_ = std::min(room.width / picture.width, room.height / picture.height);
        area_ = {(widget.width - picture.width * scale_) / 2, (widget.height - picture.height * scale_) / 2, picture.width * scale_, picture.height * scale_};
    }
    double scale() const noexcept { return scale_; }  // widget pixels per picture pixel
    const Box& area() const noexcept { return area_; }
    Point to_widget(Point p) const noexcept { return {area_.x + p.x * scale_, area_.y + p.y * scale_}; }
    Point to_picture(Point p) const noexcept { return {(p.x - area_.x) / scale_, (p.y - area_.y) / scale_}; }

private:
    double scale_ = 1;
    Box area_;
};

}  // namespace mirrorme::ui

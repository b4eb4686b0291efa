#pragma once
// The crop box and the points of eyes and mouth that a user may place on a picture: hit-testing, dragging, clamping, and the
// text forms in which the settings `crop`, `eyes` and `mouth` store them (core/settings.h). One thread.

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/track_io.h"
#include "ui/model/geometry.h"

namespace mirrorme::ui {

/// What can be taken hold of. Sides are the viewer's.
enum class Handle { none, crop, top_left, top_right, bottom_left, bottom_right, left_eye, right_eye, mouth_left, mouth_right };
inline constexpr std::array kPointHandles{Handle::left_eye, Handle::right_eye, Handle::mouth_left, Handle::mouth_right};

/// The settings as text; empty = the engine finds it by itself.
struct PlacementTexts {
    std::string crop, eyes, mouth;
    bool operator==(const PlacementTexts&) const = default;
};

/// "x,y,..." of exactly `count` finite numbers, or empty when it is anything else.
std::vector<double> numbers_from_text(std::string_view text, std::size_t count);
/// Shortest text that reads back the same after rounding to `decimals`.
std::string text_of_numbers(const std::vector<double>& numbers, int decimals);

class PictureEditor {
public:
    static constexpr double kAspect = 2.0 / 3.0;     // width of the crop / its height
    static constexpr double kSmallestCrop = 64;      // pixels, its width
    /// What is stored is taken over as far as it makes sense for this picture; the rest is guessed and stays automatic.
    PictureEditor(Size picture, const PlacementTexts& stored);

    /// Better guesses, where somebody knows: shown while the parts concerned are automatic.
    void suggest_crop(const std::vector<double>& numbers);    // x, y, width, height
    void suggest_points(const std::vector<double>& eyes, const std::vector<double>& mouth);  // x, y, x, y each

    Size picture() const noexcept { return picture_; }
    const Box& crop() const noexcept { return crop_; }
    Point point(Handle handle) const;  // of an eye, the mouth, or a corner of the crop
    bool crop_automatic() const noexcept { return crop_automatic_; }
    bool points_automatic() const noexcept { return points_automatic_; }
    /// Going back to automatic brings the guess back.
    void let_engine_crop();
    void let_engine_find_points();
    void keep_crop() noexcept { crop_automatic_ = false; }
    void keep_points() noexcept { points_automatic_ = false; }

    /// The nearest handle within `reach` widget pixels of `at`; the inside of the crop counts when nothing else is near.
    Handle hit(Point at, const PictureView& view, double reach) const;

    /// Dragging, in picture pixels. What is dragged is no longer automatic.
    void begin_drag(Handle handle, Point at);
    void drag_to(Point at);
    void end_drag() noexcept { dragged_ = Handle::none; }
    Handle dragged() const noexcept { return dragged_; }
    /// By keyboard: moves `handle` by some picture pixels.
    void nudge(Handle handle, double dx, double dy);

    PlacementTexts texts() const;

private:
    void guess_crop();
    void guess_points();
    Box fitted(const std::vector<double>& numbers) const;
    Box within_picture(Box box) const;
    void drag_corner(Point at);
    Point& point_of(Handle handle);

    Size picture_;
    Box crop_, suggested_crop_;
    std::array<Point, 4> points_{}, suggested_points_{};  // in the order of kPointHandles
    bool crop_automatic_ = true, points_automatic_ = true;
    Handle dragged_ = Handle::none;
    Point grip_{};    // from what is dragged to the pointer
    Point anchor_{};  // the corner that stays
};

/// Where eyes and mouth are, as suggest_points() takes them; empty when unknown.
struct FacePoints {
    std::vector<double> eyes, mouth;
};
/// From the one-frame track beside a picture (points_sidecar_of), in pixels.
FacePoints face_points_of(const KeyPointTrack& track);

/// The text form of both, smaller x first.
std::string pair_text(Point a, Point b);

}  // namespace mirrorme::ui

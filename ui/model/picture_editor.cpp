#include "ui/model/picture_editor.h"

#include <charconv>
#include <utility>

#include "ui/model/phrase.h"

namespace mirrorme::ui {
namespace {

bool is_corner(Handle handle) {
    return handle == Handle::top_left || handle == Handle::top_right || handle == Handle::bottom_left || handle == Handle::bottom_right;
}

constexpr std::array kCorners{Handle::top_left, Handle::top_right, Handle::bottom_left, Handle::bottom_right};

/// The largest box of the crop's shape within `size`.
Size largest_crop(Size size) {
    const double width = std::min(size.width, size.height * PictureEditor::kAspect);
    return {width, width / PictureEditor::kAspect};
}

bool inside(const std::vector<double>& xy, Size size) {
    for (std::size_t i = 0; i + 1 < xy.size(); i += 2)
        if (!(xy[i] >= 0 && xy[i] <= size.width && xy[i + 1] >= 0 && xy[i + 1] <= size.height)) return false;
    return !xy.empty();
}

}  // namespace

std::vector<double> numbers_from_text(std::string_view text, std::size_t count) {
    std::vector<double> numbers;
    while (numbers.size() < count) {
        double value = 0;
        const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (failed != std::errc() || !std::isfinite(value)) return {};
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        numbers.push_back(value);
        if (numbers.size() == count) break;
        if (text.empty() || text.front() != ',') return {};
        text.remove_prefix(1);
    }
    return text.empty() ? numbers : std::vector<double>{};
}

std::string text_of_numbers(const std::vector<double>& numbers, int decimals) {
    std::string text;
    for (const double number : numbers) {
        std::string one = number_text(number, decimals);
        if (one.find('.') != std::string::npos) {
            one.erase(one.find_last_not_of('0') + 1);
            if (one.back() == '.') one.pop_back();
        }
        text += (text.empty() ? "" : ",") + one;
    }
    return text;
}

std::string pair_text(Point a, Point b) {
    if (b.x < a.x) std::swap(a, b);
    return text_of_numbers({a.x, a.y, b.x, b.y}, 1);
}

FacePoints face_points_of(const KeyPointTrack& track) {
    if (track.unit != TrackUnit::pixels || track.frame_count() == 0) return {};
    const KeyPointFrame frame = track.frame(0);
    FacePoints points;
    for (const int first : {point::kRightEye, point::kLeftEye}) {  // smaller x first
        double x = 0, y = 0;
        for (int i = first; i < first + point::kEyeCount; ++i) {
            const KeyPoint& one = frame.points[static_cast<std::size_t>(i)];
            if (one.confidence <= 0) return {};
            x += one.x / point::kEyeCount;
            y += one.y / point::kEyeCount;
        }
        points.eyes.insert(points.eyes.end(), {x, y});
    }
    for (const int corner : {point::kOuterLips, point::kOuterLips + point::kOuterLipsCount / 2}) {
        const KeyPoint& one = frame.points[static_cast<std::size_t>(corner)];
        if (one.confidence <= 0) return {};
        points.mouth.insert(points.mouth.end(), {one.x, one.y});
    }
    return points;
}

PictureEditor::PictureEditor(Size picture, const PlacementTexts& stored) : picture_(picture) {
    guess_crop();
    guess_points();
    let_engine_crop();
    let_engine_find_points();

    const std::vector<double> crop = numbers_from_text(stored.crop, 4);
    if (crop.size() == 4 && crop[2] > 0 && crop[3] > 0 && crop[0] < picture_.width && crop[1] < picture_.height) {
        crop_ = fitted(crop);
        crop_automatic_ = false;
    }
    const std::vector<double> eyes = numbers_from_text(stored.eyes, 4), mouth = numbers_from_text(stored.mouth, 4);
    if (inside(eyes, picture_) && inside(mouth, picture_)) {
        points_ = {Point{eyes[0], eyes[1]}, {eyes[2], eyes[3]}, {mouth[0], mouth[1]}, {mouth[2], mouth[3]}};
        points_automatic_ = false;
    }
}

void PictureEditor::guess_crop() {
    const Size size = largest_crop(picture_);
    suggested_crop_ = {(picture_.width - size.width) / 2, (picture_.height - size.height) / 2, size.width, size.height};
}

void PictureEditor::guess_points() {
    const double unit = 0.14 * std::min(picture_.width, picture_.height), x = picture_.width / 2, y = 0.36 * picture_.height;
    suggested_points_ = {Point{x - unit / 2, y}, {x + unit / 2, y}, {x - 0.4 * unit, y + 1.1 * unit}, {x + 0.4 * unit, y + 1.1 * unit}};
}

/// The shape is fixed: what has another one keeps its centre and its height, as far as the picture allows.
Box PictureEditor::fitted(const std::vector<double>& numbers) const {
    const Size largest = largest_crop(picture_);
    const double width = std::clamp(numbers[3] * kAspect, std::min(kSmallestCrop, largest.width), largest.width);
    const Point centre{numbers[0] + numbers[2] / 2, numbers[1] + numbers[3] / 2};
    return within_picture({centre.x - width / 2, centre.y - width / kAspect / 2, width, width / kAspect});
}

Box PictureEditor::within_picture(Box box) const {
    box.x = std::clamp(box.x, 0.0, std::max(0.0, picture_.width - box.width));
    box.y = std::clamp(box.y, 0.0, std::max(0.0, picture_.height - box.height));
    return box;
}

void PictureEditor::suggest_crop(const std::vector<double>& numbers) {
    if (numbers.size() != 4 || !(numbers[2] > 0 && numbers[3] > 0)) return;
    suggested_crop_ = fitted(numbers);
    if (crop_automatic_) crop_ = suggested_crop_;
}

void PictureEditor::suggest_points(const std::vector<double>& eyes, const std::vector<double>& mouth) {
    if (eyes.size() != 4 || mouth.size() != 4) return;
    suggested_points_ = {Point{eyes[0], eyes[1]}, {eyes[2], eyes[3]}, {mouth[0], mouth[1]}, {mouth[2], mouth[3]}};
    for (Point& one : suggested_points_) one = clamped(one, picture_);
    if (points_automatic_) points_ = suggested_points_;
}

void PictureEditor::let_engine_crop() {
    crop_automatic_ = true;
    crop_ = suggested_crop_;
}

void PictureEditor::let_engine_find_points() {
    points_automatic_ = true;
    points_ = suggested_points_;
}

Point& PictureEditor::point_of(Handle handle) { return points_[static_cast<std::size_t>(handle) - static_cast<std::size_t>(Handle::left_eye)]; }

Point PictureEditor::point(Handle handle) const {
    switch (handle) {
        case Handle::none: return {};
        case Handle::crop: return {crop_.x + crop_.width / 2, crop_.y + crop_.height / 2};
        case Handle::top_left: return {crop_.x, crop_.y};
        case Handle::top_right: return {crop_.right(), crop_.y};
        case Handle::bottom_left: return {crop_.x, crop_.bottom()};
        case Handle::bottom_right: return {crop_.right(), crop_.bottom()};
        default: return points_[static_cast<std::size_t>(handle) - static_cast<std::size_t>(Handle::left_eye)];
    }
}

Handle PictureEditor::hit(Point at, const PictureView& view, double reach) const {
    Handle nearest = Handle::none;
    double best = reach;
    const auto look_at = [&](Handle handle) {
        const double away = distance(view.to_widget(point(handle)), at);
        if (away > best) return;
        best = away;
        nearest = handle;
    };
    for (const Handle handle : kCorners) look_at(handle);
    for (const Handle handle : kPointHandles) look_at(handle);  // a point on a corner wins
    if (nearest == Handle::none && crop_.contains(view.to_picture(at))) nearest = Handle::crop;
    return nearest;
}

void PictureEditor::begin_drag(Handle handle, Point at) {
    dragged_ = handle;
    if (handle == Handle::none) return;
    const Point from = handle == Handle::crop ? Point{crop_.x, crop_.y} : point(handle);
    grip_ = {at.x - from.x, at.y - from.y};
    if (handle == Handle::top_left) anchor_ = point(Handle::bottom_right);
    if (handle == Handle::top_right) anchor_ = point(Handle::bottom_left);
    if (handle == Handle::bottom_left) anchor_ = point(Handle::top_right);
    if (handle == Handle::bottom_right) anchor_ = point(Handle::top_left);
}

void PictureEditor::drag_to(Point at) {
    if (dragged_ == Handle::none || !std::isfinite(at.x) || !std::isfinite(at.y)) return;
    const Point target{at.x - grip_.x, at.y - grip_.y};
    if (dragged_ == Handle::crop) {
        crop_automatic_ = false;
        crop_ = within_picture({target.x, target.y, crop_.width, crop_.height});
    } else if (is_corner(dragged_)) {
        crop_automatic_ = false;
        drag_corner(target);
    } else {
        points_automatic_ = false;
        point_of(dragged_) = clamped(target, picture_);
    }
}

void PictureEditor::nudge(Handle handle, double dx, double dy) {
    const Point from = point(handle);
    begin_drag(handle, from);
    drag_to({from.x + dx, from.y + dy});
    end_drag();
}

void PictureEditor::drag_corner(Point at) {
    const bool to_left = dragged_ == Handle::top_left || dragged_ == Handle::bottom_left;
    const bool to_top = dragged_ == Handle::top_left || dragged_ == Handle::top_right;
    // The box grows from the corner that stays, as wide as the pointer asks and the picture allows.
    const double room_x = to_left ? anchor_.x : picture_.width - anchor_.x, room_y = to_top ? anchor_.y : picture_.height - anchor_.y;
    const double asked = std::max(to_left ? anchor_.x - at.x : at.x - anchor_.x, (to_top ? anchor_.y - at.y : at.y - anchor_.y) * kAspect);
    const double most = std::min(room_x, room_y * kAspect);
    const double width = std::clamp(asked, std::min(kSmallestCrop, most), most);
    crop_ = {to_left ? anchor_.x - width : anchor_.x, to_top ? anchor_.y - width / kAspect : anchor_.y, width, width / kAspect};
}

PlacementTexts PictureEditor::texts() const {
    PlacementTexts texts;
    if (!crop_automatic_) {
        const double x = std::round(crop_.x), y = std::round(crop_.y);
        texts.crop = text_of_numbers({x, y, std::min(std::round(crop_.width), picture_.width - x), std::min(std::round(crop_.height), picture_.height - y)}, 0);
    }
    if (!points_automatic_) {
        texts.eyes = pair_text(points_[0], points_[1]);
        texts.mouth = pair_text(points_[2], points_[3]);
    }
    return texts;
}

}  // namespace mirrorme::ui

#include "engine/picture_crop.h"

#include <algorithm>
#include <cmath>

#include "codec/motion/resample.h"

namespace mirrorme {
namespace {

// Distance of the eyes as a share of the frame's width, and where the eyes are, as a share of its height.
struct Shot {
    double eye_distance, eye_height;
};
constexpr Shot kFace{0.24, 0.44}, kHalfBody{0.115, 0.26};
constexpr double kSmallest = 0.10, kLargest = 0.24;  // eye distances that automatic framing leaves as they are

CropBox widened_to_aspect(CropBox box, double aspect) {
    if (box.width < box.height * aspect) {
        const double width = box.height * aspect;
        box.x -= (width - box.width) / 2;
        box.width = width;
    } else {
        const double height = box.width / aspect;
        box.y -= (height - box.height) / 2;
        box.height = height;
    }
    return box;
}

/// Moves [at, at + size) into [0, limit), where it fits.
double into(double at, double size, double limit) { return size <= limit ? std::clamp(at, 0.0, limit - size) : at; }

bool opaque(const RgbaImage& picture) {
    for (std::size_t i = 3; i < picture.pixels.size(); i += 4)
        if (picture.pixels[i] != 255) return false;
    return true;
}

/// The similarity that takes segment a to segment b.
Affine segment_map(Point a0, Point a1, Point b0, Point b1) {
    const float ax = a1.x - a0.x, ay = a1.y - a0.y, bx = b1.x - b0.x, by = b1.y - b0.y;
    const float length = std::max(ax * ax + ay * ay, 1e-6f);
    const float c = (ax * bx + ay * by) / length, s = (ax * by - ay * bx) / length;
    return {c, -s, b0.x - c * a0.x + s * a0.y, s, c, b0.y - s * a0.x - c * a0.y};
}

void move_points(KeyPointFrame& frame, PointRange range, const Affine& map) {
    for (int i = range.first; i < range.first + range.count; ++i) set_position(frame, i, apply(map, position(frame, i)));
}

Point eye_centre(const KeyPointFrame& points, int first) {
    Point c;
    for (int i = 0; i < point::kEyeCount; ++i) {
        c.x += position(points, first + i).x / point::kEyeCount;
        c.y += position(points, first + i).y / point::kEyeCount;
    }
    return c;
}

Point given(const std::vector<double>& numbers, std::size_t at) { return {static_cast<float>(numbers[at]), static_cast<float>(numbers[at + 1])}; }

}  // namespace

CropBox choose_crop(const RgbaImage& picture, const FaceFrame& face, const CodecSpec& frame, const Settings& settings) {
    const double aspect = static_cast<double>(frame.width) / frame.height;
    if (settings.crop.size() == 4) return widened_to_aspect({settings.crop[0], settings.crop[1], std::max(settings.crop[2], 1.0), std::max(settings.crop[3], 1.0)}, aspect);

    double share = 0;  // of the frame's width that the eyes lie apart
    if (settings.framing == Framing::face) share = kFace.eye_distance;
    else if (settings.framing == Framing::half_body) share = kHalfBody.eye_distance;
    else share = std::clamp(face.unit / std::min<double>(picture.width, picture.height * aspect), kSmallest, kLargest);

    const double nearness = std::clamp((share - kHalfBody.eye_distance) / (kFace.eye_distance - kHalfBody.eye_distance), 0.0, 1.0);
    const double eye_height = kHalfBody.eye_height + nearness * (kFace.eye_height - kHalfBody.eye_height);
    CropBox box;
    box.width = face.unit / share;
    box.height = box.width / aspect;
    box.x = into(face.origin_x - box.width / 2, box.width, picture.width);
    box.y = into(face.origin_y - box.height * eye_height, box.height, picture.height);
    return box;
}

KeyPointFrame with_overrides(const KeyPointFrame& points, const Settings& settings) {
    KeyPointFrame out = points;
    if (settings.eyes.size() == 4) {
        const Affine map = segment_map(eye_centre(out, point::kRightEye), eye_centre(out, point::kLeftEye), given(settings.eyes, 0), given(settings.eyes, 2));
        for (const Part part : {Part::mouth, Part::eyes, Part::head}) move_points(out, points_of(part), map);
    }
    if (settings.mouth.size() == 4) {
        const int right = point::kOuterLips, left = point::kOuterLips + point::kOuterLipsCount / 2;
        const Affine map = segment_map(position(out, right), position(out, left), given(settings.mouth, 0), given(settings.mouth, 2));
        move_points(out, {point::kOuterLips, point::kOuterLipsCount + point::kInnerLipsCount}, map);
    }
    return out;
}

ReferencePicture cut_out(const RgbaImage& picture, const KeyPointFrame& points, const CropBox& crop, const CodecSpec& frame) {
    // Pixel centres are whole numbers: frame pixel p shows the crop at (p + 1/2) * scale - 1/2.
    const auto scale = static_cast<float>(crop.width / frame.width);
    const Affine to_source{scale, 0, static_cast<float>(crop.x) + (scale - 1) / 2, 0, scale, static_cast<float>(crop.y) + (scale - 1) / 2};
    ReferencePicture out;
    const FloatPicture cut = resample(to_float_picture(picture), to_source, {frame.width, frame.height}, opaque(picture) ? Outside::edge : Outside::transparent);
    out.image = to_rgba_image(cut);
    out.points = transformed(points, inverse(to_source));
    return out;
}

}  // namespace mirrorme

#include "codec/motion/contours.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <tuple>

#include "codec/motion/body_geometry.h"

namespace mirrorme {
namespace {

using kernels::Operations;
using kernels::Point;

constexpr int kSubdivisions = 3;  // curve points a contour segment
constexpr int kMaxContour = 16;
constexpr float kBrowRadius = 0.045f;  // face units

// Limb radii in torso units (half the distance of the shoulder joints).
constexpr float kShoulderRadius = 0.24f, kElbowRadius = 0.19f, kCuffRadius = 0.135f;
// Of hands, in lengths of the palm (wrist to the middle finger's knuckle).
constexpr float kPalmRadius = 0.14f;
constexpr std::array<float, 5> kFingerRadius{0.15f, 0.13f, 0.134f, 0.128f, 0.11f};

/// The curve through `count` points of the frame starting at `first`.
std::span<const Point> outline_of(const KeyPointFrame& frame, int first, int count, OutlineCurve& curve) {
    std::array<Point, kMaxContour> contour;
    for (int i = 0; i < count; ++i) contour[static_cast<std::size_t>(i)] = position(frame, first + i);
    return smooth_outline(std::span<const Point>(contour.data(), static_cast<std::size_t>(count)), curve);
}

std::span<const Point> circle(Point centre, float radius, OutlineCurve& curve) {
    constexpr std::size_t kCorners = 16;
    for (std::size_t i = 0; i < kCorners; ++i) {
        const float angle = 6.2831853f * static_cast<float>(i) / kCorners;
        curve[i] = {centre.x + radius * std::cos(angle), centre.y + radius * std::sin(angle)};
    }
    return {curve.data(), kCorners};
}

struct Rows {
    int first, last;  // half open
};
Rows rows_of(const KeyPointFrame& frame, int first, int count, int height) {
    float low = 1e9f, high = -1e9f;
    for (int i = first; i < first + count; ++i) {
        low = std::min(low, position(frame, i).y);
        high = std::max(high, position(frame, i).y);
    }
    auto row = [&](float y) { return static_cast<int>(std::clamp(y, 0.0f, static_cast<float>(height))); };
    return {row(low - 3), row(high + 4)};
}

}  // namespace

std::span<const Point> smooth_outline(std::span<const Point> contour, OutlineCurve& curve) noexcept {
    static_assert(std::tuple_size_v<OutlineCurve> == kMaxContour * kSubdivisions);
    const std::size_t count = contour.size();
    std::size_t used = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const Point p0 = contour[(i + count - 1) % count], p1 = contour[i], p2 = contour[(i + 1) % count], p3 = contour[(i + 2) % count];
        for (int s = 0; s < kSubdivisions; ++s) {
            const float t = static_cast<float>(s) / kSubdivisions, t2 = t * t, t3 = t2 * t;
            auto at = [&](float a, float b, float c, float d) {
                return 0.5f * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t2 + (3 * b - a - 3 * c + d) * t3);
            };
            curve[used++] = {at(p0.x, p1.x, p2.x, p3.x), at(p0.y, p1.y, p2.y, p3.y)};
        }
    }
    return {curve.data(), used};
}

ContourMaps::ContourMaps(kernels::Size size)
    : size_(size), planes_(area() * kernels::kMapPlanes, 0.0f) {}

void ContourMaps::draw(const Operations& operations, const KeyPointFrame& frame) {
    std::fill(planes_.begin(), planes_.end(), 0.0f);
    draw_mouth(operations, frame);
    draw_eyes(operations, frame);
}

void ContourMaps::draw_mouth(const Operations& operations, const KeyPointFrame& frame) {
    OutlineCurve curve;
    operations.cover_polygon(outline_of(frame, point::kOuterLips, point::kOuterLipsCount, curve), 1, size_, writable(lips));
    operations.cover_polygon(outline_of(frame, point::kInnerLips, point::kInnerLipsCount, curve), 1, size_, writable(opening));
    const Rows rows = rows_of(frame, point::kInnerLips, point::kInnerLipsCount, size_.height);
    const float show_teeth = std::clamp(frame[Scalar::teeth], 0.0f, 1.0f), show_tongue = std::clamp(frame[Scalar::tongue], 0.0f, 1.0f);
    const std::size_t from = static_cast<std::size_t>(rows.first * size_.width), to = static_cast<std::size_t>(rows.last * size_.width);
    for (std::size_t i = from; i < to; ++i) {
        writable(teeth)[i] = show_teeth * plane(opening)[i];
        writable(tongue)[i] = show_tongue * plane(opening)[i];
    }
}

void ContourMaps::draw_eyes(const Operations& operations, const KeyPointFrame& frame) {
    OutlineCurve curve;
    for (const auto& [eye, centre] : {std::pair{point::kRightEye, point::kRightIris}, std::pair{point::kLeftEye, point::kLeftIris}}) {
        operations.cover_polygon(outline_of(frame, eye, point::kEyeCount, curve), 1, size_, writable(eyes));
        const Point middle = position(frame, centre), rim = position(frame, centre + 1);
        operations.cover_polygon(circle(middle, std::hypot(rim.x - middle.x, rim.y - middle.y), curve), 1, size_, writable(iris));
    }
    const Rows rows = rows_of(frame, point::kRightEye, point::kRightBrow - point::kRightEye, size_.height);
    const std::size_t from = static_cast<std::size_t>(rows.first * size_.width), to = static_cast<std::size_t>(rows.last * size_.width);
    // An iris may stand out of a nearly closed eye by more than the rows of the eye's own points.
    float* irises = writable(iris);
    const float* whites = plane(eyes);
    for (std::size_t i = 0; i < area(); ++i) irises[i] = i >= from && i < to ? irises[i] * whites[i] : 0.0f;
    const float radius = std::max(kBrowRadius * face_frame_of(frame).unit, 0.6f);
    for (int brow : {point::kRightBrow, point::kLeftBrow})
        for (int i = 0; i + 1 < point::kBrowCount; ++i)
            operations.cover_capsule({position(frame, brow + i), position(frame, brow + i + 1), radius, radius}, 1, size_, writable(brows));
}

std::vector<float> arms_coverage(const Operations& operations, const KeyPointFrame& frame, kernels::Size size) {
    std::vector<float> plane(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height), 0.0f);
    auto cover = [&](Point from, Point to, float r0, float r1) { operations.cover_capsule({from, to, r0, r1}, 1, size, plane.data()); };
    const float unit = torso_frame_of(frame).unit;
    for (const int first : {point::kRightHand, point::kLeftHand}) {
        const Point shoulder = position(frame, first == point::kRightHand ? point::kShoulders : point::kShoulders + 1);
        const Point elbow = position(frame, first + point::kElbow), wrist = position(frame, first + point::kWrist);
        cover(shoulder, elbow, kShoulderRadius * unit, kElbowRadius * unit);
        cover(elbow, wrist, kElbowRadius * unit, kCuffRadius * unit);
        auto finger = [&](int which, int joint) { return position(frame, first + point::kFingers + 4 * which + joint); };
        const std::array<Point, 6> palm{wrist, finger(0, 0), finger(1, 0), finger(2, 0), finger(3, 0), finger(4, 0)};
        operations.cover_polygon(palm, 1, size, plane.data());
        const float length = std::hypot(finger(2, 0).x - wrist.x, finger(2, 0).y - wrist.y);
        for (int f = 0; f < 5; ++f) {
            const float radius = kFingerRadius[static_cast<std::size_t>(f)] * length;
            cover(wrist, finger(f, 0), kPalmRadius * length, radius);
            for (int j = 0; j + 1 < 4; ++j) cover(finger(f, j), finger(f, j + 1), radius, radius * (j == 2 ? 0.85f : 1.0f));
        }
    }
    return plane;
}

}  // namespace mirrorme

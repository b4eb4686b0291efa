#include "codec/motion/body_geometry.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/include/dome.h"

namespace mirrorme {
namespace {

// The nose stands out of the face and moves further than the rest in a turn; it may not bend the fit.
constexpr float kNoseWeight = 0.25f;
constexpr float kHeadRidge = 2e-3f, kTorsoRidge = 1e-2f;  // share of the points' spread that draws a fit towards a pure shift
// Shoulders are shrugged and necks go with the head: how the trunk moves is told by throat and chest.
constexpr float kNeckWeight = 0.1f, kShoulderWeight = 0.25f;
constexpr float kMinimumScale = 0.2f;

float head_weight(int index) { return index < point::kFaceContour ? kNoseWeight : 1.0f; }
float torso_weight(int index) { return index >= point::kChest ? 1.0f : index >= point::kShoulders ? kShoulderWeight : kNeckWeight; }

struct Moments {
    float weight = 0;
    Point from, to;                                // means
    float xx = 0, xy = 0, yy = 0;                  // of `from` about its mean
    float ux = 0, uy = 0, vx = 0, vy = 0;          // (to - mean) times (from - mean)
};

template <class Weight>
Moments moments(const KeyPointFrame& from, const KeyPointFrame& to, PointRange range, Weight weight) {
    Moments m;
    for (int i = range.first; i < range.first + range.count; ++i) {
        const float w = weight(i);
        const Point p = position(from, i), q = position(to, i);
        m.weight += w;
        m.from.x += w * p.x, m.from.y += w * p.y;
        m.to.x += w * q.x, m.to.y += w * q.y;
    }
    m.from.x /= m.weight, m.from.y /= m.weight;
    m.to.x /= m.weight, m.to.y /= m.weight;
    for (int i = range.first; i < range.first + range.count; ++i) {
        const float w = weight(i) / m.weight;
        const Point p = position(from, i), q = position(to, i);
        const float x = p.x - m.from.x, y = p.y - m.from.y, u = q.x - m.to.x, v = q.y - m.to.y;
        m.xx += w * x * x, m.xy += w * x * y, m.yy += w * y * y;
        m.ux += w * u * x, m.uy += w * u * y, m.vx += w * v * x, m.vy += w * v * y;
    }
    return m;
}

Affine about(const Moments& m, float a, float b, float c, float d) {
    return {a, b, m.to.x - a * m.from.x - b * m.from.y, c, d, m.to.y - c * m.from.x - d * m.from.y};
}

/// The least-squares affine map, drawn towards a pure shift by `ridge`; regular.
Affine fitted(const Moments& m, float ridge_share) {
    const float ridge = ridge_share * (m.xx + m.yy);
    const float xx = m.xx + ridge, yy = m.yy + ridge, det = xx * yy - m.xy * m.xy;
    if (!(det > 1e-12f)) return about(m, 1, 0, 0, 1);
    const float ux = m.ux + ridge, vy = m.vy + ridge;
    const float a = (ux * yy - m.uy * m.xy) / det, b = (m.uy * xx - ux * m.xy) / det;
    const float c = (m.vx * yy - vy * m.xy) / det, d = (vy * xx - m.vx * m.xy) / det;
    if (!(a * d - b * c > kMinimumScale * kMinimumScale)) return about(m, 1, 0, 0, 1);
    return about(m, a, b, c, d);
}

}  // namespace

Point apply(const Affine& map, Point p) noexcept { return {map.a * p.x + map.b * p.y + map.tx, map.c * p.x + map.d * p.y + map.ty}; }

Affine inverse(const Affine& map) noexcept {
    const float det = map.a * map.d - map.b * map.c;
    const float a = map.d / det, b = -map.b / det, c = -map.c / det, d = map.a / det;
    return {a, b, -(a * map.tx + b * map.ty), c, d, -(c * map.tx + d * map.ty)};
}

Affine fit_head(const KeyPointFrame& from, const KeyPointFrame& to) noexcept {
    return fitted(moments(from, to, points_of(Part::head), head_weight), kHeadRidge);
}

HeadTurn fit_turn(const KeyPointFrame& from, const KeyPointFrame& to) noexcept {
    HeadTurn turn{fit_head(from, to), {}};
    // An ellipse from chin to crown and ear to ear.
    const Point chin = position(from, point::kJaw + point::kJawCount / 2), crown = position(from, point::kCrown + point::kCrownCount / 2);
    const Point right = position(from, point::kFaceContour + 1), left = position(from, point::kFaceContour + 4);
    const float height = std::hypot(crown.x - chin.x, crown.y - chin.y), width = std::hypot(left.x - right.x, left.y - right.y);
    if (!(height > 1) || !(width > 1)) return turn;
    const Point middle{(chin.x + crown.x) / 2, (chin.y + crown.y) / 2}, down{(chin.x - crown.x) / height, (chin.y - crown.y) / height};
    const float u = 2 / width, v = 2 / height;
    turn.face.unit = {u * down.y, -u * down.x, u * (down.x * middle.y - down.y * middle.x), v * down.x, v * down.y, -v * (down.x * middle.x + down.y * middle.y)};

    // Both coordinates of `to` as a linear function of x, y, 1 and the dome's height: normal equations of four unknowns each.
    constexpr int kUnknowns = 4;
    constexpr double kFlat = 0.02;  // draws the dome towards none
    std::array<std::array<double, kUnknowns + 2>, kUnknowns> rows{};
    double weights = 0, spread = 0;
    const auto add = [&](int index, double weight) {
        const Point p = position(from, index), q = position(to, index);
        const double x = (p.x - middle.x) * u, y = (p.y - middle.y) * v;
        const std::array<double, kUnknowns + 2> is{x, y, 1, height_at(turn.face, p), q.x - p.x, q.y - p.y};
        for (std::size_t i = 0; i < kUnknowns; ++i)
            for (std::size_t j = 0; j < is.size(); ++j) rows[i][j] += weight * is[i] * is[j];
        weights += weight, spread += weight * (x * x + y * y);
    };
    const PointRange head = points_of(Part::head);
    for (int i = head.first; i < head.first + head.count; ++i) add(i, head_weight(i));
    for (const int eye : {point::kRightEye, point::kLeftEye})
        for (const int corner : {0, point::kEyeCount / 2}) add(eye + corner, 1);
    rows[0][0] += kHeadRidge * spread, rows[1][1] += kHeadRidge * spread, rows[3][3] += kFlat * weights;
    for (std::size_t i = 0; i < kUnknowns; ++i) {  // Gauss-Jordan; the matrix is positive definite
        if (!(rows[i][i] > 1e-9)) return turn;
        for (std::size_t k = 0; k < kUnknowns; ++k) {
            if (k == i) continue;
            const double factor = rows[k][i] / rows[i][i];
            for (std::size_t j = i; j < rows[k].size(); ++j) rows[k][j] -= factor * rows[i][j];
        }
    }
    const auto solved = [&](std::size_t i, std::size_t axis) { return static_cast<float>(rows[i][kUnknowns + axis] / rows[i][i]); };
    const auto outline = [&](std::size_t axis) {
        const float dx = solved(0, axis) * u, dy = solved(1, axis) * v;
        return std::array{dx, dy, solved(2, axis) - dx * middle.x - dy * middle.y};
    };
    const auto x = outline(0), y = outline(1);
    const Affine map{1 + x[0], x[1], x[2], y[0], 1 + y[1], y[2]};
    if (!(map.a * map.d - map.b * map.c > kMinimumScale * kMinimumScale)) return turn;
    turn.outline = map;
    turn.face.shift = {solved(3, 0), solved(3, 1)};
    return turn;
}

Affine fit_torso(const KeyPointFrame& from, const KeyPointFrame& to) noexcept {
    return fitted(moments(from, to, points_of(Part::torso), torso_weight), kTorsoRidge);
}

TorsoFrame torso_frame_of(const KeyPointFrame& frame) noexcept {
    const Point right = position(frame, point::kShoulders), left = position(frame, point::kShoulders + 1);
    const float dx = left.x - right.x, dy = left.y - right.y, distance = std::max(std::hypot(dx, dy), 1e-3f);
    return {{(left.x + right.x) / 2, (left.y + right.y) / 2}, distance / 2, dx / distance, dy / distance};
}

Point to_torso(const TorsoFrame& t, Point p) noexcept {
    const float dx = (p.x - t.origin.x) / t.unit, dy = (p.y - t.origin.y) / t.unit;
    return {t.axis_x * dx + t.axis_y * dy, -t.axis_y * dx + t.axis_x * dy};
}

Point from_torso(const TorsoFrame& t, Point p) noexcept {
    return {t.origin.x + t.unit * (t.axis_x * p.x - t.axis_y * p.y), t.origin.y + t.unit * (t.axis_y * p.x + t.axis_x * p.y)};
}

}  // namespace mirrorme

#include "codec/motion/body_geometry.h"

#include <algorithm>
#include <cmath>

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

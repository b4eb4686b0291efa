#include "train/performers/head_shape.h"

namespace mirrorme::performers {
namespace {

float spline(float a, float b, float c, float d, float t) {
    return b + 0.5f * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

HeadSlice between(const HeadSlice& a, const HeadSlice& b, float t) {
    return {mix(a.y, b.y, t), mix(a.half_width, b.half_width, t), mix(a.front, b.front, t), mix(a.back, b.back, t)};
}

}  // namespace

HeadShape::HeadShape(const FaceShape& f) : forehead_(f.forehead) {
    const float low = mix(f.jaw_y, f.chin_y, 0.58f);
    std::array<HeadSlice, 10> knots{{
        {f.top, 0, -0.16f, -0.16f},
        {f.top * 0.87f, 0.60f * f.forehead, 0.44f, -0.78f},
        {f.top * 0.60f, 0.90f * f.forehead, 0.75f, -1.14f},
        {-0.28f, f.forehead, 0.89f, -1.26f},
        {0.20f, f.cheek * 0.985f, 0.87f, -1.10f},
        {f.jaw_y * 0.66f, mix(f.cheek, f.jaw, 0.46f), 0.89f, -0.78f},
        {f.jaw_y, f.jaw, 0.91f, -0.40f},
        {low, mix(f.jaw, f.chin, 0.54f), 0.88f, 0.04f},
        {f.chin_y - 0.075f, f.chin * 0.86f, 0.83f, 0.42f},
        {f.chin_y, 0, 0.68f, 0.68f},
    }};
    for (HeadSlice& k : knots) {
        k.front *= f.depth;
        k.back *= f.depth;
    }
    HeadSlice before = knots[1], after = knots[8];
    before.half_width = -before.half_width;
    after.half_width = -after.half_width;
    const int last = static_cast<int>(knots.size()) - 1;
    auto knot = [&](int i) -> const HeadSlice& { return i < 0 ? before : i > last ? after : knots[static_cast<std::size_t>(i)]; };
    for (int s = 0; s <= kSlices; ++s) {
        const float at = static_cast<float>(s) * static_cast<float>(last) / kSlices;
        const int i = std::min(static_cast<int>(at), last - 1);
        const float t = at - static_cast<float>(i);
        const HeadSlice &a = knot(i - 1), &b = knot(i), &c = knot(i + 1), &d = knot(i + 2);
        HeadSlice& out = slices_[static_cast<std::size_t>(s)];
        out.y = spline(a.y, b.y, c.y, d.y, t);
        out.half_width = std::max(spline(a.half_width, b.half_width, c.half_width, d.half_width, t), 0.0f);
        out.front = spline(a.front, b.front, c.front, d.front, t);
        out.back = std::min(spline(a.back, b.back, c.back, d.back, t), out.front);
    }
    for (int s = 1; s <= kSlices; ++s) {  // t_of() needs heights that grow
        const float above = slices_[static_cast<std::size_t>(s - 1)].y;
        slices_[static_cast<std::size_t>(s)].y = std::max(slices_[static_cast<std::size_t>(s)].y, above + 1e-4f);
    }
}

HeadSlice HeadShape::slice(float t) const {
    const float at = clamp01(t) * kSlices;
    const int i = std::min(static_cast<int>(at), kSlices - 1);
    return between(slices_[static_cast<std::size_t>(i)], slices_[static_cast<std::size_t>(i + 1)], at - static_cast<float>(i));
}

float HeadShape::t_of(float y) const {
    int low = 0, high = kSlices;
    while (high - low > 1) {
        const int middle = (low + high) / 2;
        (slices_[static_cast<std::size_t>(middle)].y <= y ? low : high) = middle;
    }
    const float y0 = slices_[static_cast<std::size_t>(low)].y, y1 = slices_[static_cast<std::size_t>(high)].y;
    return (static_cast<float>(low) + clamp01((y - y0) / (y1 - y0))) / kSlices;
}

float HeadShape::surface(float x, float y) const {
    const HeadSlice s = slice(t_of(y));
    const float across = std::min(std::abs(x) / std::max(s.half_width, 1e-3f), 1.0f);
    // Faces are flatter in front than an ellipse.
    return s.centre() + s.half_depth() * std::pow(1 - std::pow(across, 2.3f), 1 / 2.3f);
}

Vec3 HeadShape::rim(float t, float side, float yaw, float inflate) const {
    const HeadSlice s = slice(t);
    // Along the surface's normal: sideways at the ears, upwards at the crown.
    const float sideways = s.y < 0 ? std::min(s.half_width / forehead_, 1.0f) : 1.0f;
    const float upwards = std::sqrt(1 - sideways * sideways);
    const float a = s.half_width + inflate * sideways, b = s.half_depth() + inflate * sideways;
    const float c = std::cos(yaw) * side, n = std::sin(yaw) * side;
    const float reach = std::sqrt(a * a * c * c + b * b * n * n) + 1e-6f;
    return {a * a * c / reach, s.y - inflate * upwards, s.centre() + b * b * n / reach};
}

}  // namespace mirrorme::performers

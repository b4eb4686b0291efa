// Note [A lid is a curtain]
// Squeezing an open eye shut by moving its contour drags along what is above it, a brow or the rim of glasses, and leaves a smear of
// white and iris in the slit. A lid does neither: it comes down over an eyeball that stays. So the flow holds a closing eye open, and
// skin is painted over what the lid covers: all of the open eye, its upper lashes included, except what the target's contour still shows.
// The lashes are drawn along the lid's edge.

#include "codec/motion/eyelids.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "codec/motion/body_geometry.h"
#include "codec/motion/contours.h"

namespace mirrorme {
namespace {

using kernels::Point;
using kernels::Size;

constexpr std::array kEyes{point::kRightEye, point::kLeftEye};
constexpr float kFirst = 0.04f, kPainted = 0.20f;              // how much of its opening an eye has lost
constexpr float kAboveEye = 0.07f, kBelowEye = 0.035f;         // face units: lashes that a closing lid takes with it
constexpr float kNearRing = 0.09f, kFarRing = 0.15f;           // face units above the eye, where a lid's colour is looked for

float smooth_step(float low, float high, float value) {
    const float t = std::clamp((value - low) / (high - low), 0.0f, 1.0f);
    return t * t * (3 - 2 * t);
}

using Contour = std::array<Point, point::kEyeCount>;
Contour contour_of(const KeyPointFrame& frame, int first) {
    Contour out;
    for (int i = 0; i < point::kEyeCount; ++i) out[static_cast<std::size_t>(i)] = position(frame, first + i);
    return out;
}
/// Mean distance of the lids, in widths of the eye.
float aperture(const Contour& eye) {
    const float width = std::max(std::hypot(eye[4].x - eye[0].x, eye[4].y - eye[0].y), 1e-3f);
    const float ax = (eye[4].x - eye[0].x) / width, ay = (eye[4].y - eye[0].y) / width;
    float sum = 0;
    for (std::size_t k = 1; k <= 3; ++k) sum += (eye[8 - k].y - eye[k].y) * ax - (eye[8 - k].x - eye[k].x) * ay;
    return std::max(sum / 3 / width, 0.0f);
}

/// Pixel of a person at a place, straight; false where there is none.
bool colour_at(const float* rgba, Size size, Point at, Colour& out) {
    const int x = static_cast<int>(std::lround(at.x)), y = static_cast<int>(std::lround(at.y));
    if (x < 0 || y < 0 || x >= size.width || y >= size.height) return false;
    const float* p = rgba + 4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) + static_cast<std::size_t>(x));
    if (p[3] < 0.9f) return false;
    out = {p[0] / p[3], p[1] / p[3], p[2] / p[3]};
    return true;
}

LidLook read_lid(const float* rgba, Size size, const KeyPointFrame& points, int first, const Colour& skin) {
    const float unit = face_frame_of(points).unit;
    const Contour eye = contour_of(points, first);
    LidLook look{skin, scaled(skin, 0.35f), std::clamp(0.035f * unit, 0.8f, 4.0f)};
    // The lid's colour: what is above the eye, and neither lash, brow nor the rim of glasses, all of which are unlike skin.
    std::vector<Colour> seen;
    for (std::size_t k = 1; k <= 3; ++k)
        for (float up = kNearRing; up <= kFarRing; up += 0.015f) {
            Colour c;
            if (!colour_at(rgba, size, {eye[k].x, eye[k].y - up * unit}, c)) continue;
            const float difference = std::abs(c[0] - skin[0]) + std::abs(c[1] - skin[1]) + std::abs(c[2] - skin[2]);
            if (difference < 0.45f) seen.push_back(c);
        }
    if (seen.size() >= 4) {
        for (std::size_t c = 0; c < 3; ++c) {
            std::nth_element(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2), seen.end(), [c](const Colour& a, const Colour& b) { return a[c] < b[c]; });
            look.skin[c] = seen[seen.size() / 2][c];
        }
    }
    // Lashes: the darkest along the upper lid.
    std::vector<Colour> darkest;
    for (std::size_t k = 1; k <= 3; ++k) {
        Colour best{1, 1, 1}, c;
        for (float up = -0.03f; up <= kAboveEye; up += 0.01f)
            if (colour_at(rgba, size, {eye[k].x, eye[k].y - up * unit}, c) && luminance(c) < luminance(best)) best = c;
        darkest.push_back(best);
    }
    std::sort(darkest.begin(), darkest.end(), [](const Colour& a, const Colour& b) { return luminance(a) < luminance(b); });
    if (luminance(darkest[1]) < 0.8f * luminance(look.skin)) look.lash = darkest[1];
    return look;
}

}  // namespace

std::array<LidLook, 2> read_lids(const float* rgba, Size size, const KeyPointFrame& points, const Colour& skin) {
    return {read_lid(rgba, size, points, kEyes[0], skin), read_lid(rgba, size, points, kEyes[1], skin)};
}

std::array<ClosingEye, 2> closing_eyes(const KeyPointFrame& reference, const KeyPointFrame& target) noexcept {
    std::array<ClosingEye, 2> out;
    for (std::size_t e = 0; e < 2; ++e) {
        const Contour was = contour_of(reference, kEyes[e]), is = contour_of(target, kEyes[e]);
        const float before = aperture(was);
        if (before < 0.08f) continue;  // closed already: nothing to come down over
        out[e].share = smooth_step(kFirst, kPainted, 1 - aperture(is) / before);
        // The picture's contour, its corners laid on the target's.
        const float ax = was[4].x - was[0].x, ay = was[4].y - was[0].y, bx = is[4].x - is[0].x, by = is[4].y - is[0].y;
        const float norm = std::max(ax * ax + ay * ay, 1e-3f), c = (ax * bx + ay * by) / norm, s = (ax * by - ay * bx) / norm;
        for (std::size_t i = 0; i < point::kEyeCount; ++i) {
            const float x = was[i].x - was[0].x, y = was[i].y - was[0].y;
            out[e].open[i] = {is[0].x + c * x - s * y, is[0].y + s * x + c * y};
        }
    }
    return out;
}

KeyPointFrame held_open(const KeyPointFrame& target, const std::array<ClosingEye, 2>& eyes) noexcept {
    KeyPointFrame out = target;
    for (std::size_t e = 0; e < 2; ++e) {
        if (eyes[e].share <= 0) continue;
        for (int i = 0; i < point::kEyeCount; ++i) {
            const Point at = position(target, kEyes[e] + i), open = eyes[e].open[static_cast<std::size_t>(i)];
            set_position(out, kEyes[e] + i, {at.x + eyes[e].share * (open.x - at.x), at.y + eyes[e].share * (open.y - at.y)});
        }
    }
    return out;
}

void paint_lids(const kernels::Operations& operations, const std::array<LidLook, 2>& looks, const std::array<ClosingEye, 2>& eyes, const KeyPointFrame& target,
                float shaded, Size size, float* scratch, LidCanvas canvas, float* image) {
    auto lay = [canvas](float* pixel, const Colour& colour, float coverage) {
        const float keep = 1 - coverage, alpha = canvas == LidCanvas::person ? pixel[3] : 1.0f;
        for (std::size_t c = 0; c < 3; ++c) pixel[c] = pixel[c] * keep + coverage * alpha * colour[c];
        if (canvas == LidCanvas::nothing) pixel[3] = pixel[3] * keep + coverage;
    };
    const float unit = face_frame_of(target).unit;
    const std::size_t area = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
    float *covered = scratch, *open = scratch + area;
    for (std::size_t e = 0; e < 2; ++e) {
        const ClosingEye& eye = eyes[e];
        if (eye.share <= 0) continue;
        const Contour is = contour_of(target, kEyes[e]);
        // Down the face, across the eye.
        const Point& right = eye.open[0];
        const Point& left = eye.open[4];
        const float width = std::max(std::hypot(left.x - right.x, left.y - right.y), 1.0f);
        const Point down{-(left.y - right.y) / width, (left.x - right.x) / width};
        Contour wide = eye.open;
        for (std::size_t k = 1; k <= 3; ++k) {
            wide[k] = {wide[k].x - kAboveEye * unit * down.x, wide[k].y - kAboveEye * unit * down.y};
            wide[8 - k] = {wide[8 - k].x + kBelowEye * unit * down.x, wide[8 - k].y + kBelowEye * unit * down.y};
        }
        float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;
        for (const Contour* c : {static_cast<const Contour*>(&wide), &is})
            for (const Point& p : *c) x0 = std::min(x0, p.x), y0 = std::min(y0, p.y), x1 = std::max(x1, p.x), y1 = std::max(y1, p.y);
        const float margin = 0.15f * unit + 2;
        auto inside = [](float v, int limit) { return static_cast<int>(std::clamp(v, 0.0f, static_cast<float>(limit))); };
        const int left_x = inside(x0 - margin, size.width), right_x = inside(x1 + margin + 1, size.width);
        const int top = inside(y0 - margin, size.height), bottom = inside(y1 + margin + 1, size.height);
        for (int y = top; y < bottom; ++y)
            for (float* plane : {covered, open}) std::fill(plane + y * size.width + left_x, plane + y * size.width + right_x, 0.0f);
        OutlineCurve curve;
        operations.cover_polygon(smooth_outline(wide, curve), 1, size, covered);
        operations.cover_polygon(smooth_outline(is, curve), 1, size, open);
        const LidLook& look = looks[e];
        const float lower = std::max(is[2].y, is[6].y), upper = wide[2].y, height = std::max(lower - upper, 1.0f);
        for (int y = top; y < bottom; ++y) {
            const float down_share = std::clamp((static_cast<float>(y) - upper) / height, 0.0f, 1.0f);
            // Round over the eyeball: darker in the fold above and at the edge.
            const float tone = 1 - shaded * (0.10f * (1 - smooth_step(0, 0.35f, down_share)) + 0.08f * smooth_step(0.75f, 1, down_share));
            for (int x = left_x; x < right_x; ++x) {
                const std::size_t i = static_cast<std::size_t>(y * size.width + x);
                const float coverage = eye.share * std::clamp(covered[i] - open[i], 0.0f, 1.0f);
                if (coverage > 0) lay(image + 4 * i, scaled(look.skin, tone), coverage);
            }
        }
        // Lashes along the lid's edge, thinner towards the corners.
        for (int y = top; y < bottom; ++y) std::fill(open + y * size.width + left_x, open + y * size.width + right_x, 0.0f);
        const float lash = 0.5f * look.lash_width;
        constexpr std::array<float, 5> kLash{0.55f, 1, 1, 1, 0.55f};
        for (std::size_t k = 0; k < 4; ++k) operations.cover_capsule({is[k], is[k + 1], kLash[k] * lash, kLash[k + 1] * lash}, 1, size, open);
        for (int y = top; y < bottom; ++y)
            for (int x = left_x; x < right_x; ++x) {
                const std::size_t i = static_cast<std::size_t>(y * size.width + x);
                if (open[i] > 0) lay(image + 4 * i, look.lash, eye.share * open[i]);
            }
    }
}

}  // namespace mirrorme

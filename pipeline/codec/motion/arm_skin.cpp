// Note [An arm's skin]
// A raised arm must look like the one that hung down: the same sleeve, ending at the same place, the same line around it, the same
// shading. So the arm is read off the picture as a strip: rows across it from shoulder to wrist, of each row the outer half (the inner one often
// lies against the trunk), mirrored when it is painted. Its thickness is measured to the outline. Half-body pictures rarely show
// more than the upper arm: what follows the last row that is seen looks like it, so that sleeves stay sleeves and bare arms stay bare.

#include "codec/motion/arm_skin.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "codec/motion/body_geometry.h"
#include "codec/motion/hanging_arm.h"
#include "codec/motion/picture_sampler.h"

namespace mirrorme {
namespace {

using kernels::Point;
using kernels::Size;

constexpr float kShoulderRadius = 0.24f, kElbowRadius = 0.19f, kCuffRadius = 0.135f;  // torso units
constexpr float kThinnest = 0.7f, kThickest = 1.5f;                                    // of the usual radius
constexpr float kSurelySeen = 0.85f;

float median(std::vector<float> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// A cut across the arm, in pixels.
struct Slice {
    Point axis, out;  // `out`: unit vector away from the trunk
    float radius;
};

std::optional<Slice> slice_of(const HangingArm& arm, const TorsoFrame& torso, float side, float along) {
    const float y = arm.height(along);
    if (y < HangingArm::kFirst || y > arm.lowest()) return {};
    return Slice{from_torso(torso, {side * arm.axis(y), y}), {side * torso.axis_x, side * torso.axis_y}, arm.radius(along) * torso.unit};
}

struct Joints {
    Joints(const TorsoFrame& frame, const KeyPointFrame& points, int first)
        : torso(frame), side(first == point::kRightHand ? -1.0f : 1.0f),
          at{position(points, side < 0 ? point::kShoulders : point::kShoulders + 1), position(points, first + point::kElbow), position(points, first + point::kWrist)} {}
    TorsoFrame torso;
    float side;
    std::array<Point, 3> at;
};

/// Of an arm that is held otherwise: across its bones, as far as the person's edge.
std::optional<Slice> slice_of(const PictureSampler& picture, const Joints& joints, float along) {
    const std::size_t bone = along < 1 ? 0 : 1;
    const Point from = joints.at[bone], to = joints.at[bone + 1];
    const float t = along - static_cast<float>(bone), dx = to.x - from.x, dy = to.y - from.y, length = std::hypot(dx, dy);
    if (length < 2) return {};
    const Point axis{from.x + t * dx, from.y + t * dy};
    Point out{dy / length, -dx / length};
    if ((out.x * joints.torso.axis_x + out.y * joints.torso.axis_y) * joints.side < 0) out = {-out.x, -out.y};
    const float usual = usual_arm_radius(along) * joints.torso.unit;
    for (float d = 0.4f * usual; d < kThickest * usual; d += 0.5f) {
        const Point at{axis.x + d * out.x, axis.y + d * out.y};
        if (!picture.has(at)) return {};
        if (picture.at(at)[3] < 0.5f) return Slice{axis, out, std::max(d, kThinnest * usual)};
    }
    return {};
}

}  // namespace

float usual_arm_radius(float along) noexcept {
    return along < 1 ? kShoulderRadius + along * (kElbowRadius - kShoulderRadius) : kElbowRadius + std::min(along - 1, 1.0f) * (kCuffRadius - kElbowRadius);
}

ArmSkin::ArmSkin(const Colour& upper, const Colour& fore, const PictureStyle& style) {
    for (int r = 0; r < kRows; ++r) {
        const float along = 2 * static_cast<float>(r) / (kRows - 1);
        radii_[static_cast<std::size_t>(r)] = usual_arm_radius(along);
        const Colour base = mixed(upper, fore, std::clamp(2 * along - 1.5f, 0.0f, 1.0f));
        for (int c = 0; c < kColumns; ++c) {
            const float off = static_cast<float>(c) / (kColumns - 1), up = std::sqrt(std::max(1 - off * off, 0.0f));
            const float tone = 1 - style.shaded * 0.35f * (1 - up);
            rows_[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] = scaled(base, c == kColumns - 1 ? tone * (1 - style.line * (1 - style.line_tone)) : tone);
        }
    }
}

void ArmSkin::read(const float* rgba, Size size, const KeyPointFrame& points, int first) {
    const PictureSampler picture(rgba, size);
    const TorsoFrame torso = torso_frame_of(points);
    const std::optional<HangingArm> hanging = HangingArm::find(rgba, size, points, first);
    constexpr float kKnown = 0.5f;  // confidence
    if (!hanging && points.points[static_cast<std::size_t>(first + point::kElbow)].confidence < kKnown) return;  // points that were guessed show nothing
    const Joints joints{torso, points, first};
    std::array<std::optional<float>, kRows> measured;
    for (int r = 0; r < kRows; ++r) {
        const float along = 2 * static_cast<float>(r) / (kRows - 1);
        const std::optional<Slice> slice = hanging ? slice_of(*hanging, torso, joints.side, along) : slice_of(picture, joints, along);
        if (!slice || !picture.has(slice->axis) || picture.at(slice->axis)[3] < kSurelySeen) continue;
        measured[static_cast<std::size_t>(r)] = slice->radius / (usual_arm_radius(along) * torso.unit);
        Colour last{};
        for (int c = 0; c < kColumns; ++c) {
            const float d = slice->radius * static_cast<float>(c) / (kColumns - 1);
            const auto p = picture.at({slice->axis.x + d * slice->out.x, slice->axis.y + d * slice->out.y});
            if (p[3] > 0.3f) last = {p[0] / p[3], p[1] / p[3], p[2] / p[3]};
            rows_[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] = last;
        }
    }
    std::vector<int> seen;
    std::vector<float> thickness;
    for (int r = 0; r < kRows; ++r)
        if (measured[static_cast<std::size_t>(r)]) seen.push_back(r), thickness.push_back(*measured[static_cast<std::size_t>(r)]);
    if (seen.size() < 4) return;
    seen_ = static_cast<float>(seen.size()) / kRows;
    const float usual = median(thickness);
    for (int r = 0; r < kRows; ++r) {
        const auto at = static_cast<std::size_t>(r);
        // The nearest rows that were seen, and of thicknesses the middle one of five.
        const auto next = std::lower_bound(seen.begin(), seen.end(), r);
        const int nearest = next == seen.end() ? seen.back() : next == seen.begin() || *next - r <= r - *(next - 1) ? *next : *(next - 1);
        std::vector<float> around;
        for (int d = -2; d <= 2; ++d)
            if (r + d >= 0 && r + d < kRows && measured[static_cast<std::size_t>(r + d)]) around.push_back(*measured[static_cast<std::size_t>(r + d)]);
        radii_[at] = usual_arm_radius(2 * static_cast<float>(r) / (kRows - 1)) * (around.empty() ? usual : median(around));
        if (measured[at]) continue;
        // What goes on behind the last row is the mean of the last few, without their grain.
        const auto end = std::lower_bound(seen.begin(), seen.end(), nearest);
        const bool behind = end + 1 == seen.end();
        for (std::size_t c = 0; c < kColumns; ++c) {
            Colour sum{};
            int count = 0;
            for (int i = 0; i < (behind ? 3 : 1) && end - i >= seen.begin(); ++i, ++count) {
                const Colour& one = rows_[static_cast<std::size_t>(*(end - i))][c];
                for (std::size_t k = 0; k < 3; ++k) sum[k] += one[k];
            }
            rows_[at][c] = scaled(sum, 1.0f / static_cast<float>(count));
        }
    }
}

float ArmSkin::radius(float along) const noexcept {
    const float at = std::clamp(along * 0.5f, 0.0f, 1.0f) * (kRows - 1);
    const int low = std::min(static_cast<int>(at), kRows - 2);
    return radii_[static_cast<std::size_t>(low)] + (at - static_cast<float>(low)) * (radii_[static_cast<std::size_t>(low + 1)] - radii_[static_cast<std::size_t>(low)]);
}

Colour ArmSkin::colour(float along, float off_axis) const noexcept {
    const float y = std::clamp(along * 0.5f, 0.0f, 1.0f) * (kRows - 1), x = std::clamp(off_axis, 0.0f, 1.0f) * (kColumns - 1);
    const int y0 = std::min(static_cast<int>(y), kRows - 2), x0 = std::min(static_cast<int>(x), kColumns - 2);
    const Row &upper = rows_[static_cast<std::size_t>(y0)], &lower = rows_[static_cast<std::size_t>(y0 + 1)];
    const auto c = static_cast<std::size_t>(x0);
    const float fx = x - static_cast<float>(x0);
    return mixed(mixed(upper[c], upper[c + 1], fx), mixed(lower[c], lower[c + 1], fx), y - static_cast<float>(y0));
}

}  // namespace mirrorme

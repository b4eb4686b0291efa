#include "codec/motion/flow_plan.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "codec/motion/limb_painter.h"
#include "kernels/include/dome.h"

namespace mirrorme {
namespace {

enum class Side { both, above, below };  // where a point's skin lies

struct Reach {
    int first, count;
    float sigma;   // face units
    bool on_head;  // predicted by the head's rigid motion, else by the torso's
    Side side = Side::both;
};

// How far a point speaks for its neighbourhood: a lid for a lash's width, a shoulder for the upper arm.
constexpr std::array kReaches{
    Reach{point::kOuterLips, 1, 0.11f, true},
    Reach{point::kOuterLips + 1, 5, 0.11f, true, Side::above},
    Reach{point::kOuterLips + 6, 1, 0.11f, true},
    Reach{point::kOuterLips + 7, 5, 0.11f, true, Side::below},
    Reach{point::kInnerLips, 1, 0.08f, true},
    Reach{point::kInnerLips + 1, 3, 0.08f, true, Side::above},
    Reach{point::kInnerLips + 4, 1, 0.08f, true},
    Reach{point::kInnerLips + 5, 3, 0.08f, true, Side::below},
    Reach{point::kJaw, point::kJawCount, 0.35f, true},
    Reach{point::kRightEye, 1, 0.10f, true},
    Reach{point::kRightEye + 1, 3, 0.10f, true, Side::above},
    Reach{point::kRightEye + 4, 1, 0.10f, true},
    Reach{point::kRightEye + 5, 3, 0.10f, true, Side::below},
    Reach{point::kLeftEye, 1, 0.10f, true},
    Reach{point::kLeftEye + 1, 3, 0.10f, true, Side::above},
    Reach{point::kLeftEye + 4, 1, 0.10f, true},
    Reach{point::kLeftEye + 5, 3, 0.10f, true, Side::below},
    Reach{point::kRightIris, 1, 0.07f, true},
    Reach{point::kLeftIris, 1, 0.07f, true},
    Reach{point::kRightBrow, 2 * point::kBrowCount, 0.16f, true},
    Reach{point::kNose, point::kNoseCount, 0.22f, true},
    Reach{point::kFaceContour, point::kFaceContourCount, 0.35f, true},
    Reach{point::kCrown, point::kCrownCount, 0.45f, true},
    Reach{point::kNeck, 2, 0.40f, false},
    Reach{point::kShoulders, 2, 0.80f, false},
    Reach{point::kChest, 3, 0.80f, false},
};
constexpr float kInward = 0.5f;   // of a one-sided point's reach, towards the opening it borders
constexpr float kStretch = 0.9f;  // of its own displacement, the least reach outwards: shorter would fold the picture
constexpr float kWidestReach = 0.80f;
constexpr float kShortestReach = 0.7f * kernels::kCell;  // pixels: shorter would fall between the cells

Point mean_of(const KeyPointFrame& frame, int first, int count) {
    Point m;
    for (int i = first; i < first + count; ++i) {
        m.x += frame.points[static_cast<std::size_t>(i)].x / static_cast<float>(count);
        m.y += frame.points[static_cast<std::size_t>(i)].y / static_cast<float>(count);
    }
    return m;
}

Point between(Point a, Point b, float t) { return {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)}; }

}  // namespace

PointFlow::PointFlow(const KeyPointFrame& reference, const KeyPointFrame& target) noexcept {
    const float unit = face_frame_of(target).unit;
    const HeadTurn turn = fit_turn(target, reference);
    plan_.head = turn.outline;
    plan_.face = turn.face;
    plan_.torso = fit_torso(target, reference);
    plan_.blend = std::max(0.18f * unit, 1.0f);
    place_areas(target, unit);
    place_anchors(reference, target, unit);
    place_arms(reference, target, unit);
    plan_.anchors = std::span<const kernels::FlowAnchor>(anchors_.data(), count_);
}

Point PointFlow::on_head(Point at) const noexcept {
    const Point outline = apply(plan_.head, at);
    const float height = height_at(plan_.face, at);
    return {outline.x + height * plan_.face.shift.x, outline.y + height * plan_.face.shift.y};
}

void PointFlow::place_areas(const KeyPointFrame& target, float unit) noexcept {
    const Point chin = position(target, point::kJaw + 2), top = position(target, point::kCrown + 2);
    const Point throat = position(target, point::kChest), right = position(target, point::kShoulders), left = position(target, point::kShoulders + 1);
    const Point ears[2] = {position(target, point::kFaceContour + 1), position(target, point::kFaceContour + 4)};
    const float half_head = 0.5f * std::hypot(ears[1].x - ears[0].x, ears[1].y - ears[0].y);
    const float radius = std::max(half_head, unit);
    const float length = std::max(std::hypot(top.x - chin.x, top.y - chin.y), 1.0f);
    const float inset = std::min(radius / length, 0.5f);
    head_area_ = {kernels::Capsule{between(top, chin, inset), between(top, chin, 1 - 0.6f * inset), radius, 0.6f * radius}};
    const Point eyes = mean_of(target, point::kRightEye, 2 * point::kEyeCount);
    const float down_x = throat.x - eyes.x, down_y = throat.y - eyes.y, down = std::max(std::hypot(down_x, down_y), 1.0f);
    const Point below{throat.x + 6 * unit * down_x / down, throat.y + 6 * unit * down_y / down};
    const float half = 0.5f * std::hypot(left.x - right.x, left.y - right.y);
    torso_area_ = {kernels::Capsule{right, throat, 0.25f * half, 0.15f * half}, kernels::Capsule{throat, left, 0.15f * half, 0.25f * half},
                   kernels::Capsule{throat, below, 0.15f * half, 1.2f * half}};
    plan_.head_area = head_area_;
    plan_.torso_area = torso_area_;
}

void PointFlow::place_anchors(const KeyPointFrame& reference, const KeyPointFrame& target, float unit) noexcept {
    for (const Reach& reach : kReaches) {
        const float relative = kWidestReach / reach.sigma;
        for (int i = reach.first; i < reach.first + reach.count; ++i) {
            const Point at = position(target, i), source = position(reference, i), predicted = reach.on_head ? on_head(at) : apply(plan_.torso, at);
            const Point residual{source.x - predicted.x, source.y - predicted.y};
            const float sigma = std::max(reach.sigma * unit, kShortestReach);
            const float outward = std::max(sigma, kStretch * std::abs(residual.y)), inward = std::max(kInward * sigma, 0.5f * kernels::kCell);
            const float up = reach.side == Side::below ? inward : reach.side == Side::above ? outward : sigma;
            const float down = reach.side == Side::above ? inward : reach.side == Side::below ? outward : sigma;
            anchors_[count_++] = {at, residual, sigma, up, down, relative * relative};
        }
    }
}

void PointFlow::place_arms(const KeyPointFrame& reference, const KeyPointFrame& target, float unit) noexcept {
    constexpr float kAcross = 0.26f, kAlong = 0.40f;  // torso units: an arm's width, and so far that anchors overlap
    const RaisedArms raised = raised_arms(reference, target);
    const float scale = torso_frame_of(target).unit, across = std::max(kAcross * scale, kShortestReach), along = std::max(kAlong * scale, kShortestReach);
    const float relative = kWidestReach * unit / across;
    for (const int first : {point::kRightHand, point::kLeftHand}) {
        const bool right = first == point::kRightHand;
        if (right ? raised.right : raised.left) continue;
        const std::array joints{right ? point::kShoulders : point::kShoulders + 1, first + point::kElbow, first + point::kWrist};
        for (int i = 1; i <= kArmAnchors; ++i) {
            const float place = 2 * static_cast<float>(i) / kArmAnchors;  // 0 shoulder, 1 elbow, 2 wrist
            const auto bone = static_cast<std::size_t>(place > 1);
            const auto on_arm = [&](const KeyPointFrame& frame) { return between(position(frame, joints[bone]), position(frame, joints[bone + 1]), place - static_cast<float>(bone)); };
            const Point at = on_arm(target), source = on_arm(reference), predicted = apply(plan_.torso, at);
            anchors_[count_++] = {at, {source.x - predicted.x, source.y - predicted.y}, across, along, along, relative * relative};
        }
    }
}

}  // namespace mirrorme

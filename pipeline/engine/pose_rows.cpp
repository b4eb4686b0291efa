#include "engine/pose_rows.h"

#include <utility>

#include "codec/motion/motion_values.h"

namespace mirrorme {

PoseRows::PoseRows(const DitConfig& config, const KeyPointFrame& reference, int frame_width)
    : kind_(config.pose.kind), temporal_(config.grid.temporal), torso_(torso_frame_of(reference)), frame_width_(static_cast<float>(frame_width)) {
    for (const auto& [first, side] : {std::pair{point::kLeftHand, 1}, std::pair{point::kRightHand, -1}})
        for (int joint = 0; joint < point::kHandCount; ++joint) {
            const int index = first + joint;
            const bool seen = reference.points[static_cast<std::size_t>(index)].confidence > 0.5f;
            const KeyPoint rest = resting_hand_point(joint, side);
            set_position(at_rest_, index, seen ? to_torso(torso_, position(reference, index)) : Point{rest.x, rest.y});
        }
}

std::size_t PoseRows::size() const noexcept { return static_cast<std::size_t>(temporal_) * 2 * point::kHandCount * 3; }

KeyPoint PoseRows::blended(const GesturePose& pose, int index) const {
    const KeyPoint& asked = pose.points.points[static_cast<std::size_t>(index)];
    if (asked.confidence <= 0 || pose.weight <= 0) return {};
    const Point rest = position(at_rest_, index);
    Point p{rest.x + pose.weight * (asked.x - rest.x), rest.y + pose.weight * (asked.y - rest.y)};
    if (kind_ == PoseKind::maps) {
        p = from_torso(torso_, p);
        p = {p.x / frame_width_, p.y / frame_width_};
    }
    return {p.x, p.y, asked.confidence};
}

void PoseRows::write(std::span<const GesturePose> frames, std::vector<float>& row) const {
    row.clear();
    for (const GesturePose& pose : frames)
        for (const int first : {point::kLeftHand, point::kRightHand})
            for (int joint = 0; joint < point::kHandCount; ++joint) {
                const KeyPoint p = blended(pose, first + joint);
                row.insert(row.end(), {p.x, p.y, p.confidence});
            }
}

}  // namespace mirrorme

#include "ui/model/stick_figure.h"

#include <array>
#include <limits>

namespace mirrorme::ui {
namespace {

// Torso units: shoulders at x = -1 and 1, y = 0. The square shows this part of them.
constexpr double kLeft = -2.9, kTop = -2.9, kSide = 5.8;
constexpr double kThick = 0.055, kThin = 0.022;
constexpr std::array<Point, 3> kHangingArm{Point{1, 0}, {1.26, 2.19}, {1.1, 4.03}};  // left; the right one is its mirror image

Point in_square(double x, double y) { return {(x - kLeft) / kSide, (y - kTop) / kSide}; }

bool known(const KeyPoint& point) { return point.confidence > 0; }

void add_chain(std::vector<Stroke>& strokes, const std::vector<Point>& points, double width) {
    for (std::size_t i = 1; i < points.size(); ++i) strokes.push_back({points[i - 1], points[i], width});
}

/// An arm from its shoulder to its finger tips.
void add_arm(StickFigure& figure, const KeyPointFrame& frame, int first, double side) {
    const auto at = [&](int offset) -> const KeyPoint& { return frame.points[static_cast<std::size_t>(first + offset)]; };
    const auto place = [&](int offset) { return in_square(at(offset).x, at(offset).y); };
    if (!known(at(point::kWrist))) {
        std::vector<Point> hanging;
        for (const Point& joint : kHangingArm) hanging.push_back(in_square(side * joint.x, joint.y));
        add_chain(figure.body, hanging, kThick);
        return;
    }
    std::vector<Point> arm{in_square(side, 0)};
    if (known(at(point::kElbow))) arm.push_back(place(point::kElbow));
    arm.push_back(place(point::kWrist));
    add_chain(figure.limbs, arm, kThick);
    constexpr int kFingerCount = 5, kJoints = 4;
    for (int finger = 0; finger < kFingerCount; ++finger) {
        std::vector<Point> chain{place(point::kWrist)};
        for (int joint = 0; joint < kJoints; ++joint)
            if (const int offset = point::kFingers + finger * kJoints + joint; known(at(offset))) chain.push_back(place(offset));
        add_chain(figure.limbs, chain, kThin);
    }
}

}  // namespace

std::size_t telling_frame(const KeyPointTrack& track) {
    const std::size_t frames = track.frame_count();
    if (frames == 0) return 0;
    if (track.preset && track.preset->hold) return std::min(frames - 1, static_cast<std::size_t>((track.preset->hold->first + track.preset->hold->end) / 2));
    std::size_t best = 0;
    float highest = std::numeric_limits<float>::max();
    for (std::size_t i = 0; i < frames; ++i) {
        const KeyPointFrame frame = track.frame(i);
        for (const int hand : {point::kLeftHand, point::kRightHand}) {
            const KeyPoint& wrist = frame.points[static_cast<std::size_t>(hand + point::kWrist)];
            if (!known(wrist) || wrist.y >= highest) continue;
            highest = wrist.y;
            best = i;
        }
    }
    return best;
}

StickFigure stick_figure(const KeyPointTrack& track, std::size_t frame) {
    StickFigure figure;
    if (track.unit != TrackUnit::torso || frame >= track.frame_count()) return figure;
    const KeyPointFrame points = track.frame(frame);
    figure.head = in_square(0, -1.55);
    figure.head_radius = 0.85 / kSide;
    figure.body = {{in_square(0, -0.7), in_square(0, 0), kThick},
                   {in_square(-1, 0), in_square(1, 0), kThick},
                   {in_square(-1, 0), in_square(-0.8, 3), kThick},
                   {in_square(1, 0), in_square(0.8, 3), kThick}};
    add_arm(figure, points, point::kRightHand, -1);
    add_arm(figure, points, point::kLeftHand, 1);
    return figure;
}

}  // namespace mirrorme::ui

#pragma once
// Figures of generated motion against the truth of a performance, and the baselines that give them a meaning. No torch.

#include <string>
#include <utility>
#include <vector>

#include "core/keypoints.h"

namespace mirrorme {

/// One held-out clip: the truth, frame by frame (24 fps), and what was said when.
struct SpokenClip {
    std::vector<KeyPointFrame> truth;        // face units of the reference
    std::vector<float> loudness;             // dB of the frame's sound, any offset
    std::vector<bool> silent;                // neither speech nor its release
    std::vector<std::pair<int, int>> closures;  // first and last frame of lips held together: p, b, m
};

/// Frames of generated motion, as many as the clip's truth has.
using MotionTrack = std::vector<KeyPointFrame>;

struct LipFigures {
    double opening = 0, width = 0;  // correlation with the truth, mean over clips in which somebody speaks
    int lag = 0;                    // frames by which the generated opening is late
};

struct MotionFigures {
    LipFigures generated, shuffled;  // shuffled: against the truth of another clip
    double loudness_opening = 0;     // correlation of a mouth driven by loudness alone; a mouth held still has none
    double opening_amplitude = 0;    // standard deviation of the opening, generated / truth
    double closed_in_silence = 0, truth_closed_in_silence = 0;    // share of silent frames
    double closed_on_closures = 0, truth_closed_on_closures = 0;  // share of closures, +-1 frame
    double head_energy = 0;          // energy of yaw, pitch and roll changes, generated / truth
    double blinks = 0;               // blinks, generated / truth
    double hand_error = 0;           // mean distance of hand points in torso units, frames in which the truth's hand is visible
    double hand_error_widths = 0;    // the same in widths of a hand
};

/// Opening of a mouth: mean gap of the inner lips, face units. Width: distance of the outer corners, face units.
float lip_opening(const KeyPointFrame& frame) noexcept;
float lip_width(const KeyPointFrame& frame) noexcept;
inline constexpr float kClosedLips = 0.04f;  // face units: a smaller opening counts as closed

/// `generated` has one track a clip. Clips shorter than a second, and clips in which the truth's mouth stays shut, are left out of
/// correlations: nothing correlates with a mouth that does not move. What is generated there is counted in closed_in_silence.
MotionFigures measure_motion(const std::vector<SpokenClip>& clips, const std::vector<MotionTrack>& generated);

/// Pearson's correlation of a and b, b taken `lag` frames later; 0 where one of them does not move.
double correlation(const std::vector<float>& a, const std::vector<float>& b, int lag = 0);

}  // namespace mirrorme

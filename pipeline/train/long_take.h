#pragma once
// Minutes of speech in one go, the first minute against the last: does a stream drift, and is the avatar still itself?

#include <string>
#include <utility>
#include <vector>

#include "codec/motion/renderer.h"
#include "train/motion_clips.h"
#include "train/motion_metrics.h"
#include "train/training_task.h"

namespace mirrorme {

struct LongTakes {
    std::vector<std::pair<std::string, double>> figures;
    Preview sheet;  // a row a character: reference, first minute, last minute
};

// Note [Identity as a share]
// A head is described by the mean of its pictures, cut out upright by the eyes: speech, blinks and turns average out, what remains is
// who it is (and how it is held). On the scale of Euclidean distances between such means another minute of the same performer lies at d1 from the
// first, another performer of the same drawing style at d0 (mean of three). A generated minute at distance d from the performer's first is
// (d0 - d) / (d0 - d1): 1 as like as the performer is to itself, 0 a stranger.

/// Clips are held-out ones, `truths` and `tracks` theirs in face units from frame `first` on. `minute`: frames of the first and of the last stretch, of which
/// one in two seconds is drawn; tracks are at least as long.
LongTakes judge_long_takes(Renderer& renderer, const std::vector<MotionClip>& clips, const std::vector<SpokenClip>& truths, const std::vector<MotionTrack>& tracks, int first,
                           std::size_t minute = 60 * 24);

}  // namespace mirrorme

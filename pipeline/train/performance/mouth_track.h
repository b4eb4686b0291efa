#pragma once
// From sounds at known times to a mouth that says them.

#include <span>
#include <vector>

#include "train/performance/personality.h"
#include "train/performance/prosody.h"
#include "train/performers/pose.h"
#include "train/voices/speech.h"

namespace mirrorme {

inline constexpr double kClosedPauseSeconds = 0.15;   // longer pauses shut the mouth
inline constexpr double kPauseRampSeconds = 0.07;     // how long it takes to shut and how early it opens again

/// One mouth a frame (24 fps) for `frames` frames. Coarticulated; in pauses above kClosedPauseSeconds opening is exactly
/// 0 from kPauseRampSeconds after their start until as long before their end; every m, p, b has a frame, inside its
/// closure or next to it, with opening exactly 0 and press above 0.
std::vector<MouthPose> mouth_track(std::span<const PhonemeSpan> phonemes, const Prosody& prosody, const Personality& personality,
                                   int frames);

}  // namespace mirrorme

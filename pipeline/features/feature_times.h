#pragma once
// Where video frames lie among features of sound. Whole-number arithmetic: a place is as exact after ten hours as at the start.

#include "core/time.h"

namespace mirrorme {

inline constexpr int64_t kModelSampleRate = 16000;
inline constexpr int64_t kFeatureHop = 320;  // samples: features are at 50 Hz

/// How video frames lie in the sound, and how far beyond its end each is heard.
struct HearingTimes {
    Rational fps{24, 1};
    int64_t look_ahead = 1600;  // samples: 100 ms
};

/// samples / kFeatureHop = whole + part, 0 <= part < 1.
struct FeaturePosition {
    int64_t whole = 0;
    float part = 0;
};

/// The last sample that frame `frame` may hear: 16000 (frame + 1) / fps + look_ahead, in feature hops.
FeaturePosition end_of_hearing(FrameIndex frame, const HearingTimes& times);

/// The middle of the frame and `samples` more: 16000 (frame + 1/2) / fps + samples, in feature hops.
FeaturePosition middle_of_frame(FrameIndex frame, Rational fps, int64_t samples);

/// The last frame whose middle and `samples` more is not after `hops` feature hops.
FrameIndex last_frame_with_middle_before(int64_t hops, Rational fps, int64_t samples);

}  // namespace mirrorme

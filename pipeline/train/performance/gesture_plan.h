#pragma once
// Which gestures a performance has, and when.

#include <cstdint>
#include <vector>

#include "train/performance/gestures.h"
#include "train/performance/personality.h"
#include "train/performance/speech_beats.h"

namespace mirrorme {

struct GesturePlan {
    std::vector<ArmsPose> arms;          // one a frame
    std::vector<GestureSpan> gestures;   // in order; what is cut by the edges is listed as far as it is inside
};

struct GestureAmount {
    int frames = 96;
    float share = 0.25f;                 // of the time, about, that a hand is raised; 0 = never
};

GesturePlan plan_gestures(std::uint64_t seed, const SpeechBeats& speech, const Personality& who, const GestureAmount& amount);

}  // namespace mirrorme

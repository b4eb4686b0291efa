#pragma once
// Eyes that live: blinks, glances, lids, brows.

#include <cstdint>
#include <vector>

#include "train/performance/personality.h"
#include "train/performance/prosody.h"
#include "train/performance/speech_beats.h"
#include "train/performers/pose.h"

namespace mirrorme {

/// One EyesPose a frame.
std::vector<EyesPose> eye_motion(std::uint64_t seed, const SpeechBeats& speech, const Prosody& prosody, const Personality& who,
                                 int frames);

}  // namespace mirrorme

#pragma once
// From speech to a whole performance. Needs no voices: the speech may come from a file.

#include <cstdint>

#include "train/performance/performance.h"
#include "train/performance/spoken_track.h"

namespace mirrorme {

struct MotionOptions {
    int frames = 96;              // > 0
    float gesture_share = 0.25f;  // of the time, about, that a hand is raised
};

/// What somebody (whom `seed` chooses) does while saying `speech`. The same arguments give the same performance.
/// `speech` has kPerformanceClock.first_sample(frames) samples. Pure; any thread.
Performance perform(std::uint64_t seed, SpokenTrack speech, const MotionOptions& options);

}  // namespace mirrorme

#pragma once
// What a mouth aims at for each sound.

#include "train/voices/phone.h"

namespace mirrorme {

/// Targets in the ranges of MouthPose, and how strongly the sound insists on them against its neighbours (0 .. 1).
struct Viseme {
    float opening, width, rounding, teeth, tongue;
    float opening_pull, shape_pull;
};

const Viseme& viseme_of(Phone phone) noexcept;

}  // namespace mirrorme

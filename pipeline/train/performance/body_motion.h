#pragma once
// Head and torso: drift, nods on beats, turns between phrases, sway, breath.

#include <cstdint>
#include <span>
#include <vector>

#include "train/performance/personality.h"
#include "train/performance/prosody.h"
#include "train/performance/speech_beats.h"
#include "train/performers/pose.h"

namespace mirrorme {

struct BodyMotion {
    std::vector<HeadPose> head;    // one a frame
    std::vector<TorsoPose> torso;  // one a frame
};

/// `eyes` one a frame: the head follows where they look.
BodyMotion body_motion(std::uint64_t seed, const SpeechBeats& speech, const Prosody& prosody, const Personality& who,
                       std::span<const EyesPose> eyes);

}  // namespace mirrorme

#pragma once
// What the two engines have in common before their labels are made alike. Private to the room.

#include <cstdint>
#include <string>
#include <vector>

namespace mirrorme {

/// Where an engine puts the silent closure of a stop.
enum class ClosureLabels {
    before_voiceless,  // espeak-ng: p, t, k begin at their burst, the closure belongs to the sound before; voiced stops hold theirs
    inside,            // flite: every stop holds its closure
};

struct EngineLabel {
    std::string name;
    std::int64_t start_sample = 0, end_sample = 0;  // at `rate`
};

struct EngineSpeech {
    int rate = 0;                     // Hz
    std::vector<std::int16_t> samples;
    std::vector<EngineLabel> labels;  // in order, not overlapping, inside the samples
};

}  // namespace mirrorme

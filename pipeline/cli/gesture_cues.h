#pragma once
// Gestures on the command line: "wave@2.5" plays data/gestures/wave.json 2.5 s into the video.

#include <string>
#include <vector>

#include "core/track_io.h"

namespace mirrorme::cli {

struct GestureCue {
    std::string name;      // preset of `track`
    double at_s = 0;
    KeyPointTrack track;
};

/// "name@seconds", or "file.json@seconds" for a preset of one's own. Throws Error: usage (form, time), not_found (with the names
/// there are), unreadable (the preset's file).
GestureCue parse_gesture_cue(const std::string& text);

/// Names of the presets in the data folder, sorted.
std::vector<std::string> gesture_names();

}  // namespace mirrorme::cli

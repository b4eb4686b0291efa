#pragma once
// The source's status (plugin/README.md, mirrorme_status) as the panel shows it. Plain values; any thread may make one.

#include <string>
#include <string_view>
#include <vector>

#include "ui/model/phrase.h"

namespace mirrorme::ui {

/// What the picture lacks, as the engine found out.
enum class FaceProblem { none, not_found, very_small };

struct SoundLamp {
    Tone tone = Tone::neutral;
    Phrase text;
    double fill = 0;  // of the level bar, 0 .. 1 over kQuietestDb .. 0 dBFS
    static constexpr double kQuietestDb = -60;
    bool operator==(const SoundLamp&) const = default;
};

struct StatusView {
    bool known = false;  // a source has answered
    Tone tone = Tone::neutral;
    Phrase message;

    SoundLamp sound;

    Phrase delay_total;           // L, or empty before it is known
    std::vector<Row> delay_rows;  // its parts, mode and lip offset
    Phrase delay_problem;         // empty = none

    Phrase engine_state;
    Tone engine_tone = Tone::neutral;
    bool can_restart = false;
    Phrase engine_error;           // empty = none; while it runs, what ended it the last time
    Tone engine_error_tone = Tone::neutral;
    std::vector<Row> engine_rows;  // model, device, chunk time, frames, memory
    std::vector<Phrase> abilities; // of the model; empty = it has not said

    FaceProblem face = FaceProblem::none;
    std::string face_picture;  // the file it was found in, which may be the one before
    std::vector<Phrase> warnings;  // the session's other ones

    std::string playing;  // preset, empty = none
    int queued = 0;
    bool paused = false;
    std::vector<double> crop;  // of the picture as it is shown: x, y, width, height; empty = unknown

    bool operator==(const StatusView&) const = default;
};

StatusView status_view(std::string_view status_json);

}  // namespace mirrorme::ui

#pragma once
// A take that the OBS source recorded: what was said, and what happened meanwhile (plugin/host/event_log.h writes it).

#include <filesystem>
#include <vector>

#include "core/settings.h"
#include "engine/api/engine_api.h"

namespace mirrorme::cli {

struct RecordedTake {
    struct Change {
        SampleIndex at = 0;
        Settings settings;
    };
    std::filesystem::path sound;     // beside the event file
    Rational sample_rate;            // of `at`
    Settings settings;               // at the start
    std::vector<Command> commands;   // by name
    std::vector<Change> changes;     // of live settings
    std::vector<KeyPointTrack> tracks;  // what those names meant then, as far as the file says
};

/// Throws Error naming the file, the line and the field. A last line that is cut short (the program ended) is left out.
RecordedTake read_take(const std::filesystem::path& events);

}  // namespace mirrorme::cli

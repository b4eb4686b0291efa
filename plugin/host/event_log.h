#pragma once
// What happened in a take, so that it can be rendered again: `mirrorme render --events FILE`.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <span>
#include <string>

#include "core/remark.h"
#include "core/settings.h"
#include "core/time.h"
#include "engine/api/engine_api.h"

namespace mirrorme {

/// Writes take folders: events.jsonl (first line: schema, version, rate, settings, sound's file; then one line per event, {"at": sample,
/// "kind": ...}) and sound.wav (32-bit float, mono: the very samples the engine was given). Samples count from the take's start, which is a session's.
/// Both files are readable however the program ends: lines are flushed, and the WAV's length is brought up to date every second.
/// One thread, not the host's audio or graphics: it writes to the disk. A disk that fails ends the take; error() says why.
class EventLog {
public:
    ~EventLog() { stop(); }

    /// Begins a take in a new folder under `parent`; an open one is ended. Never throws.
    void start(const std::filesystem::path& parent, Rational rate, const Settings& settings, SampleIndex base);
    void stop();
    bool running() const noexcept { return lines_.is_open(); }
    const std::filesystem::path& folder() const noexcept { return folder_; }
    const Remark& error() const noexcept { return error_; }

    /// On the source's media time, as are the others' `at`. What was left out before `first` becomes silence.
    void sound(SampleIndex first, std::span<const float> samples);
    /// `track`: what the gesture meant; written where a gesture is first used, since the user may change it later. May be null.
    void command(CommandKind kind, const std::string& gesture, SampleIndex at, const KeyPointTrack* track);
    void settings(SampleIndex at, const Settings& settings);

private:
    void line(const std::string& text);
    void update_header();
    void fail(const std::string& what);

    std::filesystem::path folder_;
    std::ofstream lines_, wave_;
    Rational rate_;
    SampleIndex base_ = 0, written_ = 0, header_at_ = 0;  // samples of the take
    std::set<std::string> tracks_written_;
    Remark error_;
};

}  // namespace mirrorme

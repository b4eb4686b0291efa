#include "cli/gesture_cues.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "core/error.h"
#include "core/files.h"

namespace mirrorme::cli {
namespace fs = std::filesystem;
namespace {

constexpr double kMaxSeconds = 86400;

fs::path gestures_dir() { return find_data_dir() / "gestures"; }

fs::path file_of(const std::string& name) {
    std::error_code ignored;
    if (fs::path(name).extension() == ".json" && fs::exists(name, ignored)) return name;
    const fs::path preset = gestures_dir() / (name + ".json");
    const bool plain = name.find('/') == std::string::npos;
    if (plain && fs::exists(preset, ignored)) return preset;
    std::string known;
    for (const std::string& one : gesture_names()) known += (known.empty() ? "" : ", ") + one;
    throw Error(ErrorCode::not_found, "--gesture " + name, "there is no such gesture", "Known are: " + (known.empty() ? "none" : known) + '.');
}

}  // namespace

GestureCue parse_gesture_cue(const std::string& text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string::npos || at == 0)
        throw Error(ErrorCode::usage, "--gesture " + text, "does not say when", "Give name@seconds, such as wave@2.5.");
    const std::string seconds = text.substr(at + 1);
    char* end = nullptr;
    GestureCue cue;
    cue.at_s = std::strtod(seconds.c_str(), &end);
    if (seconds.empty() || *end != '\0' || !std::isfinite(cue.at_s) || cue.at_s < 0 || cue.at_s > kMaxSeconds)
        throw Error(ErrorCode::usage, "--gesture " + text, "'" + seconds + "' is not a time in seconds", "Give name@seconds, such as wave@2.5.");
    const fs::path file = file_of(text.substr(0, at));
    cue.track = read_track(file);
    if (!cue.track.preset)
        throw Error(ErrorCode::unreadable, file.string() + " [preset]", "is missing: this is a track, not a gesture", "Add the field 'preset' with a name.");
    cue.name = cue.track.preset->name;
    return cue;
}

std::vector<std::string> gesture_names() {
    std::vector<std::string> names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(gestures_dir(), ignored))
        if (entry.path().extension() == ".json") names.push_back(entry.path().stem().string());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace mirrorme::cli

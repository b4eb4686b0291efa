#include "plugin/host/gesture_library.h"

#include <algorithm>
#include <cmath>
#include <system_error>
#include <utility>

#include "core/error.h"
#include "core/files.h"
#include "core/json_fields.h"

namespace mirrorme {
namespace fs = std::filesystem;
namespace {

constexpr int kNestingLimit = 8;          // a track nests four deep
constexpr std::size_t kTitleLimit = 120;  // bytes

/// Ten thousand opening brackets make a tree of ten thousand nodes out of ten thousand bytes: counted before anything is built of them.
void refuse_deep_nesting(std::string_view text, const std::string& subject) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            else quoted = c != '"';
        } else if (c == '"') {
            quoted = true;
        } else if (c == '[' || c == '{') {
            if (++depth > kNestingLimit) throw Error(ErrorCode::unreadable, subject, "nests too deeply to be a key-point track");
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
}

void require_sane(const KeyPointTrack& track, const std::string& subject) {
    const TrackPreset& preset = *track.preset;
    if (slot_of_name(preset.name) != 0) throw Error(ErrorCode::mismatch, subject, "is called '" + preset.name + "', which is a slot's name", "Choose another name");
    const bool printable = std::none_of(preset.title.begin(), preset.title.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (preset.title.size() > kTitleLimit || !printable)
        throw Error(ErrorCode::mismatch, subject, "has a title that is too long or holds control characters", "Write one line of at most " + std::to_string(kTitleLimit) + " bytes");
    const double seconds = static_cast<double>(track.frame_count()) / track.fps.value();
    if (seconds > GestureLibrary::kSecondsLimit)
        throw Error(ErrorCode::too_large, subject, "lasts more than " + std::to_string(static_cast<int>(GestureLibrary::kSecondsLimit)) + " s", "Make the gesture shorter");
    for (std::size_t f = 0; f < track.frame_count(); ++f)
        for (std::size_t i = 0; i < track.points.size() * 3; ++i)
            if (std::abs(track.values[f * track.row_size() + i]) > GestureLibrary::kReachLimit)
                throw Error(ErrorCode::mismatch, subject, "moves a point out of anybody's reach (frame " + std::to_string(f) + ")", "Use torso units: 1 is half the shoulders' distance");
}

/// The message with the file's name and no folder.
std::string reason_of(const Error& error, const fs::path& file) {
    return file.filename().string() + ": " + error.problem() + (error.remedy().empty() ? "." : ". " + error.remedy() + ".");
}

KeyPointTrack read_gesture(const fs::path& file) {
    return gesture_from_json(read_text_file(file, GestureLibrary::kFileLimit), file.filename().string());
}

GesturePreset preset_of(KeyPointTrack track, const fs::path& file) {
    GesturePreset preset;
    preset.name = track.preset->name;
    preset.title = track.preset->title.empty() ? preset.name : track.preset->title;
    preset.seconds = static_cast<double>(track.frame_count()) / track.fps.value();
    preset.can_hold = track.preset->hold.has_value();
    preset.file = file;
    preset.track = std::make_shared<const KeyPointTrack>(std::move(track));
    return preset;
}

/// A file in `folder` that is not there yet: NAME.json, else NAME-2.json and so on (a file's name need not be its preset's).
fs::path free_place(const fs::path& folder, const std::string& name) {
    fs::path place = folder / (name + ".json");
    std::error_code ignored;
    for (int i = 2; i < 1000 && fs::exists(place, ignored); ++i) place = folder / (name + '-' + std::to_string(i) + ".json");
    return place;
}

}  // namespace

int slot_of_name(std::string_view name) noexcept {
    if (name.size() != 7 || !name.starts_with("slot_")) return 0;
    const int tens = name[5] - '0', ones = name[6] - '0';
    if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return 0;
    const int slot = tens * 10 + ones;
    return slot <= kGestureSlots ? slot : 0;
}

const GesturePreset* GesturePresets::find(std::string_view name) const noexcept {
    const auto found = std::lower_bound(presets.begin(), presets.end(), name, [](const GesturePreset& p, std::string_view n) { return p.name < n; });
    return found != presets.end() && found->name == name ? &*found : nullptr;
}

KeyPointTrack gesture_from_json(std::string_view text, const std::string& subject) {
    if (text.size() > GestureLibrary::kFileLimit) throw Error(ErrorCode::too_large, subject, "is larger than " + std::to_string(GestureLibrary::kFileLimit >> 20) + " MiB");
    refuse_deep_nesting(text, subject);
    KeyPointTrack track = track_from_json(text, subject);
    if (!track.preset) throw Error(ErrorCode::mismatch, subject, "is a track without a preset, so it has no name to be called by", "Add the field 'preset'");
    if (track.unit != TrackUnit::torso) throw Error(ErrorCode::mismatch, subject, "is in " + std::string(name_of(track.unit)) + " units", "A gesture needs \"unit\": \"torso\"");
    if (track.points.empty()) throw Error(ErrorCode::mismatch, subject, "moves no point", "Name at least one in 'points'");
    require_sane(track, subject);
    const double fps = track.fps.value();
    const int least = std::max(1, static_cast<int>(std::ceil(GestureLibrary::kEaseLeastSeconds * fps))), most = std::max(least, static_cast<int>(GestureLibrary::kEaseMostSeconds * fps));
    track.preset->ease_in_frames = std::clamp(track.preset->ease_in_frames, least, most);
    track.preset->ease_out_frames = std::clamp(track.preset->ease_out_frames, least, most);
    return track;
}

GestureLibrary::GestureLibrary(fs::path shipped_folder, fs::path user_folder, TitleOf title_of_shipped)
    : shipped_folder_(std::move(shipped_folder)), user_folder_(std::move(user_folder)), title_of_shipped_(std::move(title_of_shipped)) {
    GesturePresets none;
    none.user_folder = user_folder_;
    presets_ = std::make_shared<const GesturePresets>(std::move(none));
}

std::shared_ptr<const GesturePresets> GestureLibrary::presets() const {
    const std::lock_guard lock(mutex_);
    return presets_;
}

std::vector<GestureLibrary::Stamp> GestureLibrary::stamps_of(const fs::path& folder) {
    std::vector<Stamp> stamps;
    std::error_code failed;
    std::size_t looked_at = 0;
    for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end && looked_at < kFolderLimit; entry.increment(failed), ++looked_at) {
        const fs::path& file = entry->path();
        if (file.extension() != ".json" || file.filename().native().starts_with('.')) continue;  // hidden: half of a file that is being written
        std::error_code ignored;
        Stamp stamp{file, entry->file_size(ignored), entry->last_write_time(ignored)};
        stamps.push_back(std::move(stamp));
    }
    std::sort(stamps.begin(), stamps.end(), [](const Stamp& a, const Stamp& b) { return a.file < b.file; });
    return stamps;
}

std::vector<GestureLibrary::Stamp> GestureLibrary::all_stamps() const {
    std::vector<Stamp> stamps = stamps_of(user_folder_);
    const std::vector<Stamp> shipped = stamps_of(shipped_folder_);
    stamps.insert(stamps.end(), shipped.begin(), shipped.end());
    return stamps;
}

void GestureLibrary::rescan() {
    const std::lock_guard scanning(scanning_);
    scan();
}

void GestureLibrary::scan() {
    GesturePresets found;
    found.user_folder = user_folder_;
    std::vector<Stamp> stamps;
    for (const bool user : {true, false}) {
        const std::size_t before = found.presets.size();
        for (Stamp& stamp : stamps_of(user ? user_folder_ : shipped_folder_)) {
            try {
                GesturePreset preset = preset_of(read_gesture(stamp.file), stamp.file);
                preset.user = user;
                if (std::string title = user || !title_of_shipped_ ? std::string() : title_of_shipped_(preset.name); !title.empty()) preset.title = std::move(title);
                const auto same = std::find_if(found.presets.begin(), found.presets.end(), [&](const GesturePreset& p) { return p.name == preset.name; });
                if (same != found.presets.end()) {
                    const bool shadowed = static_cast<std::size_t>(same - found.presets.begin()) < before;
                    if (!shadowed) found.faults.push_back({stamp.file, stamp.file.filename().string() + ": there is another gesture called '" + preset.name + "', in " + same->file.filename().string() + "."});
                } else if (found.presets.size() >= kPresetLimit) {
                    found.faults.push_back({stamp.file, stamp.file.filename().string() + ": there are more than " + std::to_string(kPresetLimit) + " gestures. Remove some."});
                } else {
                    found.presets.push_back(std::move(preset));
                }
            } catch (const Error& e) {
                found.faults.push_back({stamp.file, reason_of(e, stamp.file)});
            } catch (const std::exception& e) {
                found.faults.push_back({stamp.file, stamp.file.filename().string() + ": " + e.what() + "."});
            }
            stamps.push_back(std::move(stamp));
        }
    }
    std::sort(found.presets.begin(), found.presets.end(), [](const GesturePreset& a, const GesturePreset& b) { return a.name < b.name; });
    seen_ = std::move(stamps);
    auto snapshot = std::make_shared<const GesturePresets>(std::move(found));
    const std::lock_guard lock(mutex_);
    presets_.swap(snapshot);
}

bool GestureLibrary::rescan_if_changed() {
    const std::unique_lock scanning(scanning_, std::try_to_lock);
    if (!scanning || all_stamps() == seen_) return false;
    scan();
    return true;
}

std::string GestureLibrary::import_file(const fs::path& file, Clash clash) {
    const KeyPointTrack track = read_gesture(file);
    const std::string name = track.preset->name;
    const auto known = presets();
    const GesturePreset* same = known->find(name);
    const bool users = same != nullptr && same->user;
    if (users && clash == Clash::refuse) throw Error(ErrorCode::usage, file.filename().string(), "is called '" + name + "' as one of your gestures is already", "Replace that one, or change the name in the file");
    std::error_code failed;
    fs::create_directories(user_folder_, failed);
    if (failed) throw Error(ErrorCode::unreadable, "the gestures' folder", "cannot be made: " + failed.message());
    // Written anew rather than copied: only what a track holds gets in.
    write_file(users ? same->file : free_place(user_folder_, name), track_to_json(track));
    rescan();
    return name;
}

void GestureLibrary::export_preset(std::string_view name, const fs::path& file) const {
    const auto known = presets();
    const GesturePreset* preset = known->find(name);
    if (preset == nullptr) throw Error(ErrorCode::not_found, "gesture '" + std::string(name) + "'", "does not exist");
    write_file(file, track_to_json(*preset->track));
}

std::shared_ptr<const GesturePresets> GestureWatch::changed(std::int64_t now_ns) {
    if (now_ns >= next_ns_) {
        next_ns_ = now_ns + kEveryNs;
        library_.rescan_if_changed();
    }
    auto now = library_.presets();
    if (now == given_) return nullptr;
    given_ = now;
    return now;
}

}  // namespace mirrorme

#pragma once
// The gestures there are: presets that ship, and the user's own beside them.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/track_io.h"

namespace mirrorme {

struct GesturePreset {
    std::string name, title;      // of the track's preset; a title is never empty
    double seconds = 0;           // of the whole track
    bool can_hold = false;        // it has a hold span
    bool user = false;            // from the user's folder
    std::filesystem::path file;
    std::shared_ptr<const KeyPointTrack> track;  // never null; unit torso, with a preset
};

/// A file that was left out, and why, in a sentence for people that names no folder.
struct GestureFault {
    std::filesystem::path file;
    std::string reason;
};

/// What was found at one moment. Immutable once shared.
struct GesturePresets {
    std::vector<GesturePreset> presets;  // by name; no name twice
    std::vector<GestureFault> faults;
    std::filesystem::path user_folder;

    const GesturePreset* find(std::string_view name) const noexcept;
};

inline constexpr int kGestureSlots = 16;

/// "slot_01" .. "slot_16" -> 1 .. kGestureSlots; 0 for any other text. No preset may be called so.
int slot_of_name(std::string_view name) noexcept;

/// What a file must hold to be a gesture. `subject` names it in messages. Throws Error (too_large, unreadable, mismatch).
/// The bounds below are far above what a gesture needs: they keep a file made to do harm from doing any.
KeyPointTrack gesture_from_json(std::string_view text, const std::string& subject);

/// Any thread. rescan(), import_file() and export_preset() read and write files and belong on a thread that may wait; presets() does not wait.
class GestureLibrary {
public:
    static constexpr std::uintmax_t kFileLimit = 4u << 20;  // bytes
    static constexpr double kSecondsLimit = 60;
    static constexpr float kReachLimit = 20;                // torso units: about ten arms' lengths
    static constexpr double kEaseLeastSeconds = 0.08, kEaseMostSeconds = 2;  // easing outside is brought to the nearer end: nothing snaps, nothing drags
    static constexpr std::size_t kPresetLimit = 200;        // together; more are reported and left out
    static constexpr std::size_t kFolderLimit = 2000;       // entries of a folder that are looked at

    /// Title of a shipped preset in the host's language, or "" to keep the file's. Called by rescan().
    using TitleOf = std::function<std::string(std::string_view name)>;

    /// Neither folder need exist. Nothing is read until rescan().
    GestureLibrary(std::filesystem::path shipped_folder, std::filesystem::path user_folder, TitleOf title_of_shipped = {});

    /// Reads both folders. A user's preset shadows a shipped one of the same name; of two in one folder the first by file name counts.
    /// What cannot be used is listed in faults. Does not throw for anything that is in the folders.
    void rescan();
    /// rescan() if a file came, went, or changed size or time since. True when it did. False, at once, while another thread is scanning.
    bool rescan_if_changed();

    std::shared_ptr<const GesturePresets> presets() const;

    enum class Clash { refuse, replace };
    /// Checks `file`, writes it into the user's folder as NAME.json (which is made when missing) and rescans. Returns the preset's name.
    /// Throws Error: what gesture_from_json() and read_text_file() throw; usage when the user has a preset of that name (Clash::refuse).
    std::string import_file(const std::filesystem::path& file, Clash clash);
    /// Writes the preset to `file`, replacing it. Throws Error not_found (no such preset), or what write_file() throws.
    void export_preset(std::string_view name, const std::filesystem::path& file) const;

private:
    struct Stamp {
        std::filesystem::path file;
        std::uintmax_t size = 0;
        std::filesystem::file_time_type time;
        bool operator==(const Stamp&) const = default;
    };
    static std::vector<Stamp> stamps_of(const std::filesystem::path& folder);
    std::vector<Stamp> all_stamps() const;
    void scan();  // under scanning_

    const std::filesystem::path shipped_folder_, user_folder_;
    const TitleOf title_of_shipped_;
    std::mutex scanning_;                            // one rescan or import at a time; held while files are read
    std::vector<Stamp> seen_;                        // under scanning_
    mutable std::mutex mutex_;                       // of presets_ alone
    std::shared_ptr<const GesturePresets> presets_;  // never null
};

/// One worker's eye on the library: files that come, go or change are noticed within a second, whoever put them there. One thread.
class GestureWatch {
public:
    static constexpr std::int64_t kEveryNs = 1'000'000'000;

    explicit GestureWatch(GestureLibrary& library) : library_(library) {}

    /// The presets, when they are others than this returned before; else null. Looks at the folders at most once in kEveryNs: some tens of
    /// microseconds, and a rescan's tens of milliseconds when something changed.
    std::shared_ptr<const GesturePresets> changed(std::int64_t now_ns);

private:
    GestureLibrary& library_;
    std::int64_t next_ns_ = INT64_MIN;
    std::shared_ptr<const GesturePresets> given_;
};

}  // namespace mirrorme

#pragma once
// The source's gestures (plugin/README.md, mirrorme_gestures) as a grid of cells, and the edits that the panel offers.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ui/model/phrase.h"

namespace mirrorme::ui {

inline constexpr int kGestureSlots = 16;

enum class GestureMode { tap, hold, toggle };
std::string_view name_of(GestureMode mode) noexcept;

struct GesturePreset {
    std::string name, title, file;
    double seconds = 0;
    bool can_hold = false;
    bool user = false;  // from the user's folder
    bool operator==(const GesturePreset&) const = default;
};

/// What a numbered slot plays, and how. The ranges are the contract's; checked() brings a slot into them.
struct GestureSlot {
    int slot = 1;
    std::string preset{};
    GestureMode mode = GestureMode::tap;
    double return_s = 0;  // 0 = never by itself
    int priority = 0;
    int cooldown_ms = 0;
    bool operator==(const GestureSlot&) const = default;
};
GestureSlot checked(GestureSlot slot);

struct GestureView {
    std::vector<GesturePreset> presets;
    std::vector<GestureSlot> slots;  // by number, each number once
    std::string playing, folder;     // folder: where the user's presets are
    int queued = 0;

    const GesturePreset* preset(std::string_view name) const;
    const GestureSlot* slot(int number) const;
    /// The lowest number without a slot; 0 when all are taken.
    int free_slot() const;
    bool operator==(const GestureView&) const = default;
};

GestureView gesture_view(std::string_view gestures_json);

/// One button of the grid: a slot, or (slot 0) a preset that has none.
struct GestureCell {
    int slot = 0;
    std::string preset{}, title{};
    GestureMode mode = GestureMode::tap;
    std::string hotkey{};  // as OBS spells it, empty = none
    bool playing = false;
    bool missing = false;  // the slot names a preset that is not there

    /// What mirrorme_trigger calls it: "slot_03", or the preset's name.
    std::string gesture() const;
    bool operator==(const GestureCell&) const = default;
};

/// Slots first, by number, then the presets that no slot plays. `hotkeys`: text by slot number.
std::vector<GestureCell> gesture_cells(const GestureView& view, const std::map<int, std::string>& hotkeys);

/// `mirrorme_trigger`'s action of a press and of a release; empty = none.
std::string_view action_of_press(GestureMode mode) noexcept;
std::string_view action_of_release(GestureMode mode) noexcept;

/// Slot number of the source's hotkey "mirrorme.gesture_01" .. "_16"; 0 = some other hotkey.
int slot_of_hotkey(std::string_view name) noexcept;

/// `slots` with `slot` in its number's place, or without number `slot`.
std::vector<GestureSlot> with_slot(std::vector<GestureSlot> slots, const GestureSlot& slot);
std::vector<GestureSlot> without_slot(std::vector<GestureSlot> slots, int slot);
/// The settings document that stores them: {"gesture_slots": [...]}.
std::string slots_setting(const std::vector<GestureSlot>& slots);

/// A preset file somebody wants to import.
struct PresetImport {
    std::string name, title;
    bool replaces = false;  // a preset of that name is there
    Phrase problem;         // empty = it may be imported
};
/// Reads `content` as a gesture: a key-point track in torso units with a preset block.
PresetImport check_preset(std::string_view content, const std::string& file_name, const GestureView& view);

}  // namespace mirrorme::ui

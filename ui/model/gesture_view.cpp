#include "ui/model/gesture_view.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"
#include "core/track_io.h"
#include "ui/model/lenient_json.h"

namespace mirrorme::ui {
using nlohmann::json;

namespace {

constexpr std::array<std::string_view, 3> kModeNames{"tap", "hold", "toggle"};
constexpr double kLongestReturn = 60;
constexpr int kHighestPriority = 10, kLongestCooldown = 60000;

GestureMode mode_from(const std::string& name) {
    const auto found = std::find(kModeNames.begin(), kModeNames.end(), name);
    return found == kModeNames.end() ? GestureMode::tap : static_cast<GestureMode>(found - kModeNames.begin());
}

json number_json(double value) {  // 2 rather than 2.0 in the stored text
    if (value == std::floor(value)) return static_cast<std::int64_t>(value);
    return value;
}

}  // namespace

std::string_view name_of(GestureMode mode) noexcept { return kModeNames[static_cast<std::size_t>(mode)]; }

GestureSlot checked(GestureSlot slot) {
    slot.slot = std::clamp(slot.slot, 1, kGestureSlots);
    slot.return_s = std::isfinite(slot.return_s) ? std::clamp(slot.return_s, 0.0, kLongestReturn) : 0;
    slot.priority = std::clamp(slot.priority, -kHighestPriority, kHighestPriority);
    slot.cooldown_ms = std::clamp(slot.cooldown_ms, 0, kLongestCooldown);
    return slot;
}

const GesturePreset* GestureView::preset(std::string_view name) const {
    const auto found = std::find_if(presets.begin(), presets.end(), [&](const GesturePreset& one) { return one.name == name; });
    return found == presets.end() ? nullptr : &*found;
}

const GestureSlot* GestureView::slot(int number) const {
    const auto found = std::find_if(slots.begin(), slots.end(), [&](const GestureSlot& one) { return one.slot == number; });
    return found == slots.end() ? nullptr : &*found;
}

int GestureView::free_slot() const {
    for (int number = 1; number <= kGestureSlots; ++number)
        if (!slot(number)) return number;
    return 0;
}

GestureView gesture_view(std::string_view gestures_json) {
    const json document = parse_object(gestures_json);
    GestureView view;
    const json& presets = field(document, "presets");
    if (presets.is_array())
        for (const json& one : presets) {
            GesturePreset preset{text_in(one, "name"), text_in(one, "title"), text_in(one, "file"), std::max(0.0, number_in(one, "seconds")), flag_in(one, "can_hold"), flag_in(one, "user")};
            if (preset.name.empty() || view.preset(preset.name)) continue;
            if (preset.title.empty()) preset.title = preset.name;
            view.presets.push_back(std::move(preset));
        }
    const json& slots = field(document, "slots");
    if (slots.is_array())
        for (const json& one : slots) {
            const std::int64_t number = integer_in(one, "slot");
            GestureSlot slot;
            slot.preset = text_in(one, "preset");
            if (number < 1 || number > kGestureSlots || slot.preset.empty() || view.slot(static_cast<int>(number))) continue;
            slot.slot = static_cast<int>(number);
            slot.mode = mode_from(text_in(one, "mode"));
            slot.return_s = number_in(one, "return_s");
            slot.priority = static_cast<int>(std::clamp<std::int64_t>(integer_in(one, "priority"), -kHighestPriority, kHighestPriority));
            slot.cooldown_ms = static_cast<int>(std::clamp<std::int64_t>(integer_in(one, "cooldown_ms"), 0, kLongestCooldown));
            view.slots.push_back(checked(slot));
        }
    std::sort(view.slots.begin(), view.slots.end(), [](const GestureSlot& a, const GestureSlot& b) { return a.slot < b.slot; });
    view.playing = text_in(document, "playing");
    view.folder = text_in(document, "folder");
    view.queued = static_cast<int>(std::clamp<std::int64_t>(integer_in(document, "queued"), 0, 1000));
    return view;
}

std::string GestureCell::gesture() const {
    if (slot == 0) return preset;
    const std::string number = std::to_string(slot);
    return (number.size() < 2 ? "slot_0" : "slot_") + number;
}

std::vector<GestureCell> gesture_cells(const GestureView& view, const std::map<int, std::string>& hotkeys) {
    std::vector<GestureCell> cells;
    for (const GestureSlot& slot : view.slots) {
        const GesturePreset* preset = view.preset(slot.preset);
        const auto hotkey = hotkeys.find(slot.slot);
        cells.push_back({slot.slot, slot.preset, preset ? preset->title : slot.preset, slot.mode, hotkey == hotkeys.end() ? std::string() : hotkey->second,
                         preset && view.playing == slot.preset, preset == nullptr});
    }
    for (const GesturePreset& preset : view.presets) {
        const bool has_slot = std::any_of(view.slots.begin(), view.slots.end(), [&](const GestureSlot& slot) { return slot.preset == preset.name; });
        if (!has_slot) cells.push_back({0, preset.name, preset.title, GestureMode::tap, {}, view.playing == preset.name, false});
    }
    return cells;
}

std::string_view action_of_press(GestureMode mode) noexcept { return mode == GestureMode::hold ? "hold" : ""; }

std::string_view action_of_release(GestureMode mode) noexcept {
    constexpr std::array<std::string_view, 3> kActions{"tap", "release", "toggle"};
    return kActions[static_cast<std::size_t>(mode)];
}

int slot_of_hotkey(std::string_view name) noexcept {
    constexpr std::string_view kStart = "mirrorme.gesture_";
    if (name.size() != kStart.size() + 2 || !name.starts_with(kStart)) return 0;
    const char tens = name[kStart.size()], ones = name[kStart.size() + 1];
    if (tens < '0' || tens > '9' || ones < '0' || ones > '9') return 0;
    const int number = 10 * (tens - '0') + (ones - '0');
    return number <= kGestureSlots ? number : 0;
}

std::vector<GestureSlot> with_slot(std::vector<GestureSlot> slots, const GestureSlot& slot) {
    slots = without_slot(std::move(slots), slot.slot);
    const auto place = std::find_if(slots.begin(), slots.end(), [&](const GestureSlot& one) { return one.slot > slot.slot; });
    slots.insert(place, checked(slot));
    return slots;
}

std::vector<GestureSlot> without_slot(std::vector<GestureSlot> slots, int slot) {
    std::erase_if(slots, [&](const GestureSlot& one) { return one.slot == slot; });
    return slots;
}

std::string slots_setting(const std::vector<GestureSlot>& slots) {
    json list = json::array();
    for (const GestureSlot& slot : slots)
        list.push_back({{"slot", slot.slot},
                        {"preset", slot.preset},
                        {"mode", name_of(slot.mode)},
                        {"return_s", number_json(slot.return_s)},
                        {"priority", slot.priority},
                        {"cooldown_ms", slot.cooldown_ms}});
    return json{{"gesture_slots", std::move(list)}}.dump();
}

PresetImport check_preset(std::string_view content, const std::string& file_name, const GestureView& view) {
    PresetImport import;
    try {
        const KeyPointTrack track = track_from_json(content, file_name);
        if (!track.preset || track.unit != TrackUnit::torso) {
            import.problem = {"Panel.Import.NoGesture", {file_name}};
            return import;
        }
        import.name = track.preset->name;
        import.title = track.preset->title;
        import.replaces = view.preset(import.name) != nullptr;
    } catch (const Error& error) {
        import.problem = {"Panel.Import.Refused", {error.what()}};
    }
    return import;
}

}  // namespace mirrorme::ui

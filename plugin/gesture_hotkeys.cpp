#include "plugin/gesture_hotkeys.h"

#include <util/platform.h>

#include <cstdio>
#include <exception>

#include "core/log.h"

namespace mirrorme {
namespace {

std::string two_digits(int number) {
    char text[8];
    std::snprintf(text, sizeof text, "%02d", number % 100);
    return text;
}

std::string with(std::string text, std::string_view place, std::string_view value) {
    const std::size_t at = text.find(place);
    if (at != std::string::npos) text.replace(at, place.size(), value);
    return text;
}

std::string description_of(int slot, const GestureBoard& board) {
    if (slot == 0) return obs_module_text("Hotkey.Stop");
    const std::string title = board.title_of(slot), number = two_digits(slot);
    if (title.empty()) return with(obs_module_text("Hotkey.Gesture"), "{slot}", number);
    return with(with(obs_module_text("Hotkey.GestureTitled"), "{slot}", number), "{title}", title);
}

}  // namespace

std::string translated_gesture_title(std::string_view name) {
    const char* text = nullptr;
    return obs_module_get_string(("Gesture." + std::string(name)).c_str(), &text) && text ? text : "";
}

GestureHotkeys::GestureHotkeys(obs_source_t* source, GestureBoard& board) : board_(board) {
    for (int slot = 1; slot <= kGestureSlots; ++slot) {
        Key& key = keys_[static_cast<std::size_t>(slot - 1)];
        key.slot = slot;
        add(source, key, "mirrorme.gesture_" + two_digits(slot));
    }
    add(source, keys_.back(), "mirrorme.stop");
}

GestureHotkeys::~GestureHotkeys() {
    for (const Key& key : keys_)
        if (key.id != OBS_INVALID_HOTKEY_ID) obs_hotkey_unregister(key.id);
}

void GestureHotkeys::add(obs_source_t* source, Key& key, const std::string& name) {
    key.board = &board_;
    key.description = description_of(key.slot, board_);
    key.id = obs_hotkey_register_source(source, name.c_str(), key.description.c_str(), pressed, &key);
}

void GestureHotkeys::pressed(void* data, obs_hotkey_id, obs_hotkey_t*, bool down) noexcept {
    const Key& key = *static_cast<const Key*>(data);
    const auto now_ns = static_cast<std::int64_t>(os_gettime_ns());
    try {
        if (key.slot == 0) {
            if (down) key.board->trigger("", "stop", now_ns);
        } else if (down) {
            key.board->press(key.slot, now_ns);
        } else {
            key.board->release(key.slot, now_ns);
        }
    } catch (const std::exception& e) {
        log_error(std::string("a hotkey was lost: ") + e.what());
    }
}

// obs_hotkey_set_description() itself takes no lock (up to 32 at least); obs_enum_hotkeys() holds it while it calls us, and it is recursive.
void GestureHotkeys::refresh_descriptions() {
    bool changed = false;
    for (Key& key : keys_) {
        std::string fresh = description_of(key.slot, board_);
        if (fresh == key.description) continue;
        key.description = std::move(fresh);
        changed = true;
    }
    if (changed) obs_enum_hotkeys(describe, &keys_);
}

bool GestureHotkeys::describe(void* data, obs_hotkey_id id, obs_hotkey_t*) noexcept {
    for (const Key& key : *static_cast<const decltype(keys_)*>(data))
        if (key.id == id) obs_hotkey_set_description(id, key.description.c_str());
    return true;
}

}  // namespace mirrorme

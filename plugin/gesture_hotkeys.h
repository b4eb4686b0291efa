#pragma once
// The keys of a source's gestures in OBS's hotkey settings.

#include <obs-module.h>

#include <array>
#include <string>
#include <string_view>

#include "plugin/host/gesture_board.h"

namespace mirrorme {

/// Title of a shipped gesture in OBS's language; empty when the locale has none. For GestureLibrary.
std::string translated_gesture_title(std::string_view name);

/// Registers `mirrorme.gesture_01` .. `_16` and `mirrorme.stop` with the source. OBS saves and restores their keys with the source by these names, which
/// therefore never change. A private source has no hotkeys: then there are none, and that is no error.
///
/// libobs calls a hotkey (from its own thread, or the UI thread where OBS reroutes them) under its hotkey lock, and obs_hotkey_unregister() takes that
/// lock: once the destructor is through, no callback runs or will run. So the owner must hold no lock of its own while it destroys this object
/// that a callback could want; the board's is fine, it is never held across a call of libobs.
class GestureHotkeys {
public:
    /// To be made in the source's create(); `board` must outlive it. Slots and presets may be set later: refresh_descriptions().
    GestureHotkeys(obs_source_t* source, GestureBoard& board);
    ~GestureHotkeys();
    GestureHotkeys(const GestureHotkeys&) = delete;
    GestureHotkeys& operator=(const GestureHotkeys&) = delete;

    /// Writes the presets' titles into the descriptions, where they changed. Waits for libobs's hotkey lock: for the worker or the UI, not for the graphics
    /// thread. One caller at a time.
    void refresh_descriptions();

private:
    struct Key {
        GestureBoard* board = nullptr;
        int slot = 0;  // 0 = stop
        obs_hotkey_id id = OBS_INVALID_HOTKEY_ID;
        std::string description;
    };
    static void pressed(void* key, obs_hotkey_id id, obs_hotkey_t* hotkey, bool down) noexcept;
    static bool describe(void* keys, obs_hotkey_id id, obs_hotkey_t* hotkey) noexcept;
    void add(obs_source_t* source, Key& key, const std::string& name);

    GestureBoard& board_;
    std::array<Key, kGestureSlots + 1> keys_;  // the last one is stop
};

}  // namespace mirrorme

#pragma once
// What a source is told to be: one immutable snapshot, made from the host's stored settings, read by the worker.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/settings.h"
#include "plugin/host/gesture_board.h"

namespace mirrorme {

/// How the voice is made to wait for the picture (architecture, Delay).
enum class DelayMode {
    offset,  // B: the voice source's own sync offset
    own,     // A: we take the voice out of the mix and play it ourselves, later
    none,    // C: it does not wait
};
constexpr std::string_view name_of(DelayMode mode) noexcept {
    return mode == DelayMode::offset ? "offset" : mode == DelayMode::own ? "own" : "none";
}

/// Where the sound comes from.
struct InputChoice {
    enum class Kind { automatic, source, track } kind = Kind::automatic;
    std::string name, uuid;  // source
    int track = 0;           // track: 1..6
    bool operator==(const InputChoice&) const = default;
};

enum class OutputSize { native, twice, fit };

struct AvatarConfig {
    Settings engine;  // image: never empty once resolved by the host
    InputChoice input;
    DelayMode delay = DelayMode::offset;
    std::int64_t extra_delay_ms = 0;  // 0 .. 2000
    OutputSize size = OutputSize::native;
    bool pause_hidden = true;
    std::vector<GestureSlot> gesture_slots;
    bool record_events = false;
    std::filesystem::path events_folder;
    bool operator==(const AvatarConfig&) const = default;
};

}  // namespace mirrorme

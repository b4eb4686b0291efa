#pragma once
// What a source says about itself: one snapshot, and its JSON (plugin/README.md), which panel, procs and websocket read.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/status.h"
#include "plugin/host/avatar_config.h"
#include "plugin/host/engine_port.h"
#include "plugin/host/frame_presenter.h"

namespace mirrorme {

/// The sound's side, as the host sees it.
struct InputStatus {
    enum class State { waiting, attached, muted, silent } state = State::waiting;
    InputChoice::Kind kind = InputChoice::Kind::automatic;
    std::string name;       // of the source or track; what is waited for when there is none; may be empty
    double level_dbfs = -120;
    std::int64_t rate = 48000;
};

/// The delay's side.
struct DelayStatus {
    DelayMode mode = DelayMode::offset;
    bool applied = false;     // the voice waits for the picture
    std::string problem;      // why it does not, where it should
    LatencyParts parts;
    std::int64_t transport_ns = 0, extra_ns = 0;
    std::int64_t total_ns = 0;  // L; 0 = not known yet
};

enum class Severity { ok, busy, warning, error };

struct AvatarStatus {
    static constexpr int kVersion = 1;
    std::string message;  // one sentence for people
    Severity severity = Severity::busy;
    EngineState engine;
    std::optional<StatusSnapshot> session;
    std::optional<SessionInfo> info;
    Remark session_error;
    DelayStatus delay;
    InputStatus input;
    PresenterCounters frames;
    int width = 0, height = 0;
    double fps = 0;
    std::string playing;  // gesture
    std::size_t queued = 0;
    bool paused = false, live = false;
    std::int64_t late_samples = 0, dropped_samples = 0;  // of sound, between host and engine
};

std::string_view name_of(EngineState::Phase phase) noexcept;
std::string_view name_of(InputStatus::State state) noexcept;
std::string_view name_of(Severity severity) noexcept;

std::string to_json(const AvatarStatus& status);

/// Sentences are in the user's language: text(key) gives the one called `key`, in which %1 stands for the matter; an unknown key gives itself.
class Texts {
public:
    virtual ~Texts() = default;
    virtual std::string text(const char* key) const = 0;
};

/// A remark in the user's language, or in English where that has no text for it.
std::string said(const Remark& remark, const Texts& texts);

/// Says every remark in the user's language, and fills in message and severity from the rest: the one thing a person should know now.
void describe(AvatarStatus& status, const Texts& texts);

}  // namespace mirrorme

#pragma once
// Which gesture plays, which wait, and why one is refused: the rules between a key press and the engine's commands.

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/track_io.h"
#include "engine/api/engine_api.h"
#include "plugin/host/gesture_library.h"

namespace mirrorme {

/// What the key of a slot does.
enum class GestureMode {
    tap,     // plays once
    hold,    // stays while the key is down
    toggle,  // stays until pressed again
};
std::string_view name_of(GestureMode mode) noexcept;
std::optional<GestureMode> gesture_mode_from_name(std::string_view name) noexcept;

struct GestureSlot {
    int slot = 1;          // 1 .. kGestureSlots
    std::string preset;    // name; empty = nothing
    GestureMode mode = GestureMode::tap;
    double return_s = 0;   // hold and toggle let go after this long, 0 .. 60; 0 = never
    int priority = 0;      // -10 .. 10; a gesture gives way to its equals and betters only
    int cooldown_ms = 0;   // 0 .. 60000, from one start of the preset to the next
    bool operator==(const GestureSlot&) const = default;
};

/// Ready-made slots for a new avatar: those of the well-known gestures that `presets` has.
std::vector<GestureSlot> default_gesture_slots(const GesturePresets& presets);

/// The answer to whoever asked, given at once.
struct TriggerResult {
    bool accepted = false;
    Remark problem;          // why, when not accepted
    std::int64_t at_ns = 0;  // the moment it counts from: when it was asked for
};

/// For Session::command(): the worker turns at_ns into media time. `track` is what `gesture` meant then (null for stop), for a
/// session that was opened before the preset was there.
struct GestureCommand {
    CommandKind kind = CommandKind::gesture;
    std::string gesture;
    std::int64_t at_ns = 0;
    std::shared_ptr<const KeyPointTrack> track;
};

enum class GestureEventKind { queued, started, finished, refused };
std::string_view name_of(GestureEventKind kind) noexcept;

struct GestureEvent {
    GestureEventKind kind = GestureEventKind::started;
    std::string gesture;     // name of the preset
    std::string reason;      // refused: a sentence
    std::int64_t at_ns = 0;
};

/// Thread-safe: any thread calls anything, no call waits for more than another's few instructions. Time is the caller's, in ns of one clock;
/// a stamp older than one already seen counts as that one.
///
/// Note [Gesture rules]
/// One gesture plays at a time; it ends when its track does, or what is left of it after it was let go (the engine eases it in and out itself).
/// A wish of equal or higher priority takes its place; one of lower priority waits, the highest first, then the oldest; a preset waits once. A tap
/// that has waited kWaitLimit is refused: nobody expects it any more. A hold waits as long as its key is down.
/// A tap on what is still easing in is refused, and so is everything beyond kStartsPerSecond: keys that bounce and scripts run wild.
/// Letting go and stopping are never refused for these reasons.
///
/// Queue of wishes: at most kQueueLimit, more are refused. Commands and events: at most kCommandLimit and kEventLimit wait for
/// take_due() and take_events(); then the oldest is lost and counted. Reset: begin_session().
class GestureBoard {
public:
    static constexpr std::size_t kQueueLimit = 8, kCommandLimit = 64, kEventLimit = 128;
    static constexpr std::size_t kStartsPerSecond = 16;
    static constexpr std::int64_t kWaitLimitNs = 10'000'000'000;

    GestureBoard();

    void set_presets(std::shared_ptr<const GesturePresets> presets);
    /// Values out of range are clamped, slots that do not exist ignored; of two for one slot the later counts. What plays goes on as it began.
    void set_slots(const std::vector<GestureSlot>& slots);
    /// A sentence saying why no gesture can be made ("This model has no hands."); empty = they can.
    void set_unavailable(std::string why);

    /// A slot's key went down or up. A key that is down already is auto-repeat: not accepted, no event.
    TriggerResult press(int slot, std::int64_t now_ns);
    void release(int slot, std::int64_t now_ns);

    /// `gesture`: a preset's name, or slot_01 .. slot_16; `action`: tap, hold, toggle, release, stop, or "" for the slot's own toggle, else tap.
    /// A preset called by name has the priority, cooldown and return of the first slot that holds it. stop with gesture "": whatever plays or waits.
    TriggerResult trigger(std::string_view gesture, std::string_view action, std::int64_t now_ns);

    /// A new session knows of nothing: commands of the past are forgotten, and a gesture that is held is asked for again.
    void begin_session(std::int64_t now_ns);
    /// Lets time pass up to `now_ns` and hands over what the engine is to be told, in order of time.
    std::vector<GestureCommand> take_due(std::int64_t now_ns);
    std::vector<GestureEvent> take_events();

    struct Summary {
        std::string playing;  // name; empty = none
        std::size_t queued = 0;
        std::int64_t lost = 0;  // commands and events nobody took
    };
    Summary summary() const;
    /// For people: title of the preset in the slot; empty when there is none.
    std::string title_of(int slot) const;
    /// As mirrorme_gestures gives it (plugin/README.md).
    std::string state_json() const;

private:
    struct Wish {
        std::string preset, title;
        std::shared_ptr<const KeyPointTrack> track;
        bool held = false;         // stays until let go
        int key = 0;               // slot whose key holds it down; 0 = none
        int priority = 0;
        std::int64_t return_ns = 0;  // after its start; 0 = never
        std::int64_t asked_ns = 0;
    };
    struct Playing {
        Wish wish;
        std::int64_t start_ns = 0;
        bool let_go = false;
        std::optional<std::int64_t> end_ns;  // unknown while held
    };
    struct Found {
        const GesturePreset* preset = nullptr;
        GestureSlot slot;     // its settings; the defaults where it is in no slot
        Remark problem;       // why there is no preset
    };

    // All under mutex_.
    Found find(std::string_view gesture) const;
    Found in_slot(int slot) const;
    TriggerResult start(const Found& found, GestureMode mode, int key);
    TriggerResult let_go(const Found& found);
    TriggerResult stop(const Found* found);
    TriggerResult refuse(const std::string& gesture, Remark problem);
    Remark reason_against(const Wish& wish, int cooldown_ms) const;
    void advance(std::int64_t now_ns);
    void begin(Wish wish, std::int64_t at_ns);
    void finish(std::int64_t at_ns);
    void ease_out(std::int64_t at_ns);
    void next_in_queue(std::int64_t at_ns);
    void drop_stale(std::int64_t at_ns);
    bool drop_waiting(std::string_view preset, const char* why);
    void tell_engine(CommandKind kind, const Wish& wish, std::int64_t at_ns);
    void report(GestureEventKind kind, std::string gesture, std::int64_t at_ns, std::string reason = {});

    mutable std::mutex mutex_;
    std::shared_ptr<const GesturePresets> presets_;  // never null
    std::array<GestureSlot, kGestureSlots> slots_;
    std::array<bool, kGestureSlots> key_down_{};
    std::string unavailable_;
    std::int64_t now_ns_ = INT64_MIN / 2;
    std::optional<Playing> playing_;
    std::vector<Wish> queue_;                            // in order of asking
    std::map<std::string, std::int64_t, std::less<>> last_start_ns_;  // by preset
    std::deque<std::int64_t> recent_ns_;                 // when wishes were accepted, at most kStartsPerSecond of them
    std::deque<GestureCommand> commands_;
    std::deque<GestureEvent> events_;
    std::int64_t lost_ = 0;
};

}  // namespace mirrorme

#pragma once
// What a session says about itself: one immutable snapshot, copied whole across threads, the wire and JSON
// (the panel and the websocket vendor read the JSON). Times are nanoseconds unless the name says otherwise.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/remark.h"

namespace mirrorme {

enum class SessionPhase {
    starting,    // loading, preparing the picture, warming up
    waiting,     // ready, no sound has come yet
    speaking,    // the speech gate is open
    idle,        // sound comes, nobody speaks: idle life
    degraded,    // keeps going below full quality, see degraded_level
    finished,    // end_of_audio was given and every frame has been made
    failed,      // will make no more frames; last_error says why
};
std::string_view name_of(SessionPhase phase) noexcept;

/// Steps down when compute cannot keep up, and up again when it can. Also the value of VideoFrame::degraded.
enum class DegradationLevel { full, fewer_steps, hold, idle, reference };
std::string_view name_of(DegradationLevel level) noexcept;

/// L = chunk + look_ahead + compute + frame: from a sound reaching the engine to its frame being due.
struct LatencyParts {
    std::int64_t chunk_ns = 0, look_ahead_ns = 0, compute_ns = 0, frame_ns = 0;
    std::int64_t total_ns() const noexcept { return chunk_ns + look_ahead_ns + compute_ns + frame_ns; }
    bool operator==(const LatencyParts&) const = default;
};

struct StageTiming {
    std::string stage;  // "audio", "conditioning", "denoise", "decode", "chunk"
    std::int64_t count = 0;
    std::int64_t p50_ns = 0, p95_ns = 0, p99_ns = 0, max_ns = 0;
    bool operator==(const StageTiming&) const = default;
};

struct SessionCounters {
    std::int64_t chunks_made = 0, chunks_held = 0, chunks_skipped = 0;
    std::int64_t frames_made = 0, frames_late = 0, frames_dropped = 0;
    std::int64_t audio_samples = 0;          // accepted
    std::int64_t audio_dropped_samples = 0;  // ring or timeline full
    std::int64_t audio_late_samples = 0;     // came after their place had been filled
    std::int64_t audio_gap_samples = 0;      // filled in with silence
    std::int64_t audio_reanchored = 0;       // jumps too large to fill
    bool operator==(const SessionCounters&) const = default;
};

/// Memory of what computes, in bytes: a graphics card's, or the machine's where the processor does. 0 = not known.
struct MemoryUse {
    bool graphics = false;
    std::int64_t held_bytes = 0;  // by the engine's process: weights and all its sessions
    std::int64_t free_bytes = 0, total_bytes = 0;
    bool operator==(const MemoryUse&) const = default;
};

struct StatusSnapshot {
    static constexpr int kVersion = 1;
    SessionPhase phase = SessionPhase::starting;
    DegradationLevel degraded_level = DegradationLevel::full;
    LatencyParts latency;
    std::vector<StageTiming> stages;
    SessionCounters counters;
    MemoryUse memory;  // about once a second
    double real_time_factor = 0;   // compute time / media time of recent chunks; below 1 keeps up
    float level_dbfs = -120;       // of the newest sound
    std::string gesture;           // playing now, empty = none
    std::vector<Remark> warnings;  // things a person should know: no face found, the bundle cannot speak
    ErrorCode last_error_code = ErrorCode::none;
    std::string last_error;
    bool operator==(const StatusSnapshot&) const = default;
};

std::string_view name_of(ErrorCode code) noexcept;

std::string status_to_json(const StatusSnapshot& status);
/// Unknown fields are ignored (a newer engine may say more); missing ones keep their defaults. Error{unreadable, mismatch}.
StatusSnapshot status_from_json(std::string_view text);

}  // namespace mirrorme

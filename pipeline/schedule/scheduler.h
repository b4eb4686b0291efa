#pragma once
// Which chunk next, and is everything for it here? A pure function of counts and clock, with a thin object around it.

#include <cstdint>
#include <optional>

#include "core/time.h"
#include "schedule/chunk_layout.h"
#include "schedule/degradation.h"

namespace mirrorme {

enum class ChunkAction {
    make,    // compute it
    wait,    // its sound has not come, or the reader is behind
    hold,    // do not compute: show a picture that exists (ladder) for its frames
    skip,    // too late for every frame: go on without it
    finish,  // every frame has been planned
};

struct ChunkPlan {
    ChunkAction action = ChunkAction::wait;
    std::int64_t index = 0;
    std::int64_t next_index = 1;  // chunk to go on with; a skip may leave out several
    IndexSpan latents, frames;  // frames are cut at the end of the sound
    SampleSpan audio;           // model samples
    SampleIndex first_pts = 0;  // input samples
    std::optional<std::int64_t> deadline_ns;  // on the session's clock; none: offline
    DegradationLevel level = DegradationLevel::full;
};

/// What the scheduler is told about sound. Both count from session start.
struct AudioProgress {
    SampleIndex watermark = 0;     // model samples: first one not yet there
    SampleIndex anchored_at = 0;   // model samples: nothing exists before it
    SampleIndex input_end = 0;     // input samples received so far
    bool finished = false;         // input_end is the last
};

/// Frames waiting for the reader.
struct QueueDepth {
    std::size_t frames = 0, capacity = 0;
};

struct SchedulerState {
    std::int64_t next_chunk = 0;
    std::optional<std::int64_t> anchor_ns;  // clock time of input sample 0, as the fastest block so far says
    LadderState ladder;
};

struct SchedulerConfig {
    ChunkLayout layout;
    std::optional<std::int64_t> latency_ns;  // L; none: offline, nothing has a deadline
};

// Note [The first chunk is never skipped]
// A stream's first latent may stand for one frame and starts the caches of denoiser and codec; every stream begins with it, however
// late it is or wherever its sound begins.

/// Moves the anchor: the earliest arrival wins, and it leaks upwards by 200 ppm so that two clocks may differ.
/// `elapsed_ns` = since the last call.
SchedulerState observe_arrival(SchedulerState state, const SchedulerConfig& config, std::int64_t now_ns, const AudioProgress& audio,
                               std::int64_t elapsed_ns) noexcept;
ChunkPlan plan_next(const SchedulerState& state, const SchedulerConfig& config, std::int64_t now_ns, const AudioProgress& audio,
                    QueueDepth queue) noexcept;

/// One thread.
class ChunkScheduler {
public:
    explicit ChunkScheduler(const SchedulerConfig& config) : config_(config) {}

    ChunkPlan next(std::int64_t now_ns, const AudioProgress& audio, QueueDepth queue) noexcept;
    /// The plan was carried out; `compute_ns` as measured, finished at `now_ns`.
    void done(const ChunkPlan& plan, std::int64_t now_ns, std::int64_t compute_ns) noexcept;

    const SchedulerConfig& config() const noexcept { return config_; }
    DegradationLevel level() const noexcept { return state_.ladder.level; }
    std::int64_t next_chunk() const noexcept { return state_.next_chunk; }
    /// When its first frame is due, on the clock of next(); none: offline, or no sound has come.
    std::optional<std::int64_t> next_deadline_ns() const noexcept;

private:
    SchedulerConfig config_;
    SchedulerState state_;
    std::optional<std::int64_t> last_now_;
    SampleIndex last_input_end_ = 0;
};

}  // namespace mirrorme

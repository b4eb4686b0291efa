#include "schedule/scheduler.h"

#include <algorithm>

namespace mirrorme {
namespace {

constexpr std::int64_t kLeakPerMillion = 200;

/// Clock time at which the frame that starts at input sample `pts` is due.
std::optional<std::int64_t> due_ns(const SchedulerState& state, const SchedulerConfig& config, SampleIndex pts) noexcept {
    if (!config.latency_ns || !state.anchor_ns) return std::nullopt;
    return *state.anchor_ns + nanoseconds_of(pts, config.layout.media.sample_rate) + *config.latency_ns;
}

/// The first chunk whose frames all lie behind the re-anchoring point; chunks before it have no sound and no reader.
std::int64_t first_chunk_after(const ChunkLayout& layout, SampleIndex anchored_at) noexcept {
    if (anchored_at <= 0) return 0;
    const FrameIndex frame = rescale_ceil(anchored_at, layout.model_rate, layout.media.fps);
    const std::int64_t chunk = layout.chunk_of(frame);
    return layout.spans(chunk).frames.first < frame ? chunk + 1 : chunk;
}

/// The first chunk of which at least the last frame is not yet over; 0 without deadlines.
std::int64_t first_chunk_in_time(const SchedulerState& state, const SchedulerConfig& config, std::int64_t now_ns) noexcept {
    if (!config.latency_ns || !state.anchor_ns) return 0;
    const std::int64_t over_ns = now_ns - *state.anchor_ns - *config.latency_ns;  // media time that must have been shown by now
    if (over_ns <= 0) return 0;
    return config.layout.chunk_of(config.layout.media.frame_at(ticks_in(over_ns, config.layout.media.sample_rate)));
}

}  // namespace

SchedulerState observe_arrival(SchedulerState state, const SchedulerConfig& config, std::int64_t now_ns, const AudioProgress& audio,
                               std::int64_t elapsed_ns) noexcept {
    const std::int64_t origin = now_ns - nanoseconds_of(audio.input_end, config.layout.media.sample_rate);
    if (!state.anchor_ns) state.anchor_ns = origin;
    else state.anchor_ns = std::min(*state.anchor_ns + mul_div_floor(elapsed_ns, kLeakPerMillion, 1'000'000), origin);
    return state;
}

ChunkPlan plan_next(const SchedulerState& state, const SchedulerConfig& config, std::int64_t now_ns, const AudioProgress& audio,
                    QueueDepth queue) noexcept {
    const ChunkLayout& layout = config.layout;
    const ChunkSpans spans = layout.spans(state.next_chunk);
    ChunkPlan plan{ChunkAction::wait, state.next_chunk, state.next_chunk + 1, spans.latents, spans.frames, spans.audio, spans.first_pts,
                   due_ns(state, config, spans.first_pts), state.ladder.level};
    if (audio.finished) {
        plan.frames.end = std::min(plan.frames.end, layout.media.frames_covering(audio.input_end));
        if (plan.frames.empty()) {
            plan.action = ChunkAction::finish;
            return plan;
        }
    }
    const std::int64_t resume = std::max(first_chunk_after(layout, audio.anchored_at), first_chunk_in_time(state, config, now_ns));
    if (plan.index > 0 && plan.index < resume) {
        plan.action = ChunkAction::skip;
        plan.next_index = resume;
        return plan;
    }
    const bool sound_is_here = audio.finished || audio.watermark >= spans.audio.end;
    const bool room = queue.frames + static_cast<std::size_t>(plan.frames.size()) <= queue.capacity;
    if (sound_is_here && room) plan.action = computes(plan.level) ? ChunkAction::make : ChunkAction::hold;
    return plan;
}

ChunkPlan ChunkScheduler::next(std::int64_t now_ns, const AudioProgress& audio, QueueDepth queue) noexcept {
    if (config_.latency_ns && audio.input_end > last_input_end_) {
        state_ = observe_arrival(state_, config_, now_ns, audio, last_now_ ? now_ns - *last_now_ : 0);
        last_now_ = now_ns;
        last_input_end_ = audio.input_end;
    }
    return plan_next(state_, config_, now_ns, audio, queue);
}

std::optional<std::int64_t> ChunkScheduler::next_deadline_ns() const noexcept { return due_ns(state_, config_, config_.layout.spans(state_.next_chunk).first_pts); }

void ChunkScheduler::done(const ChunkPlan& plan, std::int64_t now_ns, std::int64_t compute_ns) noexcept {
    if (plan.action == ChunkAction::wait || plan.action == ChunkAction::finish) return;
    state_.next_chunk = plan.next_index;
    if (!plan.deadline_ns || plan.action == ChunkAction::skip) return;
    state_.ladder = next_level(state_.ladder, {now_ns - *plan.deadline_ns, compute_ns, config_.layout.period_ns()});
}

}  // namespace mirrorme

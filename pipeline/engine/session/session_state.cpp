#include "engine/session/session_state.h"

#include <algorithm>
#include <utility>

#include "core/platform/process.h"

namespace mirrorme {
namespace {

constexpr std::size_t kKeptDurations = 1024;
constexpr std::int64_t kHistoryMs = 20'000, kFillLimitMs = 10'000;  // the model may look back, beyond a chunk, for what is left of the former

TimelineConfig timeline_config(const SessionSetup& setup) {
    TimelineConfig config;
    config.input_rate = setup.config.sample_rate;
    config.model_rate = setup.layout.model_rate;
    config.history = ticks_in(kHistoryMs * 1'000'000 + setup.layout.period_ns(), setup.layout.model_rate);
    config.fill_limit_ms = kFillLimitMs;
    return config;
}

SchedulerConfig scheduler_config(const SessionSetup& setup) {
    SchedulerConfig config{setup.layout, std::nullopt};
    if (setup.config.mode == SessionMode::realtime) config.latency_ns = setup.info.latency.total_ns() + setup.config.slack_ns;
    return config;
}

std::size_t queue_capacity(const SessionSetup& setup) {
    const int frames = setup.layout.chunk_latents * setup.layout.temporal;
    return static_cast<std::size_t>(frames) * static_cast<std::size_t>(setup.config.queue_chunks);
}

}  // namespace

void StageTimes::add(std::string_view stage, std::int64_t ns) {
    const auto found = windows_.find(stage);
    auto& window = found != windows_.end() ? found->second : windows_.emplace(stage, DurationWindow(kKeptDurations)).first->second;
    window.add(ns);
}

std::vector<StageTiming> StageTimes::summary() const {
    std::vector<StageTiming> out;
    for (const auto& [stage, window] : windows_) out.push_back(window.summary(stage));
    return out;
}

void ShownPictures::made(const VideoFrame& frame, bool silent) {
    last_ = frame;
    if (!silent) return;
    if (idle_.size() == kIdleFrames) idle_.pop_front();
    idle_.push_back(frame);
}

const VideoFrame& ShownPictures::instead(DegradationLevel level) {
    if (level == DegradationLevel::idle && idle_.size() > 1) {
        const std::size_t period = 2 * (idle_.size() - 1);
        const std::size_t phase = idle_at_++ % period;
        return idle_[phase < idle_.size() ? phase : period - phase];
    }
    if (level == DegradationLevel::reference || !last_.pixels) return still_;
    return last_;
}

SessionState::SessionState(const SessionSetup& setup, const Clock& session_clock, const std::atomic<bool>& session_closing)
    : clock(session_clock),
      closing(session_closing),
      audio(timeline_config(setup)),
      scheduler(scheduler_config(setup)),
      frames(queue_capacity(setup)),
      gestures(setup.info.fps),
      settings(setup.config.settings) {
    shown.set_still(setup.still);
}

VideoFrame SessionState::frame_of(FrameIndex index, std::shared_ptr<const FramePixels> pixels, const SessionInfo& info) const {
    VideoFrame frame;
    frame.pixels = std::move(pixels);
    frame.width = info.width;
    frame.height = info.height;
    frame.index = index;
    frame.first_sample = layout().media.first_sample(index);
    frame.degraded = static_cast<int>(scheduler.level());
    return frame;
}

void SessionState::show_instead(const ChunkPlan& plan) {
    const DegradationLevel level = computes(plan.level) ? DegradationLevel::hold : plan.level;
    std::vector<VideoFrame> queued;
    for (FrameIndex f = plan.frames.first; f < plan.frames.end; ++f) {
        VideoFrame frame = shown.instead(level);
        frame.index = f;
        frame.first_sample = layout().media.first_sample(f);
        frame.degraded = static_cast<int>(level);
        queued.push_back(std::move(frame));
    }
    frames.push(std::move(queued));
}

MemoryUse ChunkProducer::memory() const noexcept {
    const platform::MachineMemory machine = platform::machine_memory();
    return {.held_bytes = static_cast<std::int64_t>(platform::resident_memory_bytes()),
            .free_bytes = static_cast<std::int64_t>(machine.available),
            .total_bytes = static_cast<std::int64_t>(machine.total)};
}

}  // namespace mirrorme

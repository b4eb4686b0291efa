#pragma once
// Everything one live source changes, apart from the model's own caches; and who makes its chunks.

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "audio/timeline.h"
#include "core/clock.h"
#include "core/settings.h"
#include "core/status.h"
#include "core/video_frame.h"
#include "engine/session/gesture_player.h"
#include "engine/session/speech_track.h"
#include "frames/frame_queue.h"
#include "schedule/latency_budget.h"
#include "schedule/scheduler.h"

namespace mirrorme {

/// Durations of the named stages of recent chunks.
class StageTimes {
public:
    void add(std::string_view stage, std::int64_t ns);
    std::vector<StageTiming> summary() const;
    void clear() { windows_.clear(); }

private:
    std::map<std::string, DurationWindow, std::less<>> windows_;
};

/// Adds the time from construction to destruction to a stage.
class StageTimer {
public:
    StageTimer(StageTimes& times, std::string_view stage) : times_(times), stage_(stage), start_ns_(SteadyClock().now_ns()) {}
    ~StageTimer() { times_.add(stage_, SteadyClock().now_ns() - start_ns_); }
    StageTimer(const StageTimer&) = delete;
    StageTimer& operator=(const StageTimer&) = delete;

private:
    StageTimes& times_;
    std::string_view stage_;
    std::int64_t start_ns_;
};

/// Pictures that can be shown again when none can be made.
class ShownPictures {
public:
    void set_still(VideoFrame still) { still_ = std::move(still); }
    const VideoFrame& still() const noexcept { return still_; }
    /// A frame that was made; `silent`: nobody spoke in it.
    void made(const VideoFrame& frame, bool silent);
    /// The picture for a frame that is not made, at a level that does not compute.
    const VideoFrame& instead(DegradationLevel level);

private:
    static constexpr std::size_t kIdleFrames = 48;

    VideoFrame still_, last_;
    std::deque<VideoFrame> idle_;  // the last silent frames: shown to and fro
    std::size_t idle_at_ = 0;
};

struct SessionSetup {
    SessionConfig config;
    SessionInfo info;
    ChunkLayout layout;
    VideoFrame still;  // reference picture as frames show it
};

/// Worker's thread only.
struct SessionState {
    SessionState(const SessionSetup& setup, const Clock& clock, const std::atomic<bool>& closing);

    const Clock& clock;
    const std::atomic<bool>& closing;  // the session is being destroyed: return soon
    AudioTimeline audio;
    ChunkScheduler scheduler;
    FrameQueue frames;
    SpeechTrack speech;
    GesturePlayer gestures;
    Settings settings;  // as of this chunk
    ShownPictures shown;
    StageTimes times;

    AudioProgress audio_progress() const noexcept { return {audio.watermark(), audio.anchored_at(), audio.input_end(), audio.finished()}; }
    QueueDepth queue_depth() const { return {frames.depth(), frames.capacity()}; }
    const ChunkLayout& layout() const noexcept { return scheduler.config().layout; }

    /// Frame `index` of the session, carrying `pixels`.
    VideoFrame frame_of(FrameIndex index, std::shared_ptr<const FramePixels> pixels, const SessionInfo& info) const;
    /// Queues the frames of a plan that computes nothing (action hold).
    void show_instead(const ChunkPlan& plan);
};

/// Makes chunks: the model behind a session, or a test card. Worker's thread, except take_command().
class ChunkProducer {
public:
    virtual ~ChunkProducer() = default;
    /// Plans one chunk and carries the plan out if it says make: queues exactly its frames. Throwing costs the chunk.
    virtual ChunkPlan produce_chunk(SessionState& session) = 0;
    /// Forgets what was carried from chunk to chunk (after a failure, or a jump in the sound).
    virtual void reset() = 0;
    /// The still picture under changed live settings.
    virtual VideoFrame still(const Settings& settings) = 0;
    /// Where chunks are made: without a graphics card in the machine's memory. Asked about once a second.
    virtual MemoryUse memory() const noexcept;
    /// Any thread. True: the command was the producer's own (a test card's faults).
    virtual bool take_command(const Command&) { return false; }
};

}  // namespace mirrorme

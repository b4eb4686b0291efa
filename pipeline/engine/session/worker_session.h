#pragma once
// A Session whose chunks are made on an engine's worker thread. Knows no model.

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "audio/ring.h"
#include "engine/api/engine_api.h"
#include "engine/session/session_state.h"
#include "engine/session/worker.h"

namespace mirrorme {

/// Threads as in Note [Session threads]. Audio crosses to the worker through a lock-free ring, frames come back through the
/// bounded queue, commands, settings and status as whole values under a mutex held for a few instructions.
class WorkerSession final : public Session, private Worker::Turn {
public:
    WorkerSession(std::shared_ptr<Worker> worker, SessionSetup setup, std::unique_ptr<ChunkProducer> producer);
    /// Waits for the chunk in progress, if any.
    ~WorkerSession() override;

    const SessionInfo& info() const noexcept override { return setup_.info; }
    PushResult push_audio(SampleIndex first_sample, std::span<const float> samples) noexcept override;
    void end_of_audio() noexcept override;
    ErrorCode command(const Command& command) override;
    void update_settings(std::shared_ptr<const Settings> settings, SampleIndex at = 0) override;
    PollResult poll_frame(VideoFrame& frame, std::chrono::nanoseconds wait) override;
    StatusSnapshot status() const override;
    VideoFrame reference_still() override;

private:
    struct PendingCommand {
        Command command;
        std::shared_ptr<const KeyPointTrack> track;
    };

    Worker::Progress take_turn() noexcept override;
    std::optional<std::int64_t> deadline_ns() const noexcept override { return state_.scheduler.next_deadline_ns(); }
    void take_news();    // settings and commands
    void drain_audio();
    bool finish_before_jump();
    Worker::Progress run_chunk();
    void lose_chunk(ErrorCode code, const std::string& what);
    void look_at_memory() noexcept;
    void account(const ChunkPlan& plan, std::int64_t compute_ns);
    void publish(Worker::Progress progress);

    static constexpr std::size_t kPendingSettings = 1024;
    static constexpr int kFailureLimit = 3;  // chunks in a row, realtime; offline the first one ends the session

    std::shared_ptr<Worker> worker_;
    SessionSetup setup_;
    std::unique_ptr<Clock> clock_;
    std::unique_ptr<ChunkProducer> producer_;

    AudioRing ring_;
    std::atomic<bool> end_of_audio_{false}, closing_{false}, failed_{false};

    mutable std::mutex mutex_;
    std::vector<PendingCommand> commands_;
    std::size_t pending_gestures_ = 0;  // that the worker has taken and not yet begun
    std::vector<std::shared_ptr<const KeyPointTrack>> gestures_;
    struct PendingSettings {
        std::shared_ptr<const Settings> settings;
        SampleIndex at;
    };
    std::deque<PendingSettings> new_settings_;  // at most kPendingSettings; a newer one then takes the newest's place
    StatusSnapshot status_;
    VideoFrame still_;

    // Worker's thread only:
    SessionState state_;
    SessionCounters counters_;
    DurationWindow chunk_times_{64};
    std::int64_t memory_due_ns_ = 0;  // by the machine's clock: when to look again
    int failures_ = 0;
    bool ended_ = false;
    SampleIndex anchored_at_ = 0;
    SampleIndex sound_end_ = 0;  // one past the last sample that really came
};

}  // namespace mirrorme

#pragma once
// One source's session: opened when an engine is there, opened anew when the picture or the model changes, let go when it fails.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "plugin/host/engine_port.h"
#include "plugin/host/gesture_board.h"

namespace mirrorme {

/// Worker's thread only. No call waits for the engine: sessions are opened on a thread of their own, and the old one plays on meanwhile.
class SessionKeeper {
public:
    enum class News { none, opened, lost, changed };

    /// `slack_ns`: how much later than the engine's L its frames are shown.
    SessionKeeper(EnginePort& port, Rational sample_rate, std::int64_t slack_ns, const Clock& clock)
        : port_(port), sample_rate_(sample_rate), slack_ns_(slack_ns), clock_(clock) {}
    /// Gives up an opening in progress.
    ~SessionKeeper();
    SessionKeeper(const SessionKeeper&) = delete;
    SessionKeeper& operator=(const SessionKeeper&) = delete;

    /// What the session should be. Live settings are handed on at once, others open another session once they have not changed for a moment.
    void want(const Settings& settings, std::shared_ptr<const GesturePresets> gestures);
    /// To be called often. opened: there is a new session, its media time 0 is `now_sample`. changed: live settings go into force at `now_sample`.
    News tick(SampleIndex now_sample);

    /// Sound on the source's own media time. What lies before the session's start is left out.
    void push(SampleIndex first, std::span<const float> samples) noexcept;
    /// The next frame there is; its first_sample is on the source's media time.
    bool poll(VideoFrame& frame);
    /// A command at sample `at` of the source's media time.
    ErrorCode command(const GestureCommand& command, SampleIndex at);
    /// Another session with the same settings is opened as soon as it can be; the present one plays on until then.
    void reopen() noexcept { reopen_ = true; }
    /// Forgets when the last frame came: sound was held back on purpose.
    void paused() noexcept { last_frame_ns_ = clock_.now_ns(); }

    bool has_session() const noexcept { return session_ != nullptr; }
    bool opening() const noexcept { return opener_.joinable(); }
    std::optional<StatusSnapshot> status() const;
    const SessionInfo* info() const noexcept { return session_ ? &session_->info() : nullptr; }
    VideoFrame still() { return session_ ? session_->reference_still() : VideoFrame{}; }
    /// The engine that is wanted.
    const EngineChoice& choice() const noexcept { return choice_; }
    /// Why the last opening failed; empty after one that did not.
    const Remark& error() const noexcept { return error_; }

private:
    struct Opening {
        std::shared_ptr<Engine> engine;
        SessionConfig config;
        std::shared_ptr<const GesturePresets> gestures;
        std::unique_ptr<Session> session;
        Remark error;
        std::atomic<bool> done{false};
        std::stop_source stop;
    };

    void start_opening(std::shared_ptr<Engine> engine);
    bool take_opened(SampleIndex now_sample);
    void lose(const std::string& why);
    void watch();

    EnginePort& port_;
    Rational sample_rate_;
    std::int64_t slack_ns_;
    const Clock& clock_;

    Settings wanted_;
    EngineChoice choice_;  // of wanted_
    std::shared_ptr<const GesturePresets> gestures_;
    bool wanted_given_ = false, reopen_ = false;
    std::int64_t changed_ns_ = 0;
    std::int64_t engine_ns_ = 0;  // from then on the chosen engine is asked for

    std::shared_ptr<Opening> opening_;
    std::thread opener_;
    std::int64_t opening_since_ns_ = 0, retry_ns_ = 0, pause_ns_ = 0;

    std::shared_ptr<Engine> engine_;  // outlives session_
    std::unique_ptr<Session> session_;
    Settings session_settings_;
    std::shared_ptr<const GesturePresets> session_gestures_;  // what the session was opened with
    SampleIndex base_ = 0;
    bool has_worked_ = false;  // this session gave a frame
    std::int64_t last_frame_ns_ = 0, last_push_ns_ = 0;
    Remark error_;
};

}  // namespace mirrorme

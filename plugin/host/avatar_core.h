#pragma once
// One avatar, from the sound that comes to the frame that is due. Knows time, sessions and gestures; knows no OBS.
//
// Note [One tick of the worker]
// Every 5 ms: the host looks after its input and delay (CoreHost::look_after); the ring's blocks find their place on media time and go to the
// session, silence fills what is missing; due gesture commands are sent; finished frames go to the presenter with their host time; a
// session is opened, replaced or let go. No step waits for the engine, so that the next block finds the worker ready.

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "plugin/host/audio_tap.h"
#include "plugin/host/avatar_config.h"
#include "plugin/host/avatar_status.h"
#include "plugin/host/event_log.h"
#include "plugin/host/frame_presenter.h"
#include "plugin/host/gesture_board.h"
#include "plugin/host/host_timeline.h"
#include "plugin/host/session_keeper.h"
#include "plugin/host/spoken_clip.h"

namespace mirrorme {

/// What a core asks of the program it lives in. Every call comes from the core's worker.
class CoreHost : public Texts {
public:
    /// The moment to attach inputs, apply delays; `delay` says L and the mode wanted. Returns both sides as they are now.
    virtual void look_after(std::int64_t now_ns, const DelayStatus& delay, InputStatus& input, bool& applied, std::string& problem) = 0;
    /// Whether somebody records or streams now: L must not change.
    virtual bool outputs_active() = 0;
    /// Sound to be heard at host time `host_ns`: one span per channel. voice: what came in; clip: a sentence of ours.
    enum class Heard { voice, clip };
    virtual void play(Heard what, std::int64_t host_ns, std::span<const std::span<const float>> channels) = 0;
    /// A frame before it waits for its moment: what can be done to it here need not be done on the graphics thread.
    virtual void prepare(VideoFrame&) {}
    /// The picture as the frames will show it, and what of the given picture that is.
    virtual void still(const VideoFrame& still, const SessionInfo& info) = 0;
    /// Something a person would see has changed.
    virtual void changed(const AvatarStatus& status) = 0;
    virtual void gesture_event(const GestureEvent& event) = 0;
};

class AvatarCore {
public:
    /// From the host's audio thread to the engine, and from there to the presenter: what the engine need not hurry for is its slack.
    static constexpr std::int64_t kTransportNs = 60'000'000, kSlackNs = 40'000'000;

    struct Parts {
        Rational sample_rate{48000, 1};
        EnginePort& port;
        CoreHost& host;
        const Clock& clock;
        std::filesystem::path try_it_clip;  // WAV
    };

    AvatarCore(const Parts& parts, std::shared_ptr<const AvatarConfig> config);
    /// stop(), and gives up a session that is being opened.
    ~AvatarCore();
    /// Starts the worker: from now on the host is called.
    void start();
    /// Ends the worker: the host is called no more.
    void stop();
    AvatarCore(const AvatarCore&) = delete;
    AvatarCore& operator=(const AvatarCore&) = delete;

    // Any thread:
    void set_config(std::shared_ptr<const AvatarConfig> config);
    void set_presets(std::shared_ptr<const GesturePresets> presets);
    void set_showing(bool showing) noexcept { showing_.store(showing, std::memory_order_relaxed); }
    void try_it() noexcept { try_it_.store(true, std::memory_order_relaxed); }
    /// L is measured again with the next session, which is opened at once; nothing happens while an output is active.
    void recalibrate() noexcept { recalibrate_.store(true, std::memory_order_relaxed); }
    /// A command past the gesture board (a test card's faults).
    void raw_command(GestureCommand command);
    std::shared_ptr<const AvatarStatus> status() const;
    /// False: there is nothing to show but the still picture.
    bool live() const noexcept { return live_.load(std::memory_order_relaxed); }

    AudioTap& tap() noexcept { return tap_; }              // push(): the host's audio thread
    FramePresenter& presenter() noexcept { return presenter_; }  // present(): the host's graphics thread
    GestureBoard& board() noexcept { return board_; }

private:
    void run();
    void tick(std::int64_t now_ns);
    void take_news();
    void take_sound(std::int64_t now_ns);
    void feed(SampleIndex first, std::span<float> samples);
    void play_voice();
    void start_clip();
    void send_commands(std::int64_t now_ns);
    void look_after_session(std::int64_t now_ns);
    void set_delay(const SessionInfo& info);
    void set_extra_delay();
    void take_frames(std::int64_t now_ns);
    void look_after_pause(std::int64_t now_ns);
    void publish(std::int64_t now_ns);

    CoreHost& host_;
    EnginePort& port_;
    const Clock& clock_;
    std::filesystem::path try_it_clip_;

    AudioTap tap_;
    FramePresenter presenter_;
    GestureBoard board_;
    std::atomic<bool> showing_{true}, try_it_{false}, recalibrate_{false}, live_{false};

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::shared_ptr<const AvatarConfig> config_;   // the newest
    std::shared_ptr<const GesturePresets> presets_;
    std::vector<GestureCommand> raw_commands_;
    std::shared_ptr<const AvatarStatus> status_;
    bool news_ = true, stopping_ = false;

    // Worker's thread only:
    std::shared_ptr<const AvatarConfig> now_;      // the one in force
    HostTimeline timeline_;
    SessionKeeper session_;
    ClipOverlay clip_;
    EventLog events_;
    std::vector<float> piece_;
    struct VoicePiece {
        std::int64_t host_ns;
        std::size_t at, count;
    };
    std::vector<std::vector<float>> voice_;        // per channel, what drain_channels() gave
    std::vector<VoicePiece> voice_pieces_;
    DelayStatus delay_;
    bool delay_known_ = false, measure_ = false;
    EngineChoice delay_choice_;
    InputStatus input_;
    double level_dbfs_ = -120;
    std::int64_t hidden_since_ns_ = 0, last_frame_ns_ = 0, published_ns_ = 0, told_ns_ = 0;
    bool paused_ = false;
    std::string told_;

    std::thread thread_;  // last: it uses everything above
};

}  // namespace mirrorme

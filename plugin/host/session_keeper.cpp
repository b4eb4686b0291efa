#include "plugin/host/session_keeper.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "core/error.h"
#include "core/log.h"

namespace mirrorme {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSettleNs = 250 * kMs;        // a crop box that is being dragged opens one session, not thirty
constexpr std::int64_t kSettleEngineNs = 1500 * kMs;  // and a slider starts one engine, which loads weights
constexpr std::int64_t kFirstPauseNs = 250 * kMs, kLongestPauseNs = 8000 * kMs;
constexpr std::int64_t kNoFrameNs = 6000 * kMs;      // of sound without a frame: the engine hangs
constexpr std::int64_t kOpeningLimitNs = 90'000 * kMs;

}  // namespace

SessionKeeper::~SessionKeeper() {
    if (!opener_.joinable()) return;
    opening_->stop.request_stop();
    opener_.join();
}

void SessionKeeper::want(const Settings& settings, std::shared_ptr<const GesturePresets> gestures) {
    gestures_ = std::move(gestures);
    if (wanted_given_ && settings == wanted_) return;
    if (!wanted_given_ || rebuild_needed(wanted_, settings) != Rebuild::live) {
        changed_ns_ = wanted_given_ ? clock_.now_ns() : clock_.now_ns() - kSettleNs;
        retry_ns_ = pause_ns_ = 0;  // it may be what was wrong
    }
    wanted_ = settings;
    EngineChoice choice = engine_options(settings);
    if (wanted_given_ && choice != choice_) engine_ns_ = clock_.now_ns() + kSettleEngineNs;
    choice_ = std::move(choice);
    wanted_given_ = true;
}

SessionKeeper::News SessionKeeper::tick(SampleIndex now_sample) {
    if (!wanted_given_) return News::none;
    const bool had_session = session_ != nullptr;
    watch();
    if (take_opened(now_sample)) return News::opened;
    const std::int64_t now_ns = clock_.now_ns();
    bool open = !session_ || reopen_;
    if (session_ && !(session_settings_ == wanted_)) {
        if (rebuild_needed(session_settings_, wanted_) == Rebuild::live) {
            session_->update_settings(std::make_shared<const Settings>(wanted_), now_sample - base_);
            session_settings_ = wanted_;
            if (!reopen_) return News::changed;
        } else {
            open = open || now_ns - changed_ns_ >= kSettleNs;
        }
    }
    if (open && !opener_.joinable() && now_ns >= std::max(retry_ns_, engine_ns_))
        if (std::shared_ptr<Engine> engine = port_.engine(choice_)) start_opening(std::move(engine));
    return had_session && !session_ ? News::lost : News::none;
}

void SessionKeeper::start_opening(std::shared_ptr<Engine> engine) {
    reopen_ = false;
    auto opening = std::make_shared<Opening>();
    opening->engine = std::move(engine);
    opening->config.mode = SessionMode::realtime;
    opening->config.sample_rate = sample_rate_;
    opening->config.slack_ns = slack_ns_;
    opening->config.picture.path = wanted_.image;
    opening->config.settings = wanted_;
    opening->gestures = gestures_;
    if (gestures_)
        for (const GesturePreset& preset : gestures_->presets) opening->config.gestures.push_back(*preset.track);
    opening_ = opening;
    opening_since_ns_ = clock_.now_ns();
    opener_ = std::thread([opening] {
        try {
            opening->session = opening->engine->open_session(opening->config, opening->stop.get_token());
        } catch (const std::exception& e) {
            opening->error = remark_of(e);
        }
        opening->done.store(true, std::memory_order_release);
    });
}

bool SessionKeeper::take_opened(SampleIndex now_sample) {
    if (!opener_.joinable() || !opening_->done.load(std::memory_order_acquire)) return false;
    opener_.join();
    const std::shared_ptr<Opening> opening = std::exchange(opening_, nullptr);
    if (!opening->session) {
        // An engine that died meanwhile is its port's matter, one that nobody wants any more is nobody's; one that is still there has refused.
        if (engine_options(opening->config.settings) == choice_ && port_.engine(choice_) == opening->engine) error_ = opening->error;
        else log_warning("no session: " + opening->error.text);
        pause_ns_ = std::clamp(2 * pause_ns_, kFirstPauseNs, kLongestPauseNs);
        retry_ns_ = clock_.now_ns() + pause_ns_;
        return false;
    }
    session_.reset();  // before the engine that made it
    engine_ = opening->engine;
    session_ = std::move(opening->session);
    session_settings_ = opening->config.settings;
    session_gestures_ = opening->gestures;
    base_ = now_sample;
    has_worked_ = false;
    last_frame_ns_ = last_push_ns_ = clock_.now_ns();
    error_ = {};
    pause_ns_ = 0;
    return true;
}

void SessionKeeper::watch() {
    const std::int64_t now_ns = clock_.now_ns();
    if (opener_.joinable() && !opening_->done.load(std::memory_order_acquire) && now_ns - opening_since_ns_ > kOpeningLimitNs) {
        port_.report_hang(engine_options(opening_->config.settings), opening_->engine.get(), remark("opening_hangs", "opening a session took longer than 90 s"));
        opening_since_ns_ = now_ns;
    }
    if (session_ && last_push_ns_ - last_frame_ns_ > kNoFrameNs) {
        port_.report_hang(engine_options(session_settings_), engine_.get(), remark("no_frames", "it took sound for 6 s and gave no frame"));
        lose("the engine gave no frame for 6 s");
    }
}

void SessionKeeper::lose(const std::string& why) {
    session_.reset();
    engine_.reset();
    log_warning("the avatar's session ended: " + why);
    retry_ns_ = clock_.now_ns() + kFirstPauseNs;
}

void SessionKeeper::push(SampleIndex first, std::span<const float> samples) noexcept {
    if (!session_) return;
    if (const std::int64_t before = base_ - first; before > 0) {
        if (before >= static_cast<std::int64_t>(samples.size())) return;
        samples = samples.subspan(static_cast<std::size_t>(before));
        first = base_;
    }
    session_->push_audio(first - base_, samples);
    last_push_ns_ = clock_.now_ns();
}

bool SessionKeeper::poll(VideoFrame& frame) {
    if (!session_) return false;
    switch (session_->poll_frame(frame, std::chrono::nanoseconds(0))) {
        case PollResult::frame:
            frame.first_sample += base_;
            last_frame_ns_ = clock_.now_ns();
            if (!std::exchange(has_worked_, true)) port_.report_work(engine_options(session_settings_), engine_.get());
            return true;
        case PollResult::empty:
            return false;
        case PollResult::finished:
        case PollResult::failed:
            break;
    }
    const std::string why = session_->status().last_error;
    lose(why.empty() ? "the session ended" : why);
    return false;
}

ErrorCode SessionKeeper::command(const GestureCommand& wish, SampleIndex at) {
    if (!session_) return ErrorCode::not_found;
    Command command{wish.kind, wish.gesture, at - base_, std::nullopt};
    const GesturePreset* known = session_gestures_ ? session_gestures_->find(wish.gesture) : nullptr;
    if (wish.track && (!known || known->track != wish.track)) command.track = *wish.track;
    return session_->command(command);
}

std::optional<StatusSnapshot> SessionKeeper::status() const {
    if (!session_) return std::nullopt;
    return session_->status();
}

}  // namespace mirrorme

#include "plugin/host/avatar_core.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "core/log.h"

namespace mirrorme {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr auto kTick = std::chrono::milliseconds(5);
constexpr std::int64_t kHiddenLimitNs = 5000 * kMs;
constexpr std::int64_t kStillAfterNs = 2000 * kMs;    // without a frame
constexpr std::int64_t kPublishNs = 100 * kMs, kTellNs = 250 * kMs;
constexpr std::int64_t kSilentAfterNs = 2000 * kMs;   // attached, and no block comes
constexpr std::int64_t kNobodyNs = 250 * kMs;         // without a block: none is on its way
constexpr std::size_t kPiece = 4800;                  // samples handed on at a time

}  // namespace

AvatarCore::AvatarCore(const Parts& parts, std::shared_ptr<const AvatarConfig> config)
    : host_(parts.host),
      port_(parts.port),
      clock_(parts.clock),
      try_it_clip_(parts.try_it_clip),
      tap_(parts.sample_rate),
      config_(std::move(config)),
      status_(std::make_shared<const AvatarStatus>()),
      timeline_(parts.sample_rate, parts.clock.now_ns()),
      session_(parts.port, parts.sample_rate, kSlackNs, parts.clock),
      piece_(kPiece, 0.0f),
      voice_(AudioTap::kChannels) {}

AvatarCore::~AvatarCore() { stop(); }

void AvatarCore::start() {
    thread_ = std::thread([this] { run(); });
}

void AvatarCore::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

void AvatarCore::set_config(std::shared_ptr<const AvatarConfig> config) {
    const std::lock_guard lock(mutex_);
    config_ = std::move(config);
    news_ = true;
}

void AvatarCore::set_presets(std::shared_ptr<const GesturePresets> presets) {
    board_.set_presets(presets);
    const std::lock_guard lock(mutex_);
    presets_ = std::move(presets);
    news_ = true;
}

void AvatarCore::raw_command(GestureCommand command) {
    const std::lock_guard lock(mutex_);
    raw_commands_.push_back(std::move(command));
}

std::shared_ptr<const AvatarStatus> AvatarCore::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

void AvatarCore::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        lock.unlock();
        try {
            tick(clock_.now_ns());
        } catch (const std::exception& e) {  // no disk, no memory: the next tick may do better, and the host goes on
            log_error(std::string("avatar: ") + e.what());
        }
        lock.lock();
        wake_.wait_for(lock, kTick, [&] { return stopping_; });
    }
}

void AvatarCore::tick(std::int64_t now_ns) {
    take_news();
    bool applied = false;
    std::string problem;
    delay_.mode = now_->delay;
    host_.look_after(now_ns, delay_, input_, applied, problem);
    delay_.applied = applied;
    delay_.problem = std::move(problem);
    look_after_pause(now_ns);
    look_after_session(now_ns);
    take_sound(now_ns);
    send_commands(now_ns);
    take_frames(now_ns);
    presenter_.collect();
    if (now_ns - published_ns_ >= kPublishNs) publish(now_ns);
}

void AvatarCore::take_news() {
    std::shared_ptr<const AvatarConfig> before = now_;
    std::shared_ptr<const GesturePresets> presets;
    {
        const std::lock_guard lock(mutex_);
        if (!news_) return;
        news_ = false;
        now_ = config_;
        presets = presets_;
    }
    session_.want(now_->engine, std::move(presets));
    board_.set_slots(now_->gesture_slots);
    tap_.keep_channels(now_->delay == DelayMode::own);
    if (events_.running() && !now_->record_events) {
        events_.stop();
    } else if (!events_.running() && now_->record_events && session_.has_session() && !(before && before->record_events)) {
        // A take begins with a session: another one, with the same picture, is opened for it.
        session_.reopen();
    }
}

// ---- sound ---------------------------------------------------------------------------------------------

void AvatarCore::take_sound(std::int64_t now_ns) {
    if (try_it_.exchange(false, std::memory_order_relaxed)) start_clip();
    tap_.drain([&](std::int64_t host_ns, std::span<const float> samples) {
        const BlockPlace place = timeline_.place(host_ns, static_cast<std::int64_t>(samples.size()));
        samples = samples.subspan(static_cast<std::size_t>(place.skip));
        for (std::size_t at = 0; at < samples.size(); at += kPiece) {
            const std::span<const float> part = samples.subspan(at, std::min(kPiece, samples.size() - at));
            std::copy(part.begin(), part.end(), piece_.begin());
            feed(place.first + static_cast<SampleIndex>(at), std::span(piece_).first(part.size()));
        }
    });
    const bool nobody = now_ns - tap_.last_block_ns() > kNobodyNs;
    for (std::int64_t missing = timeline_.fill(now_ns, nobody ? HostTimeline::kLittlePatienceNs : HostTimeline::kPatienceNs), at = timeline_.end() - missing; missing > 0;) {
        const auto count = static_cast<std::size_t>(std::min<std::int64_t>(missing, kPiece));
        std::fill_n(piece_.begin(), count, 0.0f);
        feed(at, std::span(piece_).first(count));
        at += static_cast<std::int64_t>(count);
        missing -= static_cast<std::int64_t>(count);
    }
    play_voice();
}

/// One piece of sound on media time, into everything that listens to it.
void AvatarCore::feed(SampleIndex first, std::span<float> samples) {
    if (const auto covered = clip_.apply(first, samples); covered && delay_known_) {
        const std::span<const float> heard = samples.subspan(static_cast<std::size_t>(covered->first - first), static_cast<std::size_t>(covered->size()));
        host_.play(CoreHost::Heard::clip, timeline_.host_ns(covered->first) + delay_.total_ns, std::span(&heard, 1));
    }
    if (paused_) return;
    session_.push(first, samples);
    events_.sound(first, samples);
}

/// Mode own: the voice as it came, all its channels, later by L.
void AvatarCore::play_voice() {
    for (auto& channel : voice_) channel.clear();
    voice_pieces_.clear();
    tap_.drain_channels([&](std::size_t channel, std::int64_t host_ns, std::span<const float> samples) {
        if (channel == 0) voice_pieces_.push_back({host_ns, voice_[0].size(), samples.size()});
        voice_[channel].insert(voice_[channel].end(), samples.begin(), samples.end());
    });
    if (now_->delay != DelayMode::own || !delay_known_ || !delay_.applied || clip_.playing()) return;
    std::array<std::span<const float>, AudioTap::kChannels> heard;
    for (const VoicePiece& piece : voice_pieces_) {
        std::size_t channels = 0;
        for (std::size_t c = 0; c < AudioTap::kChannels; ++c)
            if (voice_[c].size() >= piece.at + piece.count) heard[channels++] = std::span(voice_[c]).subspan(piece.at, piece.count);
        host_.play(CoreHost::Heard::voice, piece.host_ns + delay_.total_ns, std::span(heard).first(channels));
    }
}

void AvatarCore::start_clip() {
    try {
        constexpr std::int64_t kLeadInNs = 100 * kMs;  // the host hears of it a moment before
        clip_.start(read_spoken_clip(try_it_clip_, timeline_.rate()), timeline_.end() + ticks_in(kLeadInNs, timeline_.rate()));
    } catch (const Error& e) {
        log_warning(e.what());
    }
}

// ---- session ---------------------------------------------------------------------------------------------

void AvatarCore::look_after_session(std::int64_t now_ns) {
    if (recalibrate_.load(std::memory_order_relaxed) && !session_.opening()) {
        recalibrate_.store(false, std::memory_order_relaxed);
        measure_ = true;
        session_.reopen();
    }
    const SessionKeeper::News news = session_.tick(timeline_.end());
    if (news == SessionKeeper::News::changed) events_.settings(timeline_.end(), now_->engine);
    if (news != SessionKeeper::News::opened) return;
    set_delay(*session_.info());
    board_.begin_session(now_ns);
    last_frame_ns_ = now_ns;
    if (now_->record_events) events_.start(now_->events_folder, timeline_.rate(), now_->engine, timeline_.end());
    host_.still(session_.still(), *session_.info());
}

/// Note [L stays]
/// L is a promise to whoever mixes sound and picture: it is fixed with the first session. Another model or device, another extra delay or
/// a wish to measure again change it, and even those only while nobody records or streams.
void AvatarCore::set_delay(const SessionInfo& info) {
    const bool measure = measure_ || delay_choice_ != session_.choice();
    if (delay_known_ && (!measure || host_.outputs_active())) return;
    measure_ = false;
    delay_choice_ = session_.choice();
    delay_.parts = info.latency;
    delay_.transport_ns = kTransportNs;
    delay_known_ = true;
    set_extra_delay();
}

void AvatarCore::set_extra_delay() {
    delay_.extra_ns = now_->extra_delay_ms * kMs;
    delay_.total_ns = delay_.parts.total_ns() + delay_.transport_ns + delay_.extra_ns;
}

void AvatarCore::send_commands(std::int64_t now_ns) {
    std::vector<GestureCommand> commands = board_.take_due(now_ns);
    {
        const std::lock_guard lock(mutex_);
        commands.insert(commands.end(), raw_commands_.begin(), raw_commands_.end());
        raw_commands_.clear();
    }
    for (const GestureCommand& command : commands) {
        const SampleIndex at = timeline_.sample_at(command.at_ns);
        const ErrorCode refused = session_.command(command, at);
        if (refused == ErrorCode::none) events_.command(command.kind, command.gesture, at, command.track.get());
        else if (session_.has_session()) log_warning("gesture '" + command.gesture + "' was refused: " + std::string(name_of(refused)));
    }
    for (const GestureEvent& event : board_.take_events()) host_.gesture_event(event);
}

void AvatarCore::take_frames(std::int64_t now_ns) {
    VideoFrame frame;
    while (session_.poll(frame)) {
        const SessionInfo* info = session_.info();
        const std::int64_t period_ns = nanoseconds_of(1, info->fps);
        const std::int64_t due_ns = timeline_.host_ns(frame.first_sample) + delay_.total_ns;
        host_.prepare(frame);
        presenter_.push(std::move(frame), due_ns, period_ns, now_ns);
        last_frame_ns_ = now_ns;
        frame = {};
    }
    if (!session_.has_session() && now_ns - last_frame_ns_ > kStillAfterNs) live_.store(false, std::memory_order_relaxed);
    else if (!paused_ && presenter_.counters().waiting > 0) live_.store(true, std::memory_order_relaxed);
}

/// Hidden: no sound goes to the engine, so it makes nothing; the session stays, so that the avatar lives again within a chunk.
void AvatarCore::look_after_pause(std::int64_t now_ns) {
    const bool showing = showing_.load(std::memory_order_relaxed);
    if (showing) hidden_since_ns_ = now_ns;
    const bool pause = now_->pause_hidden && !showing && now_ns - hidden_since_ns_ > kHiddenLimitNs;
    if (paused_ || pause) session_.paused();
    if (pause == paused_) return;
    paused_ = pause;
    if (!paused_) return;
    presenter_.clear();
    live_.store(false, std::memory_order_relaxed);
}

// ---- status ----------------------------------------------------------------------------------------------

void AvatarCore::publish(std::int64_t now_ns) {
    published_ns_ = now_ns;
    if (delay_known_ && delay_.extra_ns != now_->extra_delay_ms * kMs && !host_.outputs_active()) set_extra_delay();
    auto status = std::make_shared<AvatarStatus>();
    status->engine = port_.state(session_.choice());
    status->session = session_.status();
    if (const SessionInfo* info = session_.info()) {
        status->info = *info;
        status->width = info->width;
        status->height = info->height;
        status->fps = info->fps.value();
    }
    status->session_error = session_.error().empty() ? events_.error() : session_.error();
    status->delay = delay_;
    const float peak = tap_.take_peak();
    level_dbfs_ = std::max(peak > 0 ? 20.0 * std::log10(static_cast<double>(peak)) : -120.0, level_dbfs_ - 3.0);
    input_.level_dbfs = std::max(level_dbfs_, -120.0);
    status->input = input_;
    if (input_.state == InputStatus::State::attached) {
        if (now_ns - tap_.last_block_ns() > kSilentAfterNs) status->input.state = InputStatus::State::silent;
        else if (tap_.muted()) status->input.state = InputStatus::State::muted;
    }
    status->frames = presenter_.counters();
    const GestureBoard::Summary gestures = board_.summary();
    status->playing = gestures.playing;
    status->queued = gestures.queued;
    status->paused = paused_;
    status->live = live();
    status->late_samples = timeline_.counters().late_samples;
    status->dropped_samples = tap_.dropped();
    describe(*status, host_);
    {
        const std::lock_guard lock(mutex_);
        status_ = status;
    }
    const std::string seen = status->message + '\n' + std::string(name_of(status->engine.phase)) + std::string(name_of(status->input.state)) + status->playing +
                             (status->paused ? "p" : "") + (status->delay.applied ? "d" : "") + std::to_string(status->delay.total_ns);
    if (seen != told_ && now_ns - told_ns_ >= kTellNs) {
        told_ = seen;
        told_ns_ = now_ns;
        host_.changed(*status);
    }
}

}  // namespace mirrorme

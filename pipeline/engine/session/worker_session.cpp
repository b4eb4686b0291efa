#include "engine/session/worker_session.h"

#include <algorithm>
#include <new>
#include <utility>

namespace mirrorme {
namespace {

constexpr std::int64_t kRingMs = 4000;
constexpr std::size_t kRingBlocks = 4096;
constexpr std::int64_t kMemoryEveryNs = kNanosecondsPerSecond;
constexpr std::int64_t kAheadMs = 4000;  // sound taken in beyond what the next chunk needs; the rest waits in the ring

std::size_t ring_samples(const SessionConfig& config) { return static_cast<std::size_t>(ticks_in(kRingMs * 1'000'000, config.sample_rate)); }

std::unique_ptr<Clock> make_clock(SessionMode mode) {
    if (mode == SessionMode::offline) return std::make_unique<VirtualClock>();
    return std::make_unique<SteadyClock>();
}

/// `base` with every live setting of `wanted`.
Settings with_live_settings(Settings base, const Settings& wanted) {
    visit_settings([&](const SettingInfo& info, auto member) {
        if (info.rebuild == Rebuild::live) base.*member = wanted.*member;
    });
    return base;
}

SpeechGateSettings gate_settings(const Settings& settings) {
    SpeechGateSettings gate;
    gate.threshold_db = static_cast<float>(settings.gate_threshold_db);
    gate.hold_ms = settings.gate_hold_ms;
    return gate;
}

}  // namespace

WorkerSession::WorkerSession(std::shared_ptr<Worker> worker, SessionSetup setup, std::unique_ptr<ChunkProducer> producer)
    : worker_(std::move(worker)),
      setup_(std::move(setup)),
      clock_(make_clock(setup_.config.mode)),
      producer_(std::move(producer)),
      ring_(ring_samples(setup_.config), kRingBlocks),
      still_(setup_.still),
      state_(setup_, *clock_, closing_) {
    for (const KeyPointTrack& track : setup_.config.gestures) gestures_.push_back(std::make_shared<const KeyPointTrack>(track));
    state_.speech.update(gate_settings(state_.settings));
    status_.phase = SessionPhase::waiting;
    status_.latency = setup_.info.latency;
    status_.warnings = setup_.info.warnings;
    worker_->attach(*this);
}

WorkerSession::~WorkerSession() {
    closing_.store(true, std::memory_order_release);
    worker_->detach(*this);
    // What the model kept for this session is released where it was made.
    worker_->run([this] { producer_.reset(); });
}

PushResult WorkerSession::push_audio(SampleIndex first_sample, std::span<const float> samples) noexcept {
    const bool realtime = setup_.config.mode == SessionMode::realtime;
    const std::size_t taken = realtime ? ring_.push(first_sample, samples) : ring_.offer(first_sample, samples);
    worker_->wake();
    return {static_cast<std::int64_t>(taken), static_cast<std::int64_t>(samples.size() - taken)};
}

void WorkerSession::end_of_audio() noexcept {
    end_of_audio_.store(true, std::memory_order_release);
    worker_->wake();
}

ErrorCode WorkerSession::command(const Command& command) {
    if (producer_->take_command(command)) return ErrorCode::none;
    const std::lock_guard lock(mutex_);
    PendingCommand pending{command, nullptr};
    if (command.track) {
        pending.track = std::make_shared<const KeyPointTrack>(*command.track);
        if (pending.track->frame_count() == 0 || pending.track->unit != TrackUnit::torso) return ErrorCode::mismatch;
    } else if (command.kind != CommandKind::stop) {
        for (const auto& track : gestures_)
            if (track->preset && track->preset->name == command.gesture) pending.track = track;
        if (!pending.track) return ErrorCode::not_found;
    }
    if (commands_.size() + pending_gestures_ >= GesturePlayer::kPendingLimit) return ErrorCode::too_large;
    commands_.push_back(std::move(pending));
    return ErrorCode::none;
}

void WorkerSession::update_settings(std::shared_ptr<const Settings> settings, SampleIndex at) {
    if (!settings) return;
    validate(*settings);
    const std::lock_guard lock(mutex_);
    if (new_settings_.size() == kPendingSettings) new_settings_.pop_back();
    new_settings_.push_back({std::move(settings), at});
}

PollResult WorkerSession::poll_frame(VideoFrame& frame, std::chrono::nanoseconds wait) {
    switch (state_.frames.pop(frame, wait)) {
        case FrameQueue::Pop::frame: worker_->wake(); return PollResult::frame;
        case FrameQueue::Pop::empty: return PollResult::empty;
        case FrameQueue::Pop::closed: break;
    }
    return failed_.load(std::memory_order_acquire) ? PollResult::failed : PollResult::finished;
}

StatusSnapshot WorkerSession::status() const {
    const std::lock_guard lock(mutex_);
    return status_;
}

VideoFrame WorkerSession::reference_still() {
    const std::lock_guard lock(mutex_);
    return still_;
}

Worker::Progress WorkerSession::take_turn() noexcept {
    if (ended_ || closing_.load(std::memory_order_acquire)) return Worker::Progress::ended;
    Worker::Progress progress = Worker::Progress::made;
    try {
        take_news();
        drain_audio();
        progress = run_chunk();
    } catch (const Error& e) {
        lose_chunk(e.code(), e.what());
    } catch (const std::bad_alloc&) {
        lose_chunk(ErrorCode::no_space, "memory: there is not enough for the next chunk. Close other programs or choose a smaller model");
    } catch (const std::exception& e) {
        lose_chunk(ErrorCode::internal, e.what());
    }
    look_at_memory();
    publish(progress);
    if (ended_) state_.frames.close();  // after the status: who reads "finished" finds it there too
    return progress;
}

void WorkerSession::take_news() {
    std::shared_ptr<const Settings> settings;
    const SampleIndex next_pts = state_.layout().spans(state_.scheduler.next_chunk()).first_pts;
    {
        const std::lock_guard lock(mutex_);
        for (; !new_settings_.empty() && new_settings_.front().at <= next_pts; new_settings_.pop_front()) settings = new_settings_.front().settings;
        for (PendingCommand& c : commands_)
            state_.gestures.add(c.command.kind, std::move(c.command.gesture), state_.layout().media.frame_at(c.command.at), std::move(c.track));
        commands_.clear();
        pending_gestures_ = state_.gestures.pending();
    }
    if (!settings) return;
    const Settings before = state_.settings;
    state_.settings = with_live_settings(before, *settings);
    state_.speech.update(gate_settings(state_.settings));
    if (!(state_.settings.background == before.background)) {
        state_.shown = {};
        state_.shown.set_still(producer_->still(state_.settings));
        const std::lock_guard lock(mutex_);
        still_ = state_.shown.still();
    }
}

void WorkerSession::drain_audio() {
    const bool last = end_of_audio_.load(std::memory_order_acquire);  // before draining: the ring then holds the rest
    const ChunkLayout& layout = state_.layout();
    const SampleIndex wanted = layout.spans(state_.scheduler.next_chunk()).audio.end + ticks_in(kAheadMs * 1'000'000, layout.model_rate);
    while (const std::optional<SampleIndex> next = ring_.front()) {
        if (state_.audio.jumps(*next) && !finish_before_jump()) break;
        const std::int64_t room = rescale_floor(wanted - state_.audio.watermark(), layout.model_rate, layout.media.sample_rate);
        if (room <= 0) break;
        ring_.drain_front(static_cast<std::size_t>(room), [&](SampleIndex first, std::span<const float> samples) {
            state_.audio.append(first, samples);
            sound_end_ = state_.audio.input_end();
        });
    }
    if (last && ring_.size() == 0) state_.audio.finish();
    if (state_.audio.anchored_at() != anchored_at_) {  // the sound jumped: what the model remembers is long ago
        anchored_at_ = state_.audio.anchored_at();
        producer_->reset();
    }
}

/// The sound is about to jump. Chunks that hold what came before are made first, over silence; true when none is left.
bool WorkerSession::finish_before_jump() {
    const ChunkLayout& layout = state_.layout();
    const ChunkSpans next = layout.spans(state_.scheduler.next_chunk());
    if (next.first_pts >= sound_end_) return true;
    const SampleIndex missing = next.audio.end - state_.audio.watermark();
    if (missing > 0) state_.audio.append_silence(rescale_ceil(missing, layout.model_rate, layout.media.sample_rate) + 1);
    return false;
}

Worker::Progress WorkerSession::run_chunk() {
    const SteadyClock stopwatch;
    const std::int64_t start_ns = stopwatch.now_ns();
    const ChunkPlan plan = producer_->produce_chunk(state_);
    const std::int64_t compute_ns = plan.action == ChunkAction::make ? stopwatch.now_ns() - start_ns : 0;
    if (plan.action == ChunkAction::wait) return Worker::Progress::waiting;
    if (plan.action == ChunkAction::hold) state_.show_instead(plan);
    if (plan.action == ChunkAction::finish) {
        ended_ = true;
        return Worker::Progress::ended;
    }
    account(plan, compute_ns);
    return Worker::Progress::made;
}

void WorkerSession::account(const ChunkPlan& plan, std::int64_t compute_ns) {
    const std::int64_t now_ns = clock_->now_ns();
    state_.scheduler.done(plan, now_ns, compute_ns);
    if (plan.action == ChunkAction::skip) {
        counters_.chunks_skipped += plan.next_index - plan.index;
        return;
    }
    counters_.frames_made += plan.frames.size();
    if (plan.deadline_ns && now_ns > *plan.deadline_ns) counters_.frames_late += plan.frames.size();
    if (plan.action == ChunkAction::hold) {
        ++counters_.chunks_held;
        return;
    }
    ++counters_.chunks_made;
    failures_ = 0;
    chunk_times_.add(compute_ns);
    state_.times.add("chunk", compute_ns);
}

void WorkerSession::lose_chunk(ErrorCode code, const std::string& what) {
    ++failures_;
    {
        const std::lock_guard lock(mutex_);
        status_.last_error_code = code;
        status_.last_error = what;
    }
    const ChunkPlan plan = state_.scheduler.next(clock_->now_ns(), state_.audio_progress(), state_.queue_depth());
    const bool has_chunk = plan.action == ChunkAction::make || plan.action == ChunkAction::hold;
    if (setup_.config.mode == SessionMode::offline || failures_ >= kFailureLimit || !has_chunk) {
        failed_.store(true, std::memory_order_release);
        ended_ = true;
        return;
    }
    producer_->reset();
    state_.show_instead(plan);
    ChunkPlan held = plan;
    held.action = ChunkAction::hold;
    account(held, 0);
}

void WorkerSession::look_at_memory() noexcept {
    const std::int64_t now_ns = SteadyClock().now_ns();
    if (now_ns < memory_due_ns_) return;
    memory_due_ns_ = now_ns + kMemoryEveryNs;
    const MemoryUse memory = producer_->memory();
    const std::lock_guard lock(mutex_);
    status_.memory = memory;
}

void WorkerSession::publish(Worker::Progress progress) {
    const TimelineCounters& audio = state_.audio.counters();
    counters_.audio_samples = audio.accepted;
    counters_.audio_late_samples = audio.late;
    counters_.audio_gap_samples = audio.gap;
    counters_.audio_reanchored = audio.reanchored;
    counters_.audio_dropped_samples = ring_.dropped();

    const std::int64_t played = state_.audio.watermark();
    const bool speaking = state_.speech.speech_in({played - state_.layout().model_rate.num / 4, played});
    std::vector<StageTiming> stages;
    if (progress == Worker::Progress::made) stages = state_.times.summary();
    const std::lock_guard lock(mutex_);
    if (!stages.empty()) status_.stages = std::move(stages);
    status_.counters = counters_;
    status_.degraded_level = state_.scheduler.level();
    status_.level_dbfs = state_.speech.level_db();
    status_.gesture = state_.gestures.playing();
    status_.real_time_factor = static_cast<double>(chunk_times_.mean()) / static_cast<double>(state_.layout().period_ns());
    if (failed_.load(std::memory_order_relaxed)) status_.phase = SessionPhase::failed;
    else if (ended_) status_.phase = SessionPhase::finished;
    else if (status_.degraded_level != DegradationLevel::full) status_.phase = SessionPhase::degraded;
    else if (audio.accepted == 0) status_.phase = SessionPhase::waiting;
    else status_.phase = speaking ? SessionPhase::speaking : SessionPhase::idle;
}

}  // namespace mirrorme

#include "engine/test_card/test_card_engine.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string_view>
#include <thread>
#include <utility>

#include "core/error.h"
#include "engine/session/worker_session.h"
#include "engine/test_card/card_picture.h"

namespace mirrorme {
namespace {

constexpr std::int64_t kLookAheadMs = 20;

/// What the card has been told to do wrong. Written by any thread, read by the worker.
struct Faults {
    std::atomic<std::int64_t> delay_ms{0};
    std::atomic<bool> stall{false}, crash{false}, not_a_number{false}, wrong_size{false}, out_of_memory{false}, fail{false};

    void clear() {
        delay_ms = 0;
        stall = crash = not_a_number = wrong_size = out_of_memory = fail = false;
    }

    /// False when `name` is none of ours.
    bool take(std::string_view name) {
        constexpr std::string_view kDelay = "test-delay-";
        if (name.starts_with(kDelay)) {
            std::int64_t ms = 0;
            std::from_chars(name.data() + kDelay.size(), name.data() + name.size(), ms);
            delay_ms = ms;
        } else if (name == "test-resume") clear();
        else if (name == "test-stall") stall = true;
        else if (name == "test-crash") crash = true;
        else if (name == "test-nan") not_a_number = true;
        else if (name == "test-wrong-size") wrong_size = true;
        else if (name == "test-out-of-memory") out_of_memory = true;
        else if (name == "test-fail") fail = true;
        else return false;
        return true;
    }
};

class CardProducer final : public ChunkProducer {
public:
    CardProducer(TestCardOptions options, SessionInfo info) : options_(options), info_(std::move(info)) {}

    ChunkPlan produce_chunk(SessionState& session) override;
    void reset() override {}
    VideoFrame still(const Settings& settings) override { return picture({0, 0, 0, settings.background.mode == BackgroundChoice::Mode::keep}, info_.width); }
    bool take_command(const Command& command) override;

private:
    void misbehave(const SessionState& session);
    float gesture_at(SampleIndex sample) const;
    VideoFrame picture(const CardContent& content, int width) const;

    TestCardOptions options_;
    SessionInfo info_;
    Faults faults_;
    mutable std::mutex mutex_;
    std::optional<SampleIndex> lit_from_;
};

VideoFrame CardProducer::picture(const CardContent& content, int width) const {
    auto pixels = std::make_shared<FramePixels>();
    draw_card(*pixels, width, info_.height, content);
    VideoFrame frame;
    frame.pixels = std::move(pixels);
    frame.width = width;
    frame.height = info_.height;
    frame.first_sample = content.first_sample;
    return frame;
}

bool CardProducer::take_command(const Command& command) {
    if (faults_.take(command.gesture)) return true;
    const std::lock_guard lock(mutex_);
    if (command.kind == CommandKind::stop) lit_from_.reset();
    else lit_from_ = command.at;
    return true;
}

float CardProducer::gesture_at(SampleIndex sample) const {
    const std::lock_guard lock(mutex_);
    const SampleIndex half_second = ticks_in(kNanosecondsPerSecond / 2, info_.sample_rate);
    return lit_from_ && sample >= *lit_from_ && sample < *lit_from_ + half_second ? 1.0f : 0.0f;
}

void CardProducer::misbehave(const SessionState& session) {
    if (faults_.crash) std::abort();
    while (faults_.stall && !session.closing) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(faults_.delay_ms + options_.chunk_cost_ms));
    if (faults_.out_of_memory.exchange(false)) throw std::bad_alloc();
    if (faults_.fail) throw Error(ErrorCode::internal, "test card", "was told to fail");
}

ChunkPlan CardProducer::produce_chunk(SessionState& session) {
    const ChunkPlan plan = session.scheduler.next(session.clock.now_ns(), session.audio_progress(), session.queue_depth());
    if (plan.action != ChunkAction::make) return plan;
    misbehave(session);
    if (faults_.not_a_number.exchange(false)) throw Error(ErrorCode::internal, "chunk " + std::to_string(plan.index), "holds numbers that are not finite");
    session.speech.advance(session.audio, plan.audio.end);
    std::vector<VideoFrame> frames;
    std::vector<float> sound;
    for (FrameIndex f = plan.frames.first; f < plan.frames.end; ++f) {
        const SampleIndex first = session.layout().model_sample(f), end = session.layout().model_sample(f + 1);
        sound.resize(static_cast<std::size_t>(end - first));
        session.audio.read(first, sound);
        float peak = 0;
        for (const float x : sound) peak = std::max(peak, std::abs(x));
        const SampleIndex pts = session.layout().media.first_sample(f);
        const bool keep = session.settings.background.mode == BackgroundChoice::Mode::keep;
        VideoFrame frame = picture({pts, peak, gesture_at(pts), keep}, faults_.wrong_size ? info_.width / 2 : info_.width);
        frame.index = f;
        frame.degraded = static_cast<int>(plan.level);
        session.shown.made(frame, !session.speech.speech_in({first, end}));
        frames.push_back(std::move(frame));
    }
    session.frames.push(std::move(frames));
    return plan;
}

}  // namespace

TestCardEngine::TestCardEngine(TestCardOptions options) : options_(options), worker_(std::make_shared<Worker>()) {
    info_.backend = "test_card";
    info_.bundle = "test-card";
    info_.bundle_version = "1";
    info_.device = "cpu";
    info_.capabilities = {"speaks", "hands", "matte"};
    info_.width = options_.width;
    info_.height = options_.height;
    info_.fps = options_.fps;
}

std::unique_ptr<Session> TestCardEngine::make_session(const SessionConfig& config, std::stop_token) {  // at once
    SessionSetup setup;
    setup.config = config;
    setup.layout.media = {config.sample_rate, options_.fps};
    setup.layout.temporal = options_.chunk_frames;
    setup.layout.start = StreamStart::moving;
    setup.layout.look_ahead = ticks_in(kLookAheadMs * 1'000'000, setup.layout.model_rate);
    setup.info.width = options_.width;
    setup.info.height = options_.height;
    setup.info.fps = options_.fps;
    setup.info.sample_rate = config.sample_rate;
    setup.info.chunk_frames = options_.chunk_frames;
    setup.info.latency = latency_budget(setup.layout, (options_.chunk_cost_ms + 10) * 1'000'000);
    setup.info.crop = {0, 0, static_cast<double>(options_.width), static_cast<double>(options_.height)};
    auto producer = std::make_unique<CardProducer>(options_, setup.info);
    setup.still = producer->still(config.settings);
    return std::make_unique<WorkerSession>(worker_, std::move(setup), std::move(producer));
}

}  // namespace mirrorme

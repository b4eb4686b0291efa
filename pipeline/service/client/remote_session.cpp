#include "service/client/remote_session.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "service/client/convert.h"

namespace mirrorme {
namespace {

using namespace std::chrono_literals;

constexpr double kRingSeconds = 4;
constexpr std::size_t kRingBlocks = 1024;
constexpr std::size_t kBlockSamples = 4800;  // sent at a time
constexpr auto kWriterTick = 5ms;            // how often the ring is looked at: nothing may wake the writer from an audio thread
constexpr auto kReplyTimeout = 2s;
constexpr int kMostChunksOpen = 2;
constexpr std::size_t kQueueFrames = 256;  // more than is ever granted

std::size_t ring_samples(Rational rate) {
    return static_cast<std::size_t>(kRingSeconds * static_cast<double>(rate.num) / static_cast<double>(rate.den));
}

Error engine_gone(const std::string& detail) {
    return Error(ErrorCode::not_found, "the engine's process", detail.empty() ? "is gone" : "is gone (" + detail + ")",
                 "It is started again by its owner; its log says why it ended");
}

v1::ClientMessage credit_of(int frames) {
    v1::ClientMessage message;
    message.mutable_credit()->set_frames(static_cast<std::uint32_t>(frames));
    return message;
}

}  // namespace

RemoteSession::RemoteSession(v1::Engine::Stub& stub, const std::string& token, const SessionConfig& config, const std::stop_token& stop)
    : mode_(config.mode), ring_(ring_samples(config.sample_rate), kRingBlocks), frames_(kQueueFrames), stream_(stub.Session(&context_)) {
    try {
        open(token, config, stop);
    } catch (...) {
        context_.TryCancel();
        throw;
    }
    outgoing_.push_back(credit_of(info_.chunk_frames * std::clamp(config.queue_chunks, 1, kMostChunksOpen)));
    reader_ = std::thread([this] { read_loop(); });
    writer_ = std::thread([this] { write_loop(); });
}

RemoteSession::~RemoteSession() {
    {
        std::lock_guard lock(mutex_);
        closing_ = true;
    }
    changed_.notify_all();
    context_.TryCancel();
    writer_.join();
    reader_.join();
}

void RemoteSession::open(const std::string& token, const SessionConfig& config, const std::stop_token& stop) {
    // An engine that answers pings and never this call must not keep anybody: not a source that is removed, not OBS at its end.
    const std::stop_callback give_up(stop, [this] { context_.TryCancel(); });
    v1::ClientMessage first;
    *first.mutable_open() = to_wire(config);
    first.mutable_open()->set_token(token);
    v1::ServerMessage reply;
    stream_->Write(first);  // an engine that refuses may end the call before it is written: what it says is there all the same
    while (stream_->Read(&reply)) {
        if (reply.has_progress()) continue;  // a person sees the reference picture meanwhile
        if (reply.has_failure()) throw from_wire(reply.failure());
        if (!reply.has_opened())
            throw Error(ErrorCode::mismatch, "the engine", "answered with something else than an open session",
                        "Install plugin and engine of one version");
        info_ = session_info_from_json(reply.opened().session_json());
        if (info_.chunk_frames < 1 || info_.chunk_frames > static_cast<int>(kQueueFrames) / kMostChunksOpen)
            throw Error(ErrorCode::mismatch, "the engine, field chunk_frames", std::to_string(info_.chunk_frames) + " is out of range");
        still_ = from_wire(reply.opened().still());
        return;
    }
    const std::string why = stream_->Finish().error_message();
    if (stop.stop_requested()) throw Error(ErrorCode::cancelled, "the session", "was given up before it was open");
    throw engine_gone(why);
}

PushResult RemoteSession::push_audio(SampleIndex first_sample, std::span<const float> samples) noexcept {
    const std::size_t taken = mode_ == SessionMode::offline ? ring_.offer(first_sample, samples) : ring_.push(first_sample, samples);
    return {static_cast<std::int64_t>(taken), static_cast<std::int64_t>(samples.size() - taken)};
}

void RemoteSession::end_of_audio() noexcept { sound_over_.store(true, std::memory_order_release); }

void RemoteSession::enqueue(v1::ClientMessage message) {
    {
        std::lock_guard lock(mutex_);
        outgoing_.push_back(std::move(message));
    }
    changed_.notify_all();
}

ErrorCode RemoteSession::command(const Command& command) {
    v1::ClientMessage message;
    *message.mutable_command() = to_wire(command);
    std::unique_lock lock(mutex_);
    const std::uint64_t id = next_command_++;
    message.mutable_command()->set_id(id);
    outgoing_.push_back(std::move(message));
    changed_.notify_all();
    const bool answered = changed_.wait_for(lock, kReplyTimeout, [&] { return failed_ || closing_ || replies_.contains(id); });
    const auto reply = replies_.find(id);
    if (!answered || reply == replies_.end()) return ErrorCode::internal;
    const ErrorCode code = reply->second;
    replies_.erase(reply);
    return code;
}

void RemoteSession::update_settings(std::shared_ptr<const Settings> settings, SampleIndex at) {
    v1::ClientMessage message;
    *message.mutable_settings() = to_wire(*settings);
    message.mutable_settings()->set_at_sample(at);
    enqueue(std::move(message));
}

PollResult RemoteSession::poll_frame(VideoFrame& frame, std::chrono::nanoseconds wait) {
    switch (frames_.pop(frame, wait)) {
        case FrameQueue::Pop::frame:
            enqueue(credit_of(1));
            return PollResult::frame;
        case FrameQueue::Pop::empty:
            return PollResult::empty;
        case FrameQueue::Pop::closed:
            break;
    }
    std::lock_guard lock(mutex_);
    return finished_ ? PollResult::finished : PollResult::failed;
}

StatusSnapshot RemoteSession::status() const {
    std::lock_guard lock(mutex_);
    StatusSnapshot status = status_;
    status.counters.audio_dropped_samples += ring_.dropped();
    return status;
}

void RemoteSession::fail(const Error& error) {
    {
        std::lock_guard lock(mutex_);
        if (finished_ || failed_) return;
        failed_ = true;
        status_.phase = SessionPhase::failed;
        status_.last_error_code = error.code();
        status_.last_error = error.what();
    }
    changed_.notify_all();
    frames_.close();
}

// ---- reading -------------------------------------------------------------------------------------------

void RemoteSession::read_loop() {
    v1::ServerMessage message;
    try {
        while (stream_->Read(&message)) take(message);
    } catch (const Error& e) {  // a peer that breaks the protocol is not talked to
        fail(e);
        context_.TryCancel();
    }
    fail(engine_gone(stream_->Finish().error_message()));
}

void RemoteSession::take(const v1::ServerMessage& message) {
    switch (message.body_case()) {
        case v1::ServerMessage::kFrame: {
            VideoFrame frame = from_wire(message.frame());
            if (frame.width != info_.width || frame.height != info_.height)
                throw Error(ErrorCode::mismatch, "the engine, frame " + std::to_string(frame.index), "has another size than the session's");
            std::vector<VideoFrame> one;
            one.push_back(std::move(frame));
            if (!frames_.push(std::move(one))) throw Error(ErrorCode::mismatch, "the engine", "sent more frames than it was granted");
            break;
        }
        case v1::ServerMessage::kStatus: {
            const StatusSnapshot status = from_wire(message.status());
            std::lock_guard lock(mutex_);
            if (!failed_) status_ = status;
            break;
        }
        case v1::ServerMessage::kCommandReply: {
            {
                std::lock_guard lock(mutex_);
                replies_[message.command_reply().id()] = error_code_from_name(message.command_reply().error());
                while (replies_.size() > 1024) replies_.erase(replies_.begin());  // of commands nobody waits for any more
            }
            changed_.notify_all();
            break;
        }
        case v1::ServerMessage::kFailure:
            fail(from_wire(message.failure()));
            break;
        case v1::ServerMessage::kFinished: {
            {
                std::lock_guard lock(mutex_);
                finished_ = true;
                status_.phase = SessionPhase::finished;
            }
            changed_.notify_all();
            frames_.close();
            break;
        }
        default:
            break;  // a newer engine may say more
    }
}

// ---- writing -------------------------------------------------------------------------------------------

/// What the ring holds, as blocks; false when the stream has ended.
bool RemoteSession::send_sound() {
    std::vector<v1::AudioBlock> blocks;
    ring_.drain(ring_.capacity(), [&](SampleIndex first, std::span<const float> samples) {
        for (std::size_t at = 0; at < samples.size(); at += kBlockSamples)
            blocks.push_back(
                audio_to_wire(first + static_cast<SampleIndex>(at), samples.subspan(at, std::min(kBlockSamples, samples.size() - at))));
    });
    for (v1::AudioBlock& block : blocks) {
        v1::ClientMessage message;
        *message.mutable_audio() = std::move(block);
        if (!stream_->Write(message)) return false;
    }
    return true;
}

void RemoteSession::write_loop() {
    bool end_sent = false;
    for (;;) {
        std::deque<v1::ClientMessage> messages;
        {
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, kWriterTick, [&] { return closing_ || finished_ || failed_ || !outgoing_.empty(); });
            if (closing_ || failed_) return;
            if (finished_) break;
            messages.swap(outgoing_);
        }
        const bool over = sound_over_.load(std::memory_order_acquire);  // before the ring: what was pushed before the end is in it
        if (!send_sound()) return;
        for (const v1::ClientMessage& message : messages)
            if (!stream_->Write(message)) return;
        if (over && !end_sent) {
            v1::ClientMessage end;
            end.mutable_end_of_audio();
            if (!stream_->Write(end)) return;
            end_sent = true;
        }
    }
    stream_->WritesDone();
}

}  // namespace mirrorme

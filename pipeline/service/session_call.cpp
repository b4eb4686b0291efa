#include "service/session_call.h"

#include <chrono>
#include <thread>
#include <utility>

#include "core/error.h"
#include "core/log.h"
#include "service/client/convert.h"
#include "service/handshake.h"

namespace mirrorme {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kHeartbeat = 500ms;
constexpr auto kFrameWait = 10ms;  // how long a reply may wait behind a frame that does not come
constexpr auto kRoomWait = 2ms;    // offline: between two tries to push into a full session

Error what_failed(const StatusSnapshot& status) {
    return Error(status.last_error_code == ErrorCode::none ? ErrorCode::internal : status.last_error_code, "the session",
                 status.last_error.empty() ? "failed" : status.last_error);
}

}  // namespace

void SessionCall::run() {
    try {
        open();
    } catch (const Error& e) {
        return send_failure(e);
    } catch (const std::exception& e) {  // what a model's library throws
        return send_failure(Error(ErrorCode::internal, "opening the session", e.what(), "Please report it"));
    }
    std::thread sender([this] {
        send();
        sender_done_ = true;
    });
    receive();
    {
        std::lock_guard lock(mutex_);
        input_over_ = true;
    }
    changed_.notify_all();
    sender.join();
}

void SessionCall::open() {
    v1::ClientMessage first;
    if (!stream_.Read(&first)) throw Error(ErrorCode::cancelled, "the session", "was given up before it was opened");
    if (!first.has_open())
        throw Error(ErrorCode::mismatch, "the session's first message", "does not open it", "Install plugin and engine of one version");
    if (!same_token(first.open().token(), token_))
        throw Error(ErrorCode::mismatch, "the session", "the token is wrong", "Give the token this engine was started with");
    const SessionConfig config = from_wire(first.open());
    mode_ = config.mode;
    v1::ServerMessage message;
    message.mutable_progress()->set_what("preparing the picture");
    stream_.Write(message);
    session_ = engine_.open_session(config);
    message.Clear();
    message.mutable_opened()->set_session_json(to_json(session_->info()));
    *message.mutable_opened()->mutable_still() = to_wire(session_->reference_still());
    stream_.Write(message);
}

// ---- from the client ---------------------------------------------------------------------------------

void SessionCall::receive() {
    v1::ClientMessage message;
    try {
        while (stream_.Read(&message)) take(message);
    } catch (const Error& e) {
        std::lock_guard lock(mutex_);
        failure_ = e;
    }
}

void SessionCall::take(const v1::ClientMessage& message) {
    switch (message.body_case()) {
        case v1::ClientMessage::kAudio:
            push(message.audio());
            break;
        case v1::ClientMessage::kEndOfAudio: {
            session_->end_of_audio();
            std::lock_guard lock(mutex_);
            sound_over_ = true;
            break;
        }
        case v1::ClientMessage::kSettings:
            session_->update_settings(std::make_shared<const Settings>(from_wire(message.settings())), message.settings().at_sample());
            break;
        case v1::ClientMessage::kCommand:
            answer(message.command());
            break;
        case v1::ClientMessage::kCredit: {
            {
                std::lock_guard lock(mutex_);
                credit_ += message.credit().frames();
            }
            changed_.notify_all();
            break;
        }
        case v1::ClientMessage::kOpen:
            throw Error(ErrorCode::mismatch, "the session", "was opened twice");
        default:
            break;  // a newer client may say more
    }
}

/// Offline the session makes its client wait: nothing is read from the stream until this block has been taken.
void SessionCall::push(const v1::AudioBlock& block) {
    const SampleIndex first = audio_from_wire(block, samples_);
    std::span<const float> rest = samples_;
    for (;;) {
        const PushResult pushed = session_->push_audio(first + static_cast<SampleIndex>(samples_.size() - rest.size()), rest);
        rest = rest.subspan(static_cast<std::size_t>(pushed.accepted));
        if (rest.empty() || mode_ == SessionMode::realtime || stopped()) return;
        std::this_thread::sleep_for(kRoomWait);
    }
}

void SessionCall::answer(const v1::Command& wire) {
    v1::ServerMessage message;
    message.mutable_command_reply()->set_id(wire.id());
    ErrorCode code;
    try {
        code = session_->command(from_wire(wire));
    } catch (const Error& e) {  // a track that is no track is refused; the session goes on
        log_warning(std::string("a command was refused: ") + e.what());
        code = e.code();
    }
    message.mutable_command_reply()->set_error(std::string(name_of(code)));
    {
        std::lock_guard lock(mutex_);
        replies_.push_back(std::move(message));
    }
    changed_.notify_all();
}

// ---- to the client -----------------------------------------------------------------------------------

bool SessionCall::send_replies() {
    std::deque<v1::ServerMessage> replies;
    {
        std::lock_guard lock(mutex_);
        replies.swap(replies_);
    }
    for (const v1::ServerMessage& reply : replies)
        if (!stream_.Write(reply)) return false;
    return true;
}

bool SessionCall::send_status() {
    v1::ServerMessage message;
    *message.mutable_status() = to_wire(session_->status());
    return stream_.Write(message);
}

void SessionCall::send_failure(const Error& error) {
    v1::ServerMessage message;
    *message.mutable_failure() = to_wire(error);
    stream_.Write(message);
}

void SessionCall::send() {
    v1::ServerMessage message;
    for (auto beat = Clock::now(); !context_.IsCancelled();) {
        if (!send_replies()) return;
        if (Clock::now() >= beat) {
            if (!send_status()) return;
            beat = Clock::now() + kHeartbeat;
        }
        {
            std::unique_lock lock(mutex_);
            if (failure_) return send_failure(*failure_);
            if (input_over_ && !sound_over_) return;  // the client has left
            if (credit_ == 0) {
                changed_.wait_for(lock, kFrameWait, [&] { return credit_ > 0 || input_over_ || !replies_.empty(); });
                continue;
            }
        }
        VideoFrame frame;
        switch (session_->poll_frame(frame, kFrameWait)) {
            case PollResult::frame: {
                message.Clear();
                *message.mutable_frame() = to_wire(frame);
                if (!stream_.Write(message)) return;
                std::lock_guard lock(mutex_);
                --credit_;
                break;
            }
            case PollResult::empty:
                break;
            case PollResult::finished:
                send_status();
                message.Clear();
                message.mutable_finished();
                stream_.Write(message);
                return;
            case PollResult::failed:
                send_status();
                return send_failure(what_failed(session_->status()));
        }
    }
}

}  // namespace mirrorme

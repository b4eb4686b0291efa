#pragma once
// A session of an engine in another process. See Note [What crosses, and who waits] in remote_engine.h.

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "audio/ring.h"
#include "engine.grpc.pb.h"
#include "engine/api/engine_api.h"
#include "frames/frame_queue.h"

namespace mirrorme {

class RemoteSession final : public Session {
public:
    /// Opens the session: seconds. Throws Error: what the engine says, not_found when it is gone, cancelled at once when `stop` is asked for.
    RemoteSession(v1::Engine::Stub& stub, const std::string& token, const SessionConfig& config, const std::stop_token& stop);
    ~RemoteSession() override;

    const SessionInfo& info() const noexcept override { return info_; }
    PushResult push_audio(SampleIndex first_sample, std::span<const float> samples) noexcept override;
    void end_of_audio() noexcept override;
    /// Waits for the engine's reply, which does not wait for the model: about a millisecond, at most kReplyTimeout.
    ErrorCode command(const Command& command) override;
    void update_settings(std::shared_ptr<const Settings> settings, SampleIndex at = 0) override;
    PollResult poll_frame(VideoFrame& frame, std::chrono::nanoseconds wait) override;
    StatusSnapshot status() const override;
    VideoFrame reference_still() override { return still_; }

private:
    void open(const std::string& token, const SessionConfig& config, const std::stop_token& stop);
    void read_loop();
    void take(const v1::ServerMessage& message);
    void write_loop();
    bool send_sound();
    void enqueue(v1::ClientMessage message);
    void fail(const Error& error);

    SessionMode mode_;
    SessionInfo info_;
    VideoFrame still_;
    AudioRing ring_;
    FrameQueue frames_;
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<v1::ClientMessage, v1::ServerMessage>> stream_;

    mutable std::mutex mutex_;
    std::condition_variable changed_;  // outgoing_, replies_, closing_
    std::deque<v1::ClientMessage> outgoing_;
    std::map<std::uint64_t, ErrorCode> replies_;  // of commands somebody waits for
    std::uint64_t next_command_ = 1;
    StatusSnapshot status_;
    bool finished_ = false, failed_ = false, closing_ = false;

    std::atomic<bool> sound_over_{false};
    std::thread reader_, writer_;
};

}  // namespace mirrorme

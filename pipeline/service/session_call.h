#pragma once
// One Session call of the service: a client's live source, from open to end.
//
// The thread that gRPC calls reads what the client sends; a second one sends frames (as many as the client granted), status twice
// a second (also the heartbeat) and replies. A client that goes away, on purpose or not, ends both.

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>

#include "engine.grpc.pb.h"
#include "engine/api/engine_api.h"

namespace mirrorme {

class SessionCall {
public:
    using Stream = grpc::ServerReaderWriter<v1::ServerMessage, v1::ClientMessage>;
    SessionCall(Engine& engine, std::string_view token, grpc::ServerContext& context, Stream& stream)
        : engine_(engine), token_(token), context_(context), stream_(stream) {}

    /// Returns when the session is over, whoever ended it.
    void run();

private:
    void open();
    void receive();
    void take(const v1::ClientMessage& message);
    void push(const v1::AudioBlock& block);
    void answer(const v1::Command& command);
    void send();
    bool send_replies();
    bool send_status();
    void send_failure(const Error& error);
    bool stopped() const { return context_.IsCancelled() || sender_done_; }

    Engine& engine_;
    std::string_view token_;
    grpc::ServerContext& context_;
    Stream& stream_;
    std::unique_ptr<Session> session_;
    SessionMode mode_ = SessionMode::offline;
    std::vector<float> samples_;  // scratch

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<v1::ServerMessage> replies_;
    std::optional<Error> failure_;
    std::int64_t credit_ = 0;
    bool input_over_ = false, sound_over_ = false;
    std::atomic<bool> sender_done_{false};
};

}  // namespace mirrorme

#include "service/engine_server.h"

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <filesystem>

#include "core/error.h"
#include "core/log.h"
#include "service/client/address.h"
#include "service/client/convert.h"
#include "service/handshake.h"
#include "service/session_call.h"

namespace mirrorme {
namespace fs = std::filesystem;
namespace {

constexpr int kMostSessions = 256;
constexpr auto kEndWithin = std::chrono::milliseconds(500);  // for sessions to end by themselves

class EngineService final : public v1::Engine::Service {
public:
    EngineService(Engine& engine, const ServeOptions& options) : engine_(engine), options_(options) {}

    grpc::Status Handshake(grpc::ServerContext*, const v1::HandshakeRequest* request, v1::HandshakeReply* reply) override {
        *reply = answer_handshake(*request, engine_.info(), options_.token);
        if (!reply->accepted()) log_warning("a client was refused: " + reply->problem());
        return grpc::Status::OK;
    }

    grpc::Status Session(grpc::ServerContext* context, SessionCall::Stream* stream) override {
        const Counted counted(open_);
        if (counted.number > options_.max_sessions) {
            v1::ServerMessage message;
            *message.mutable_failure() =
                to_wire(Error(ErrorCode::too_large, "the engine", "serves " + std::to_string(options_.max_sessions) + " sessions already",
                              "End another one first"));
            stream->Write(message);
            return grpc::Status::OK;
        }
        SessionCall(engine_, options_.token, *context, *stream).run();
        return grpc::Status::OK;
    }

    int sessions() const noexcept { return open_.load(); }

private:
    struct Counted {
        explicit Counted(std::atomic<int>& count) : count(count), number(++count) {}
        ~Counted() { --count; }
        std::atomic<int>& count;
        int number;
    };
    Engine& engine_;
    ServeOptions options_;
    std::atomic<int> open_{0};
};

}  // namespace

struct EngineServer::Parts {
    Parts(Engine& engine, const ServeOptions& options) : path(socket_path(options.listen)), service(engine, options) {}
    std::string path;
    EngineService service;
    std::unique_ptr<grpc::Server> server;
};

EngineServer::EngineServer(Engine& engine, const ServeOptions& options) {
    if (options.max_sessions < 1 || options.max_sessions > kMostSessions)
        throw Error(ErrorCode::usage, "max_sessions", std::to_string(options.max_sessions) + " is out of range",
                    "Give 1 to " + std::to_string(kMostSessions));
    parts_ = std::make_unique<Parts>(engine, options);
    std::error_code error;
    if (const fs::path folder = fs::path(parts_->path).parent_path(); !fs::is_directory(folder, error))
        throw Error(ErrorCode::not_found, folder.string(), "is no folder", "Make it first, for you alone: mkdir -m 700 " + folder.string());
    if (fs::exists(parts_->path, error) && !fs::is_socket(parts_->path, error))
        throw Error(ErrorCode::usage, parts_->path, "is there and is no socket", "Choose another path");
    grpc::ServerBuilder builder;
    builder.AddListeningPort("unix:" + parts_->path, grpc::InsecureServerCredentials());
    builder.RegisterService(&parts_->service);
    builder.SetMaxReceiveMessageSize(kWireMessageLimit);
    builder.SetMaxSendMessageSize(kWireMessageLimit);
    // Clients ping to find out whether this process hangs; that is no attack.
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    parts_->server = builder.BuildAndStart();
    if (!parts_->server)
        throw Error(ErrorCode::unreadable, parts_->path, "a socket cannot be made there",
                    "Does its folder exist, and may you write to it?");
    fs::permissions(parts_->path, fs::perms::owner_read | fs::perms::owner_write, error);
    if (error) throw Error(ErrorCode::unreadable, parts_->path, "the socket cannot be made private: " + error.message());
}

EngineServer::~EngineServer() {
    parts_->server->Shutdown(std::chrono::system_clock::now() + kEndWithin);
    parts_->server->Wait();
    std::error_code ignored;
    fs::remove(parts_->path, ignored);
}

int EngineServer::sessions() const noexcept { return parts_->service.sessions(); }

}  // namespace mirrorme

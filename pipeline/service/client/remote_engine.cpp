#include "service/client/remote_engine.h"

#include <utility>

#include "core/error.h"
#include "service/client/address.h"
#include "service/client/convert.h"
#include "service/client/remote_session.h"

namespace mirrorme {
namespace {

class RemoteEngine final : public Engine {
public:
    RemoteEngine(std::unique_ptr<v1::Engine::Stub> stub, std::string token, EngineInfo info)
        : stub_(std::move(stub)), token_(std::move(token)), info_(std::move(info)) {}

    const EngineInfo& info() const noexcept override { return info_; }

protected:
    std::unique_ptr<Session> make_session(const SessionConfig& config, std::stop_token stop) override {
        return std::make_unique<RemoteSession>(*stub_, token_, config, stop);
    }

private:
    std::unique_ptr<v1::Engine::Stub> stub_;
    std::string token_;
    EngineInfo info_;
};

std::shared_ptr<grpc::Channel> channel_to(const RemoteEngineOptions& options) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(kWireMessageLimit);
    arguments.SetMaxSendMessageSize(kWireMessageLimit);
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(options.ping_interval.count()));
    arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(options.ping_timeout.count()));
    arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
    arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
    // A socket that is not there yet is looked for again at once: an engine is on its way, and nobody else is asked.
    for (const char* pause : {GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, GRPC_ARG_MAX_RECONNECT_BACKOFF_MS})
        arguments.SetInt(pause, 100);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // a new engine at the old path is a new connection
    return grpc::CreateCustomChannel("unix:" + socket_path(options.address), grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

std::unique_ptr<Engine> connect_engine(const RemoteEngineOptions& options) {
    const auto deadline = std::chrono::system_clock::now() + options.connect_timeout;
    const std::shared_ptr<grpc::Channel> channel = channel_to(options);
    auto stub = v1::Engine::NewStub(channel);
    v1::HandshakeRequest request;
    request.set_protocol_version(kProtocolVersion);
    request.set_token(options.token);
    request.set_client(options.client);
    v1::HandshakeReply reply;
    grpc::ClientContext context;
    context.set_deadline(deadline);
    context.set_wait_for_ready(true);  // the engine may just be starting
    if (const grpc::Status status = stub->Handshake(&context, request, &reply); !status.ok())
        throw Error(ErrorCode::not_found, options.address, "no engine answers there (" + status.error_message() + ")",
                    "Start one with: mirrorme serve --listen " + options.address);
    if (!reply.accepted()) throw Error(ErrorCode::mismatch, options.address, reply.problem(), reply.remedy());
    return std::make_unique<RemoteEngine>(std::move(stub), options.token, engine_info_from_json(reply.engine_json()));
}

}  // namespace mirrorme

#include "service/handshake.h"

#include <cstddef>

#include "service/client/convert.h"

namespace mirrorme {

bool same_token(std::string_view given, std::string_view expected) noexcept {
    unsigned difference = given.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < expected.size(); ++i)
        difference |= static_cast<unsigned char>(expected[i]) ^ static_cast<unsigned char>(i < given.size() ? given[i] : 0);
    return difference == 0;
}

v1::HandshakeReply answer_handshake(const v1::HandshakeRequest& request, const EngineInfo& engine, std::string_view token) {
    v1::HandshakeReply reply;
    reply.set_protocol_version(kProtocolVersion);
    if (!same_token(request.token(), token)) {  // first: a stranger learns nothing, not even the version's verdict
        reply.set_problem("the token is wrong");
        reply.set_remedy("Give the token this engine was started with");
    } else if (request.protocol_version() != kProtocolVersion) {
        reply.set_problem("the engine speaks protocol " + std::to_string(kProtocolVersion) + ", the client " + std::to_string(request.protocol_version()));
        reply.set_remedy("Install plugin and engine of one version");
    } else {
        reply.set_accepted(true);
        reply.set_engine_json(to_json(engine));
    }
    return reply;
}

}  // namespace mirrorme

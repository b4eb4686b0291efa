#pragma once
// Whom an engine serves.

#include <string>
#include <string_view>

#include "engine.pb.h"
#include "engine/api/engine_api.h"

namespace mirrorme {

/// The reply to a handshake: accepted with the engine's description, or refused with problem and remedy. An empty `token` asks for none.
v1::HandshakeReply answer_handshake(const v1::HandshakeRequest& request, const EngineInfo& engine, std::string_view token);

/// Equal, in a time that does not tell how much of it was right.
bool same_token(std::string_view given, std::string_view expected) noexcept;

}  // namespace mirrorme

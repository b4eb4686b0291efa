#pragma once
// Where an engine listens. This version speaks over Unix sockets only: what cannot be reached cannot be attacked.

#include <string>

namespace mirrorme {

/// The path in "unix:PATH". Throws Error usage: another scheme, an empty or relative path, or one that is too long for a socket.
std::string socket_path(const std::string& address);

}  // namespace mirrorme

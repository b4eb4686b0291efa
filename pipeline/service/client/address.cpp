#include "service/client/address.h"

#include <string_view>

#include "core/error.h"

namespace mirrorme {
namespace {

constexpr std::string_view kScheme = "unix:";
constexpr std::size_t kLongestPath = 107;  // bytes of sockaddr_un::sun_path without its end

}  // namespace

std::string socket_path(const std::string& address) {
    const auto refuse = [&](const std::string& problem, const std::string& remedy) {
        throw Error(ErrorCode::usage, "address '" + address + "'", problem, remedy);
    };
    if (!address.starts_with(kScheme))
        refuse("is not a Unix socket", "Write unix:/absolute/path; other machines are not served in this version");
    std::string path = address.substr(kScheme.size());
    if (path.empty() || path.front() != '/') refuse("has no absolute path", "Write unix:/absolute/path");
    if (path.size() > kLongestPath)
        refuse("is too long for a socket", "Choose a path of at most " + std::to_string(kLongestPath) + " bytes");
    return path;
}

}  // namespace mirrorme

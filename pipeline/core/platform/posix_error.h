#pragma once
// What errno means to the user.

#include <cstring>
#include <cerrno>
#include <filesystem>
#include <string>

#include "core/error.h"

namespace mirrorme::platform {

/// The Error for a failed call on `path`; `action` completes "cannot ...".
inline Error error_of(int code, const std::filesystem::path& path, const std::string& action) {
    const std::string problem = "cannot " + action + ": " + std::strerror(code);
    switch (code) {
        case ENOSPC:
        case EDQUOT: return {ErrorCode::no_space, path.string(), problem, "Free some space or choose another disk."};
        case ENOENT:
        case ENOTDIR: return {ErrorCode::not_found, path.string(), problem, "Check the path."};
        case EACCES:
        case EPERM:
        case EROFS: return {ErrorCode::unreadable, path.string(), problem, "Choose a place you may use, or change its permissions."};
        case EFBIG: return {ErrorCode::too_large, path.string(), problem, "Choose a file system without this limit."};
        default: return {ErrorCode::unreadable, path.string(), problem};
    }
}

}  // namespace mirrorme::platform

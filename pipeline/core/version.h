#pragma once

#include <string_view>

namespace mirrorme {

/// "0.1.0": the project's version.
std::string_view version() noexcept;

}  // namespace mirrorme

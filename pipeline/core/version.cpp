#include "core/version.h"

namespace mirrorme {

std::string_view version() noexcept { return MIRRORME_VERSION; }

}  // namespace mirrorme

#include "core/platform/shared_library.h"

#include <dlfcn.h>

namespace mirrorme::platform {

std::string load_shared_library(const std::string& name) {
    if (::dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL)) return {};
    const char* message = ::dlerror();
    return message ? message : "unknown reason";
}

}  // namespace mirrorme::platform

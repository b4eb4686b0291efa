#include "core/platform/shared_library.h"

#include <dlfcn.h>

namespace mirrorme::platform {

std::string load_shared_library(const std::string& name) {
    if (::dlopen(name.c_str(), RTLD_NOW | RTLD_GLOBAL)) return {};
    const char* message = ::dlerror();
    return message ? message : "unknown reason";
}

void* find_function(const std::string& path, const std::string& symbol, std::string& failure) {
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* function = library ? ::dlsym(library, symbol.c_str()) : nullptr;
    if (!function) {
        const char* message = ::dlerror();
        failure = message ? message : "unknown reason";
    }
    return function;
}

}  // namespace mirrorme::platform

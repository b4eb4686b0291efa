#pragma once
// Shared libraries loaded while the program runs, because an installation may lack them.

#include <string>

namespace mirrorme::platform {

/// Loads `name` for the rest of the process, with its symbols visible to what is loaded later. The program's own library path is
/// searched. Empty when all went well, else what the system said.
std::string load_shared_library(const std::string& name);

/// The function `symbol` of the library file `path`, which is loaded for the rest of the process, its symbols not visible to others. Null when either
/// cannot be had; `failure` is then what the system said.
void* find_function(const std::string& path, const std::string& symbol, std::string& failure);

}  // namespace mirrorme::platform

#pragma once
// Shared libraries loaded while the program runs, because an installation may lack them.

#include <string>

namespace mirrorme::platform {

/// Loads `name` for the rest of the process, with its symbols visible to what is loaded later. The program's own library path is
/// searched. Empty when all went well, else what the system said.
std::string load_shared_library(const std::string& name);

}  // namespace mirrorme::platform

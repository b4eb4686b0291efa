#pragma once
// What the programs say to a person on stderr: "mirrorme: warning: ...". Results go to stdout, never here.
// Thread-safe. Not for the audio or graphics threads: it may allocate and wait for the terminal.

#include <string_view>

namespace mirrorme {

enum class LogLevel { debug, info, warning, error, off };

/// Messages below `level` are dropped. Starts at info, or at what the variable MIRRORME_LOG names (debug, info, warning, error, off).
void set_log_level(LogLevel level);
LogLevel log_level();

void log(LogLevel level, std::string_view message);
inline void log_debug(std::string_view message) { log(LogLevel::debug, message); }
inline void log_info(std::string_view message) { log(LogLevel::info, message); }
inline void log_warning(std::string_view message) { log(LogLevel::warning, message); }
inline void log_error(std::string_view message) { log(LogLevel::error, message); }

}  // namespace mirrorme

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

/// From now on messages go to `receiver` instead of stderr, without a prefix (a host program has a log of its own); null = stderr again.
/// It is called from any thread, must not throw, and must stay callable until it is taken back.
using LogReceiver = void (*)(LogLevel level, std::string_view message);
void set_log_receiver(LogReceiver receiver) noexcept;

inline void log_debug(std::string_view message) { log(LogLevel::debug, message); }
inline void log_info(std::string_view message) { log(LogLevel::info, message); }
inline void log_warning(std::string_view message) { log(LogLevel::warning, message); }
inline void log_error(std::string_view message) { log(LogLevel::error, message); }

}  // namespace mirrorme

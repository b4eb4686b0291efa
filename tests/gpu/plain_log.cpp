// core/log.h for a machine without spdlog: stderr, everything from warnings up.

#include <atomic>
#include <cstdio>

#include "core/log.h"

namespace mirrorme {
namespace {
std::atomic<LogLevel> lowest{LogLevel::warning};
std::atomic<LogReceiver> receiver_now{nullptr};
}  // namespace

void set_log_level(LogLevel level) { lowest = level; }
LogLevel log_level() { return lowest; }
void set_log_receiver(LogReceiver receiver) noexcept { receiver_now = receiver; }

void log(LogLevel level, std::string_view message) {
    if (level < lowest) return;
    if (const LogReceiver receiver = receiver_now) receiver(level, message);
    else std::fprintf(stderr, "mirrorme: %.*s\n", static_cast<int>(message.size()), message.data());
}

}  // namespace mirrorme

#include "core/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

#include "core/platform/terminal.h"

namespace mirrorme {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::debug: return spdlog::level::debug;
        case LogLevel::info: return spdlog::level::info;
        case LogLevel::warning: return spdlog::level::warn;
        case LogLevel::error: return spdlog::level::err;
        case LogLevel::off: return spdlog::level::off;
    }
    return spdlog::level::info;
}

LogLevel level_from_environment() {
    constexpr std::array<std::pair<std::string_view, LogLevel>, 5> kNames = {{{"debug", LogLevel::debug},
                                                                              {"info", LogLevel::info},
                                                                              {"warning", LogLevel::warning},
                                                                              {"error", LogLevel::error},
                                                                              {"off", LogLevel::off}}};
    const char* wanted = std::getenv("MIRRORME_LOG");
    for (const auto& [name, level] : kNames)
        if (wanted && name == wanted) return level;
    return LogLevel::info;
}

/// A progress bar may stand on the current line of a terminal: it is wiped first and redrawn at its next step.
spdlog::logger& logger() {
    static const std::shared_ptr<spdlog::logger> made = [] {
        auto fresh = std::make_shared<spdlog::logger>("mirrorme", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        fresh->set_pattern(platform::stderr_is_terminal() ? "\r\x1b[Kmirrorme: %v" : "mirrorme: %v");
        fresh->set_level(to_spdlog(level_from_environment()));
        fresh->flush_on(spdlog::level::debug);
        return fresh;
    }();
    return *made;
}

std::string_view prefix_of(LogLevel level) {
    if (level == LogLevel::debug) return "debug: ";
    return level == LogLevel::warning ? "warning: " : "";
}

std::atomic<LogReceiver>& receiver() noexcept {
    static std::atomic<LogReceiver> one{nullptr};
    return one;
}

}  // namespace

void set_log_receiver(LogReceiver to) noexcept { receiver().store(to, std::memory_order_release); }

void set_log_level(LogLevel level) { logger().set_level(to_spdlog(level)); }

LogLevel log_level() {
    for (const LogLevel level : {LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
        if (to_spdlog(level) == logger().level()) return level;
    return LogLevel::off;
}

void log(LogLevel level, std::string_view message) {
    if (const LogReceiver to = receiver().load(std::memory_order_acquire)) {
        if (level != LogLevel::off && to_spdlog(level) >= logger().level()) to(level, message);
        return;
    }
    if (level != LogLevel::off) logger().log(to_spdlog(level), "{}{}", prefix_of(level), message);
}

}  // namespace mirrorme

#include "core/platform/process.h"

#include <malloc.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace mirrorme::platform {

std::filesystem::path executable_path() {
    std::error_code failed;
    return std::filesystem::read_symlink("/proc/self/exe", failed);
}

std::int64_t process_id() noexcept { return ::getpid(); }

std::uint64_t resident_memory_bytes() noexcept {
    std::ifstream in("/proc/self/statm");
    std::uint64_t all_pages = 0, resident_pages = 0;
    in >> all_pages >> resident_pages;
    return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t peak_memory_bytes() noexcept {
    rusage usage{};
    return ::getrusage(RUSAGE_SELF, &usage) == 0 ? static_cast<std::uint64_t>(usage.ru_maxrss) * 1024 : 0;
}

MachineMemory machine_memory() noexcept {
    MachineMemory memory;
    std::ifstream in("/proc/meminfo");
    std::string key, unit;
    std::uint64_t kib = 0;
    while (in >> key >> kib) {
        std::getline(in, unit);
        if (key == "MemTotal:") memory.total = kib * 1024;
        if (key == "MemAvailable:") memory.available = kib * 1024;
    }
    return memory;
}

double process_cpu_seconds() noexcept {
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
    const auto seconds = [](const timeval& t) { return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec); };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double seconds_since_start() noexcept {
    // Field 22 of the line, counted after the program's name, which may hold spaces and brackets.
    constexpr int kStartTimeField = 22, kFieldsBeforeName = 2;
    std::ifstream stat("/proc/self/stat"), uptime("/proc/uptime");
    std::string line;
    std::getline(stat, line);
    const std::size_t name_end = line.rfind(')');
    double up = 0;
    if (name_end == std::string::npos || !(uptime >> up)) return 0;
    std::istringstream fields(line.substr(name_end + 1));
    std::string field;
    for (int i = kFieldsBeforeName; i < kStartTimeField; ++i) fields >> field;
    const double ticks = std::strtod(field.c_str(), nullptr);
    return ticks > 0 ? up - ticks / static_cast<double>(::sysconf(_SC_CLK_TCK)) : 0;
}

std::string take_environment(const char* name) {
    const char* found = std::getenv(name);
    std::string value = found ? found : "";
    ::unsetenv(name);
    return value;
}

void keep_freed_memory() noexcept {
    constexpr int kTrimAbove = 1 << 30;  // bytes free at the top of the heap
    ::mallopt(M_MMAP_MAX, 0);
    ::mallopt(M_TRIM_THRESHOLD, kTrimAbove);
    ::mallopt(M_ARENA_MAX, 1);  // arenas of other threads give their memory back whatever the threshold says
}

}  // namespace mirrorme::platform

#pragma once
// A program this process starts, watches and ends.

#include <chrono>
#include <filesystem>
#include <map>
#include <cstdint>
#include <string>
#include <vector>

namespace mirrorme::platform {

struct ChildOptions {
    std::filesystem::path program;                   // a path; PATH is not searched
    std::vector<std::string> arguments;              // without the program's name
    std::map<std::string, std::string> environment;  // added to this process's
    std::filesystem::path log;                       // standard error goes there (appended); empty = where this process's goes
};

/// One thread at a time, except id(). Its standard input is a pipe that ends with this object (and with this process, however
/// it ends); its standard output is discarded; no other descriptor is handed down.
class ChildProcess {
public:
    /// Throws Error: not_found (no such program), unreadable (not executable, log not writable), no_space (no more processes).
    explicit ChildProcess(const ChildOptions& options);
    /// Ends its input, gives it a moment, kills it.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    std::int64_t id() const noexcept { return id_; }
    /// Whether it still runs; waits for its end at most `wait`.
    bool running(std::chrono::milliseconds wait = std::chrono::milliseconds(0));
    /// "exit code 3", "signal 9 (Killed)"; empty while it runs.
    const std::string& end() const noexcept { return end_; }
    /// Asks it to end by ending its input; kills it when it still runs after `patience`.
    void stop(std::chrono::milliseconds patience);
    void kill() noexcept;

private:
    void close_input() noexcept;

    std::int64_t id_ = -1;
    int input_ = -1;
    std::string end_;
};

/// A new folder that only this user can enter, in the user's runtime folder, else in the system's temporary one; short enough for a socket
/// in it. Throws Error.
std::filesystem::path make_private_folder(const std::string& prefix);

/// `bytes` bytes from the system's random generator, as hexadecimal digits. Throws Error unsupported.
std::string random_token(std::size_t bytes);

}  // namespace mirrorme::platform

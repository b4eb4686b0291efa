#pragma once
// Runs the real program and looks at what it leaves.

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <fcntl.h>
#include <map>
#include <string>
#include <vector>

#include "support/temp_folder.h"

namespace mirrorme::testing {

struct Outcome {
    int code = -1;      // exit code; 128 + n when signal n ended it
    std::string out, err;
};

/// What the program runs under besides its arguments.
struct Surroundings {
    std::map<std::string, std::string> environment;
    rlim_t file_bytes = RLIM_INFINITY;  // the largest file it may write
};

/// A running program whose standard input the test writes.
class Process {
public:
    explicit Process(const std::vector<std::string>& arguments, const Surroundings& around = {}) {
        int in[2];
        REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
        out_ = (folder_ / "out").string(), err_ = (folder_ / "err").string();
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::dup2(in[0], STDIN_FILENO);
            ::dup2(::open(out_.c_str(), O_WRONLY | O_CREAT, 0600), STDOUT_FILENO);
            ::dup2(::open(err_.c_str(), O_WRONLY | O_CREAT, 0600), STDERR_FILENO);
            const rlimit files{around.file_bytes, around.file_bytes};
            if (around.file_bytes != RLIM_INFINITY) ::setrlimit(RLIMIT_FSIZE, &files);
            for (const auto& [name, value] : around.environment) ::setenv(name.c_str(), value.c_str(), 1);
            std::vector<char*> argv = {const_cast<char*>("mirrorme")};
            for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
            argv.push_back(nullptr);
            ::execv(MIRRORME_BINARY, argv.data());
            ::_exit(127);
        }
        ::close(in[0]);
        input_ = in[1];
    }
    ~Process() {
        close_input();
        if (pid_ > 0) ::kill(pid_, SIGKILL), ::waitpid(pid_, nullptr, 0);
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    /// False when the program has closed its end.
    bool write(const std::string& bytes) {
        std::signal(SIGPIPE, SIG_IGN);
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t count = ::write(input_, bytes.data() + at, bytes.size() - at);
            if (count <= 0) return false;
            at += static_cast<std::size_t>(count);
        }
        return true;
    }
    void close_input() {
        if (input_ >= 0) ::close(input_);
        input_ = -1;
    }
    void signal(int number) { ::kill(pid_, number); }
    pid_t id() const { return pid_; }

    Outcome wait() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), get(out_), get(err_)};
    }

private:
    TempFolder folder_;
    std::string out_, err_;
    pid_t pid_ = -1;
    int input_ = -1;
};

inline Outcome run(const std::vector<std::string>& arguments, const Surroundings& around = {}) {
    Process process(arguments, around);
    process.close_input();
    return process.wait();
}

/// Lines of `text` without the last line break.
inline std::size_t line_count(const std::string& text) {
    std::size_t lines = 0;
    for (const char c : text) lines += c == '\n';
    return lines;
}

}  // namespace mirrorme::testing

#include "obs/host/hang_watch.h"

#include <execinfo.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace mirrorme::testing {
namespace {

std::atomic<bool> shown{false};

void show_stack(int) {
    std::array<void*, 48> frames;
    ::backtrace_symbols_fd(frames.data(), ::backtrace(frames.data(), static_cast<int>(frames.size())), STDERR_FILENO);
    shown = true;
}

/// One thread after another, so that their lines do not mix.
void show_every_stack() {
    std::array<void*, 1> warm;
    ::backtrace(warm.data(), 1);  // loads what it needs outside the signal
    struct sigaction action{}, before{};
    action.sa_handler = show_stack;
    ::sigaction(SIGUSR2, &action, &before);
    std::error_code ignored;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", ignored)) {
        const std::string id = task.path().filename();
        std::string name;
        std::getline(std::ifstream(task.path() / "comm"), name);
        std::fprintf(stderr, "-- thread %s %s\n", id.c_str(), name.c_str());
        shown = false;
        if (::syscall(SYS_tgkill, ::getpid(), std::atoi(id.c_str()), SIGUSR2) != 0) continue;
        for (int wait = 0; wait < 200 && !shown; ++wait) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ::sigaction(SIGUSR2, &before, nullptr);
}

}  // namespace

HangWatch::HangWatch(std::chrono::seconds limit)
    : thread_([this, limit] {
          std::unique_lock lock(mutex_);
          if (changed_.wait_for(lock, limit, [this] { return over_; })) return;
          std::fprintf(stderr, "nothing has ended this for %lld s; where each thread is:\n", static_cast<long long>(limit.count()));
          show_every_stack();
          std::abort();
      }) {}

HangWatch::~HangWatch() {
    {
        const std::lock_guard lock(mutex_);
        over_ = true;
    }
    changed_.notify_all();
    thread_.join();
}

}  // namespace mirrorme::testing

#include "core/platform/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>

namespace mirrorme::platform {
namespace {

std::atomic<bool> interrupted{false};
static_assert(std::atomic<bool>::is_always_lock_free, "signal handlers may only touch lock-free atomics");

void on_interrupt(int) { interrupted.store(true); }

void handle(int signal, void (*handler)(int), int flags) {
    struct sigaction action {};
    action.sa_handler = handler;
    action.sa_flags = flags;
    sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
}

}  // namespace

bool stderr_is_terminal() noexcept { return ::isatty(STDERR_FILENO) == 1; }
bool stdin_is_terminal() noexcept { return ::isatty(STDIN_FILENO) == 1; }

int terminal_columns() noexcept {
    winsize size{};
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

InterruptGuard::InterruptGuard() {
    interrupted = false;
    // Without SA_RESTART a read from a pipe returns; with SA_RESETHAND the second signal does what it always did.
    handle(SIGINT, on_interrupt, static_cast<int>(SA_RESETHAND));
    handle(SIGTERM, on_interrupt, static_cast<int>(SA_RESETHAND));
    handle(SIGPIPE, SIG_IGN, 0);
    handle(SIGXFSZ, SIG_IGN, 0);
}

InterruptGuard::~InterruptGuard() {
    handle(SIGINT, SIG_DFL, 0);
    handle(SIGTERM, SIG_DFL, 0);
    handle(SIGPIPE, SIG_DFL, 0);
    handle(SIGXFSZ, SIG_DFL, 0);
}

const std::atomic<bool>& InterruptGuard::requested() noexcept { return interrupted; }

}  // namespace mirrorme::platform

#pragma once
// The terminal, if there is one, and the person at it who may press Ctrl-C.

#include <atomic>

namespace mirrorme::platform {

bool stderr_is_terminal() noexcept;
bool stdin_is_terminal() noexcept;

/// Columns of the terminal at stderr; 80 when it does not say.
int terminal_columns() noexcept;

/// While one is alive, the first SIGINT or SIGTERM raises the flag instead of ending the process, and a blocking read returns.
/// A second one ends the process at once. Writing to a closed pipe, or beyond the size a file may have, becomes an error instead of a
/// signal. One at a time.
class InterruptGuard {
public:
    InterruptGuard();
    ~InterruptGuard();
    InterruptGuard(const InterruptGuard&) = delete;
    InterruptGuard& operator=(const InterruptGuard&) = delete;

    /// Lives as long as the process.
    static const std::atomic<bool>& requested() noexcept;
};

}  // namespace mirrorme::platform

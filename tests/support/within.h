#pragma once
// Waiting for what other threads and processes do.

#include <chrono>
#include <functional>
#include <thread>

#include "support/sanitized.h"

namespace mirrorme::testing {

/// Whether `holds` becomes true before `limit` is over; asked every few milliseconds, and once more at the end.
inline bool within(std::chrono::milliseconds limit, const std::function<bool()>& holds) {
    for (const auto end = std::chrono::steady_clock::now() + kPatience * limit; std::chrono::steady_clock::now() < end;
         std::this_thread::sleep_for(kPatience * std::chrono::milliseconds(5)))
        if (holds()) return true;
    return holds();
}

}  // namespace mirrorme::testing

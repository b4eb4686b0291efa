#pragma once
// Where "now" comes from. Schedules ask a Clock, so that tests and file rendering run on a virtual one.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace mirrorme {

/// Monotonic nanoseconds with an arbitrary origin. Thread-safe.
class Clock {
public:
    virtual ~Clock() = default;
    virtual std::int64_t now_ns() const noexcept = 0;
};

class SteadyClock final : public Clock {
public:
    std::int64_t now_ns() const noexcept override {
        return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
    }
};

/// Stands still until told otherwise: file rendering never moves it, tests step it.
class VirtualClock final : public Clock {
public:
    std::int64_t now_ns() const noexcept override { return now_.load(std::memory_order_acquire); }
    void advance_ns(std::int64_t ns) noexcept { now_.fetch_add(ns, std::memory_order_acq_rel); }

private:
    std::atomic<std::int64_t> now_{0};
};

}  // namespace mirrorme

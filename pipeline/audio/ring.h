#pragma once
// The hand-over from the thread that hears to the thread that thinks.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/time.h"

namespace mirrorme {

/// A lock-free ring of audio blocks, each with the absolute index of its first sample.
///
/// Producer: one thread, calls push() or offer(). Consumer: one thread, calls drain() and clear().
/// Full: push() drops what does not fit (the newest) and counts it; offer() takes what fits and counts nothing.
/// Empty: drain() returns 0 at once. Reset: clear() forgets what has been pushed, from the consumer's thread, while the
/// producer may go on. Neither side ever locks, allocates or waits.
class AudioRing {
public:
    /// Holds up to `samples` samples in up to `blocks` blocks; both are rounded up to powers of two.
    AudioRing(std::size_t samples, std::size_t blocks);
    AudioRing(const AudioRing&) = delete;
    AudioRing& operator=(const AudioRing&) = delete;

    /// Producer. Takes a prefix of `samples` and returns its length; the rest is lost.
    std::size_t push(SampleIndex first_sample, std::span<const float> samples) noexcept;
    /// Producer. As push(), for a caller that keeps the rest and comes again.
    std::size_t offer(SampleIndex first_sample, std::span<const float> samples) noexcept;

    /// Consumer. Calls take(first_sample, span<const float>) for every piece in order (a block that wraps comes in two) while
    /// `room` samples are not used up; returns the samples taken. `take` must not throw.
    template <class Take>
    std::size_t drain(std::size_t room, Take&& take);
    /// Consumer. drain() of the oldest block alone.
    template <class Take>
    std::size_t drain_front(std::size_t room, Take&& take);
    /// Consumer. Index of the oldest sample; none when empty.
    std::optional<SampleIndex> front() const noexcept;
    /// Consumer.
    void clear() noexcept;

    /// Any thread. Samples lost by push() since construction.
    std::int64_t dropped() const noexcept { return dropped_.load(std::memory_order_relaxed); }
    /// Any thread; exact for either side about its own past, a lower bound of what it will find.
    std::size_t size() const noexcept;
    std::size_t capacity() const noexcept { return samples_.size(); }

private:
    struct Block {
        SampleIndex first_sample = 0;
        std::size_t count = 0;
    };

    std::vector<float> samples_;
    std::vector<Block> blocks_;
    // Counts since construction; the producer owns the first pair, the consumer the second. 64 bits never wrap here.
    alignas(64) std::atomic<std::size_t> samples_written_{0};
    std::atomic<std::size_t> blocks_written_{0};
    alignas(64) std::atomic<std::size_t> samples_read_{0};
    std::atomic<std::size_t> blocks_read_{0};
    std::size_t taken_of_block_ = 0;  // consumer: samples already taken of the oldest block
    alignas(64) std::atomic<std::int64_t> dropped_{0};
};

template <class Take>
std::size_t AudioRing::drain_front(std::size_t room, Take&& take) {
    const std::size_t block = blocks_read_.load(std::memory_order_relaxed);
    if (block == blocks_written_.load(std::memory_order_acquire)) return 0;  // acquire: publishes the samples too
    const Block& head = blocks_[block & (blocks_.size() - 1)];
    std::size_t read = samples_read_.load(std::memory_order_relaxed), total = 0;
    while (taken_of_block_ < head.count && total < room) {
        const std::size_t at = read & (samples_.size() - 1);
        const std::size_t count = std::min({head.count - taken_of_block_, samples_.size() - at, room - total});
        take(head.first_sample + static_cast<SampleIndex>(taken_of_block_), std::span<const float>(samples_.data() + at, count));
        read += count;
        total += count;
        taken_of_block_ += count;
    }
    samples_read_.store(read, std::memory_order_release);
    if (taken_of_block_ == head.count) {
        taken_of_block_ = 0;
        blocks_read_.store(block + 1, std::memory_order_release);
    }
    return total;
}

template <class Take>
std::size_t AudioRing::drain(std::size_t room, Take&& take) {
    std::size_t total = 0;
    while (total < room) {
        const std::size_t taken = drain_front(room - total, take);
        if (taken == 0) break;
        total += taken;
    }
    return total;
}

}  // namespace mirrorme

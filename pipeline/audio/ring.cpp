#include "audio/ring.h"

#include <algorithm>
#include <bit>

namespace mirrorme {

AudioRing::AudioRing(std::size_t samples, std::size_t blocks)
    : samples_(std::bit_ceil(std::max<std::size_t>(samples, 2))), blocks_(std::bit_ceil(std::max<std::size_t>(blocks, 2))) {}

std::size_t AudioRing::offer(SampleIndex first_sample, std::span<const float> samples) noexcept {
    const std::size_t written = samples_written_.load(std::memory_order_relaxed);
    const std::size_t block = blocks_written_.load(std::memory_order_relaxed);
    const std::size_t free = samples_.size() - (written - samples_read_.load(std::memory_order_acquire));
    const std::size_t count = std::min(free, samples.size());
    if (count == 0 || block - blocks_read_.load(std::memory_order_acquire) == blocks_.size()) return 0;

    const std::size_t at = written & (samples_.size() - 1);
    const std::size_t before_end = std::min(count, samples_.size() - at);
    std::copy_n(samples.data(), before_end, samples_.data() + at);
    std::copy_n(samples.data() + before_end, count - before_end, samples_.data());
    blocks_[block & (blocks_.size() - 1)] = {first_sample, count};
    samples_written_.store(written + count, std::memory_order_relaxed);
    blocks_written_.store(block + 1, std::memory_order_release);
    return count;
}

std::size_t AudioRing::push(SampleIndex first_sample, std::span<const float> samples) noexcept {
    const std::size_t taken = offer(first_sample, samples);
    if (taken != samples.size()) dropped_.fetch_add(static_cast<std::int64_t>(samples.size() - taken), std::memory_order_relaxed);
    return taken;
}

std::optional<SampleIndex> AudioRing::front() const noexcept {
    const std::size_t block = blocks_read_.load(std::memory_order_relaxed);
    if (block == blocks_written_.load(std::memory_order_acquire)) return std::nullopt;
    return blocks_[block & (blocks_.size() - 1)].first_sample + static_cast<SampleIndex>(taken_of_block_);
}

void AudioRing::clear() noexcept {
    drain(static_cast<std::size_t>(-1), [](SampleIndex, std::span<const float>) {});
}

std::size_t AudioRing::size() const noexcept {
    const std::size_t read = samples_read_.load(std::memory_order_acquire);
    const std::size_t written = samples_written_.load(std::memory_order_acquire);
    return written > read ? written - read : 0;
}

}  // namespace mirrorme

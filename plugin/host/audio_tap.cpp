#include "plugin/host/audio_tap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace mirrorme {
namespace {

constexpr std::int64_t kRingSeconds = 4;
constexpr std::size_t kRingBlocks = 2048;
constexpr std::int64_t kPiece = 512;  // samples mixed at a time, on the stack

std::size_t ring_samples(Rational rate) { return static_cast<std::size_t>(ticks_in(kRingSeconds * kNanosecondsPerSecond, rate)); }

/// The first tick at or after `ns`: nanoseconds_of() of a tick rounds down, so that this is the tick again.
SampleIndex tick_of(std::int64_t ns, Rational rate) noexcept { return rescale_ceil(ns, Rational{kNanosecondsPerSecond, 1}, rate); }

}  // namespace

AudioTap::AudioTap(Rational rate) : rate_(rate), mono_(ring_samples(rate), kRingBlocks) {}

void AudioTap::keep_channels(bool wanted) {
    if (wanted && channels_.empty()) {
        for (std::size_t c = 0; c < kChannels; ++c) channels_.push_back(std::make_unique<AudioRing>(ring_samples(rate_), kRingBlocks));
        rings_ready_.store(true, std::memory_order_release);
    }
    channels_wanted_.store(wanted, std::memory_order_release);
}

std::int64_t AudioTap::host_stamp(const HostBlock& block) noexcept {
    const auto far = [&](std::int64_t stamp) { return std::llabs(stamp - block.now_ns) > kForeignNs; };
    if (!has_offset_ || far(block.stamp_ns + offset_ns_)) {
        offset_ns_ = far(block.stamp_ns) ? block.now_ns - block.stamp_ns : 0;
        has_offset_ = true;
    }
    return block.stamp_ns + offset_ns_;
}

void AudioTap::push(const HostBlock& block) noexcept {
    if (block.frames <= 0) return;
    const std::size_t channels = std::min(block.planes.size(), kChannels);
    const SampleIndex first = tick_of(host_stamp(block), rate_);
    const bool keep = rings_ready_.load(std::memory_order_acquire) && channels_wanted_.load(std::memory_order_acquire);
    std::size_t present = 0;
    for (std::size_t c = 0; c < channels; ++c) present += block.planes[c] != nullptr;
    const float weight = present > 0 ? 1.0f / static_cast<float>(present) : 0.0f;

    std::array<float, kPiece> piece;
    float peak = 0;
    for (std::int64_t at = 0; at < block.frames; at += kPiece) {
        const auto count = static_cast<std::size_t>(std::min(kPiece, block.frames - at));
        std::fill_n(piece.begin(), count, 0.0f);
        for (std::size_t c = 0; c < channels; ++c) {
            if (!block.planes[c]) continue;
            const float* in = block.planes[c] + at;
            for (std::size_t i = 0; i < count; ++i) piece[i] += in[i];
        }
        for (std::size_t i = 0; i < count; ++i) {
            // A source that sends no numbers is heard as silence; the engine would refuse them.
            piece[i] = std::isfinite(piece[i]) ? std::clamp(piece[i] * weight, -1.0f, 1.0f) : 0.0f;
            peak = std::max(peak, std::abs(piece[i]));
        }
        if (block.muted) std::fill_n(piece.begin(), count, 0.0f);
        mono_.push(first + at, {piece.data(), count});
        for (std::size_t c = 0; keep && c < channels; ++c)
            if (block.planes[c]) channels_[c]->push(first + at, block.muted ? std::span<const float>(piece.data(), count) : std::span(block.planes[c] + at, count));
    }
    last_block_ns_.store(block.now_ns, std::memory_order_relaxed);
    muted_.store(block.muted, std::memory_order_relaxed);
    channel_count_.store(present, std::memory_order_relaxed);
    float before = peak_.load(std::memory_order_relaxed);
    while (peak > before && !peak_.compare_exchange_weak(before, peak, std::memory_order_relaxed)) {
    }
}

}  // namespace mirrorme

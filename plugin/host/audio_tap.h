#pragma once
// The hand-over from a host's audio thread: any channels, any clock, no lock, no allocation.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "audio/ring.h"
#include "core/time.h"

namespace mirrorme {

/// One block as the host gives it. Stamps are nanoseconds on the host's clock, or on a clock of the source's own.
struct HostBlock {
    std::span<const float* const> planes;  // one per channel; null planes are silent
    std::int64_t frames = 0;
    std::int64_t stamp_ns = 0, now_ns = 0;
    bool muted = false;
};

/// Producer: one thread at a time (the host's audio thread), push(). Consumer: one thread, drain(), drain_channels().
/// Full: the newest samples are dropped and counted. Empty: drain() takes nothing. Reset: source_changed(), from the thread that changes the source, while
/// no push() is in flight.
///
/// Note [Foreign clocks]
/// A device stamps near the host's clock; a media source or a network source has a clock of its own. A stamp further than kForeign from now is such a
/// clock's: the difference found at its first block is kept, as OBS's mixer keeps it, until a stamp is off by more than kForeign again.
class AudioTap {
public:
    static constexpr std::int64_t kForeignNs = 2'000'000'000;  // libobs: MAX_TS_VAR
    static constexpr std::size_t kChannels = 8;

    explicit AudioTap(Rational rate);

    /// The host's audio thread. Mono (the mean of the channels; silence when muted) goes into one ring; the channels as they are into
    /// others while keep_channels() asks for them.
    void push(const HostBlock& block) noexcept;
    void source_changed() noexcept { has_offset_ = false; }

    /// Consumer: take(host_ns, span of samples) in order.
    template <class Take>
    void drain(Take&& take) {
        mono_.drain(mono_.capacity(), [&](SampleIndex first, std::span<const float> samples) { take(nanoseconds_of(first, rate_), samples); });
    }
    /// Consumer: the channels' samples in step: take(channel, host_ns, samples).
    template <class Take>
    void drain_channels(Take&& take) {
        if (!rings_ready_.load(std::memory_order_acquire)) return;
        for (std::size_t c = 0; c < kChannels; ++c)
            channels_[c]->drain(channels_[c]->capacity(),
                                [&](SampleIndex first, std::span<const float> samples) { take(c, nanoseconds_of(first, rate_), samples); });
    }
    /// Consumer's thread: whether the channels are wanted too. The first call makes their rings.
    void keep_channels(bool wanted);

    /// Any thread: what came last.
    std::int64_t last_block_ns() const noexcept { return last_block_ns_.load(std::memory_order_relaxed); }
    bool muted() const noexcept { return muted_.load(std::memory_order_relaxed); }
    std::size_t channel_count() const noexcept { return channel_count_.load(std::memory_order_relaxed); }
    /// Largest absolute sample since the last call, muted or not.
    float take_peak() noexcept { return peak_.exchange(0, std::memory_order_relaxed); }
    std::int64_t dropped() const noexcept { return mono_.dropped(); }
    Rational rate() const noexcept { return rate_; }

private:
    std::int64_t host_stamp(const HostBlock& block) noexcept;

    Rational rate_;
    AudioRing mono_;
    std::vector<std::unique_ptr<AudioRing>> channels_;  // kChannels once made; never unmade
    std::atomic<bool> rings_ready_{false}, channels_wanted_{false};
    // Producer only:
    bool has_offset_ = false;
    std::int64_t offset_ns_ = 0;

    std::atomic<std::int64_t> last_block_ns_{0};
    std::atomic<bool> muted_{false};
    std::atomic<std::size_t> channel_count_{0};
    std::atomic<float> peak_{0};
};

}  // namespace mirrorme

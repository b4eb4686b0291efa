#pragma once
// Where the host's blocks of sound lie on media time. The only place that knows both clocks.

#include <cstdint>

#include "core/time.h"

namespace mirrorme {

/// Where a block goes: its samples from `skip` on belong at `first`; those before came after their place had been filled.
struct BlockPlace {
    SampleIndex first = 0;
    std::int64_t skip = 0;
};

struct HostTimelineCounters {
    std::int64_t late_samples = 0;    // dropped: their place had been filled with silence
    std::int64_t filled_samples = 0;  // silence filled in by the host's clock
    std::int64_t jumps = 0;           // blocks that did not follow the one before them
};

/// Media time m of rate R is host time epoch + m / R. Blocks that follow one another within kGlue are joined by counting samples, as OBS's mixer does,
/// so that jitter of their stamps tears no hole; others are placed where their stamp says. When no block has come for kPatience,
/// fill() says how much silence keeps media time going. One thread; nothing allocates.
class HostTimeline {
public:
    static constexpr std::int64_t kGlueNs = 70'000'000;      // libobs glues audio closer than this
    static constexpr std::int64_t kPatienceNs = 60'000'000;
    static constexpr std::int64_t kLittlePatienceNs = 20'000'000;

    HostTimeline(Rational rate, std::int64_t epoch_ns) : rate_(rate), epoch_ns_(epoch_ns) {}

    /// A block of `count` samples, the first of which was heard at host time `host_ns`. Its samples are now taken.
    BlockPlace place(std::int64_t host_ns, std::int64_t count) noexcept;
    /// How many samples of silence to append at end() so that media time is at most `patience_ns` behind `now_ns`: kPatience where a block may be on its
    /// way, kLittlePatience where nobody is there to send one (an engine takes sound that is always late for slowness of its own). They are now taken.
    std::int64_t fill(std::int64_t now_ns, std::int64_t patience_ns = kPatienceNs) noexcept;

    /// One past the newest sample.
    SampleIndex end() const noexcept { return end_; }
    std::int64_t host_ns(SampleIndex sample) const noexcept { return epoch_ns_ + nanoseconds_of(sample, rate_); }
    SampleIndex sample_at(std::int64_t host_ns) const noexcept { return ticks_in(host_ns - epoch_ns_, rate_); }
    Rational rate() const noexcept { return rate_; }
    const HostTimelineCounters& counters() const noexcept { return counters_; }

private:
    Rational rate_;
    std::int64_t epoch_ns_;
    SampleIndex end_ = 0;
    bool glued_ = false;  // the newest samples are a block's, not silence of ours
    HostTimelineCounters counters_;
};

}  // namespace mirrorme

#pragma once
// Time is a count. Media time is an int64 sample index at a session's input rate; rates are rationals;
// every conversion below is exact integer arithmetic with a stated rounding, so nothing drifts in a ten-hour stream.

#include <cstdint>
#include <numeric>

namespace mirrorme {

using SampleIndex = std::int64_t;  // samples since session start; negative for padding before it
using FrameIndex = std::int64_t;   // video frames since session start
using LatentIndex = std::int64_t;  // latent frames since session start

inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

/// num / den, den > 0. Used for rates: per second.
struct Rational {
    std::int64_t num = 0, den = 1;
    friend constexpr bool operator==(const Rational& a, const Rational& b) noexcept { return a.num * b.den == b.num * a.den; }
    constexpr double value() const noexcept { return static_cast<double>(num) / static_cast<double>(den); }
    constexpr bool positive() const noexcept { return num > 0 && den > 0; }
};

/// Lowest terms, den > 0.
constexpr Rational reduced(Rational r) noexcept {
    const std::int64_t g = std::gcd(r.num, r.den);
    if (g != 0) r = {r.num / g, r.den / g};
    return r.den < 0 ? Rational{-r.num, -r.den} : r;
}

/// Samples [first, end).
struct SampleSpan {
    SampleIndex first = 0, end = 0;
    constexpr std::int64_t size() const noexcept { return end - first; }
    constexpr bool empty() const noexcept { return end <= first; }
    friend constexpr bool operator==(const SampleSpan&, const SampleSpan&) noexcept = default;
};

/// Frames or latents [first, end).
struct IndexSpan {
    std::int64_t first = 0, end = 0;
    constexpr std::int64_t size() const noexcept { return end - first; }
    constexpr bool empty() const noexcept { return end <= first; }
    friend constexpr bool operator==(const IndexSpan&, const IndexSpan&) noexcept = default;
};

namespace detail {
__extension__ using Wide = __int128;  // products of two int64
}

/// floor(value * numerator / denominator), denominator > 0; exact for any int64 whose result fits.
constexpr std::int64_t mul_div_floor(std::int64_t value, std::int64_t numerator, std::int64_t denominator) noexcept {
    const detail::Wide product = static_cast<detail::Wide>(value) * numerator;
    const detail::Wide quotient = product / denominator;
    return static_cast<std::int64_t>(product % denominator < 0 ? quotient - 1 : quotient);
}

/// ceil(value * numerator / denominator), denominator > 0.
constexpr std::int64_t mul_div_ceil(std::int64_t value, std::int64_t numerator, std::int64_t denominator) noexcept {
    return -mul_div_floor(-value, numerator, denominator);
}

/// An index at rate `from` as an index at rate `to`, rounded down (up): the last (first) tick of `to` not after (before) it.
constexpr std::int64_t rescale_floor(std::int64_t index, Rational from, Rational to) noexcept {
    const Rational a = reduced({from.den, from.num}), b = reduced(to);
    const Rational cross1 = reduced({a.num, b.den}), cross2 = reduced({b.num, a.den});  // keeps the factors small
    return mul_div_floor(index, cross1.num * cross2.num, cross1.den * cross2.den);
}
constexpr std::int64_t rescale_ceil(std::int64_t index, Rational from, Rational to) noexcept { return -rescale_floor(-index, from, to); }

/// Sound and picture on one axis: frame f is heard from first_sample(f) up to first_sample(f + 1).
struct MediaClock {
    Rational sample_rate{48000, 1};  // of the session's input
    Rational fps{24, 1};

    /// First sample that belongs to frame `frame`.
    constexpr SampleIndex first_sample(FrameIndex frame) const noexcept { return rescale_ceil(frame, fps, sample_rate); }
    /// Frame that sample `sample` belongs to.
    constexpr FrameIndex frame_at(SampleIndex sample) const noexcept { return rescale_floor(sample, sample_rate, fps); }
    /// Frames needed to cover `samples` samples from the start.
    constexpr FrameIndex frames_covering(std::int64_t samples) const noexcept { return rescale_ceil(samples, sample_rate, fps); }
};

/// Duration of `count` ticks at `rate`, rounded down to a nanosecond.
constexpr std::int64_t nanoseconds_of(std::int64_t count, Rational rate) noexcept {
    return rescale_floor(count, rate, Rational{kNanosecondsPerSecond, 1});
}

/// Ticks at `rate` that fit into `ns`.
constexpr std::int64_t ticks_in(std::int64_t ns, Rational rate) noexcept {
    return rescale_floor(ns, Rational{kNanosecondsPerSecond, 1}, rate);
}

}  // namespace mirrorme

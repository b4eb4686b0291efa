#pragma once
// Seeded numbers for speech and performances: the same on every machine, which the distributions of <random> are not.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <string_view>

namespace mirrorme {

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). Not thread-safe.
class SeededRandom {
public:
    explicit SeededRandom(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    /// [0, 1)
    double unit() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
    float range(float low, float high) { return low + (high - low) * static_cast<float>(unit()); }
    bool chance(double probability) { return unit() < probability; }
    /// [0, count); count > 0.
    std::size_t below(std::size_t count) { return static_cast<std::size_t>(bits() % count); }
    template <class Container>
    const auto& pick(const Container& from) {
        return from[below(std::size(from))];
    }
    /// Mean 0, deviation 1 (Box-Muller, one of the pair).
    double normal() {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - unit()));
        return radius * std::cos(2.0 * std::numbers::pi * unit());
    }
    /// Half of the draws lie below `median`; `spread` is the deviation of the logarithm.
    double log_normal(double median, double spread) { return median * std::exp(spread * normal()); }

    /// A stream of its own: draws made for one thing leave all others as they were.
    SeededRandom fork(std::uint64_t label) const {
        SeededRandom child(state_ ^ ((label + 1) * 0xD6E8FEB86659FD93u));
        child.bits();
        return child;
    }

private:
    std::uint64_t state_;
};

/// FNV-1a: a hash that is part of the held-out convention, so it never changes.
constexpr std::uint64_t stable_hash(std::string_view text) noexcept {
    std::uint64_t hash = 0xCBF29CE484222325u;
    for (const char c : text) {
        hash ^= static_cast<unsigned char>(c);
        hash *= 0x100000001B3u;
    }
    return hash;
}

}  // namespace mirrorme

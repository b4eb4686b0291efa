#pragma once
// Seeded numbers that are the same on every machine (the distributions of <random> are not).

#include <cstdint>
#include <initializer_list>

namespace mirrorme::performers {

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014). Not thread-safe.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t bits() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
        return z ^ (z >> 31);
    }
    /// [0, 1)
    float unit() { return static_cast<float>(bits() >> 40) * (1.0f / 16777216.0f); }
    float range(float low, float high) { return low + (high - low) * unit(); }
    /// Peaked in the middle of [low, high].
    float around(float low, float high) { return low + (high - low) * (unit() + unit() + unit()) / 3; }
    int below(int count) { return static_cast<int>(bits() % static_cast<std::uint64_t>(count)); }
    bool chance(float p) { return unit() < p; }
    /// Index drawn with the given weights.
    int weighted(std::initializer_list<float> weights) {
        float total = 0;
        for (float w : weights) total += w;
        float left = unit() * total;
        int i = 0;
        for (float w : weights) {
            if (left < w) return i;
            left -= w;
            ++i;
        }
        return static_cast<int>(weights.size()) - 1;
    }
    /// An independent stream: adding draws to one part of a character must not change the others.
    Random fork(std::uint64_t label) const {
        Random r(state_ ^ (label * 0xD6E8FEB86659FD93u));
        r.bits();
        return r;
    }

private:
    std::uint64_t state_;
};

}  // namespace mirrorme::performers

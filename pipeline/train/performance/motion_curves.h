#pragma once
// Curves that bodies move along, all pure functions of time in seconds.

#include <array>
#include <vector>

#include "train/voices/seeded_random.h"

namespace mirrorme {

/// 0 before 0, 1 after 1, with velocity and acceleration 0 at both ends (the shape of a reach).
double minimum_jerk(double x) noexcept;

/// A bump: 0 outside [-rise, fall], 1 at 0.
double bump(double t, double rise, double fall) noexcept;

/// Never-repeating slow drift: three sines of incommensurable rates; deviation about 1.
class Drift {
public:
    Drift(SeededRandom& random, double slowest_hz, double fastest_hz);
    double at(double seconds) const noexcept;

private:
    std::array<double, 3> hz_{}, phase_{};
};

/// A value that rests and now and then moves on to another one.
class Steps {
public:
    explicit Steps(double start) : start_(start) {}
    /// From `seconds` on, over `duration` seconds, to `value`. Call in order of time.
    void move(double seconds, double duration, double value) { moves_.push_back({seconds, duration, value}); }
    double at(double seconds) const noexcept;

private:
    struct Move { double seconds, duration, value; };
    double start_;
    std::vector<Move> moves_;
};

}  // namespace mirrorme

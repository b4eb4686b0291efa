#include "train/performance/motion_curves.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mirrorme {

double minimum_jerk(double x) noexcept {
    x = std::clamp(x, 0.0, 1.0);
    return x * x * x * (10 - 15 * x + 6 * x * x);
}

double bump(double t, double rise, double fall) noexcept {
    return t < 0 ? minimum_jerk(1 + t / rise) : minimum_jerk(1 - t / fall);
}

Drift::Drift(SeededRandom& random, double slowest_hz, double fastest_hz) {
    for (std::size_t i = 0; i < hz_.size(); ++i) {
        hz_[i] = slowest_hz * std::pow(fastest_hz / slowest_hz, random.unit());
        phase_[i] = 2 * std::numbers::pi * random.unit();
    }
}

double Drift::at(double seconds) const noexcept {
    double sum = 0;
    for (std::size_t i = 0; i < hz_.size(); ++i) sum += std::sin(2 * std::numbers::pi * hz_[i] * seconds + phase_[i]);
    return sum * 0.82;  // three sines of deviation 0.71 each
}

double Steps::at(double seconds) const noexcept {
    double value = start_;
    for (const Move& move : moves_) {
        if (move.seconds > seconds) break;
        value += (move.value - value) * minimum_jerk((seconds - move.seconds) / move.duration);
    }
    return value;
}

}  // namespace mirrorme

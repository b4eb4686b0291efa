#include "audio/resampler.h"

#include <cmath>
#include <numbers>

#include "core/error.h"

namespace mirrorme {
namespace {

constexpr int kZeroCrossings = 32;       // of the sinc on either side
constexpr double kCutoff = 0.92;         // -6 dB point, of the lower Nyquist frequency; the transition is 0.08 wide on either side
constexpr double kKaiserBeta = 8.5;      // about -85 dB
constexpr std::int64_t kPhaseLimit = 65536;
constexpr std::size_t kLanes = 8;

/// Modified Bessel function of the first kind, order 0 (power series).
double bessel_i0(double x) {
    double sum = 1, term = 1;
    for (int k = 1; term > 1e-12 * sum; ++k) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

double kaiser(double x) { return x * x >= 1 ? 0 : bessel_i0(kKaiserBeta * std::sqrt(1 - x * x)) / bessel_i0(kKaiserBeta); }

double sinc(double x) { return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x); }

}  // namespace

Resampler::Resampler(Rational in_rate, Rational out_rate) {
    for (const Rational rate : {in_rate, out_rate})
        if (!rate.positive() || rate.value() < 1000 || rate.value() > 1e6)
            throw Error(ErrorCode::unsupported, "sample rate", std::to_string(rate.value()) + " Hz cannot be resampled", "Use a rate from 1 kHz to 1 MHz");
    const Rational step = reduced({in_rate.num * out_rate.den, in_rate.den * out_rate.num});
    if (step.den > kPhaseLimit) throw Error(ErrorCode::unsupported, "sample rate", "has no simple ratio to the model's", "Use a common rate such as 44100 or 48000");
    step_num_ = step.num;
    step_den_ = step.den;
    if (step_num_ == 1 && step_den_ == 1) {  // the same rate passes bit for bit
        weights_ = {1};
        return;
    }
    const double ratio = step.value();
    const double cutoff = kCutoff * std::min(1.0, 1.0 / ratio);  // of the input's Nyquist frequency
    half_width_ = static_cast<std::int64_t>(std::ceil(kZeroCrossings / cutoff));
    const auto used = static_cast<std::size_t>(2 * half_width_ + 1);
    taps_ = (used + kLanes - 1) / kLanes * kLanes;
    weights_.assign(static_cast<std::size_t>(step_den_) * taps_, 0.0f);
    std::vector<double> row(used);
    for (std::int64_t phase = 0; phase < step_den_; ++phase) {
        const double fraction = static_cast<double>(phase) / static_cast<double>(step_den_);
        double sum = 0;
        for (std::size_t k = 0; k < used; ++k) {
            const double x = static_cast<double>(k) - static_cast<double>(half_width_) - fraction;
            row[k] = cutoff * sinc(cutoff * x) * kaiser(x / (static_cast<double>(half_width_) + 1));
            sum += row[k];
        }
        for (std::size_t k = 0; k < used; ++k) weights_[static_cast<std::size_t>(phase) * taps_ + k] = static_cast<float>(row[k] / sum);
    }
}

SampleSpan Resampler::support(SampleIndex n) const noexcept {
    const SampleIndex first = centre(n) - half_width_;
    return {first, first + static_cast<SampleIndex>(taps_)};
}

SampleIndex Resampler::complete_outputs(SampleIndex input_end) const noexcept {
    // The largest n with centre(n - 1) - half_width + taps <= input_end.
    const SampleIndex last_centre = input_end - static_cast<SampleIndex>(taps_) + half_width_;
    return mul_div_ceil(last_centre + 1, step_den_, step_num_);
}

float Resampler::at(SampleIndex n, const float* input) const noexcept {
    const std::int64_t phase = n * step_num_ - centre(n) * step_den_;
    const float* weights = weights_.data() + static_cast<std::size_t>(phase) * taps_;
    if (taps_ == 1) return input[0] * weights[0];
    float sum[kLanes] = {};  // a fixed order of additions, and one the compiler can vectorise
    for (std::size_t k = 0; k < taps_; k += kLanes)
        for (std::size_t lane = 0; lane < kLanes; ++lane) sum[lane] += input[k + lane] * weights[k + lane];
    return ((sum[0] + sum[4]) + (sum[2] + sum[6])) + ((sum[1] + sum[5]) + (sum[3] + sum[7]));
}

}  // namespace mirrorme

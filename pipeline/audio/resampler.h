#pragma once
// Any input rate to the model's, sample by sample.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/time.h"

namespace mirrorme {

/// Windowed-sinc resampling by a rational factor. Output sample n is a fixed weighted sum of the input samples around
/// n * in_rate / out_rate: it depends on absolute positions alone, so blocks of any size give the same bits.
/// Linear phase, no delay: output n and input n * in/out are the same instant. Immutable after construction; thread-safe.
/// Flat to 0.84 of the lower Nyquist frequency, -80 dB from that frequency on, unity gain at DC.
class Resampler {
public:
    /// Error{unsupported} for rates outside 1 kHz .. 1 MHz or a ratio that needs more than 65536 phases.
    Resampler(Rational in_rate, Rational out_rate);

    /// First and one past the last input sample that output `n` needs.
    SampleSpan support(SampleIndex n) const noexcept;
    /// How many outputs, from index 0 on, need no input at or beyond `input_end`.
    SampleIndex complete_outputs(SampleIndex input_end) const noexcept;
    /// Output `n`; `input` holds exactly support(n).
    float at(SampleIndex n, const float* input) const noexcept;

    std::int64_t half_width() const noexcept { return half_width_; }  // input samples on either side

private:
    SampleIndex centre(SampleIndex n) const noexcept { return mul_div_floor(n, step_num_, step_den_); }

    std::int64_t step_num_ = 1, step_den_ = 1;  // input samples per output sample, lowest terms
    std::int64_t half_width_ = 0;
    std::size_t taps_ = 1;        // padded to whole lanes with zero weights
    std::vector<float> weights_;  // [step_den_ phases][taps_]
};

}  // namespace mirrorme

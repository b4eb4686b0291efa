#pragma once
// Offline change of sampling rate.

#include <span>
#include <vector>

namespace mirrorme {

/// `input` at `from_hz` as the same sound at `to_hz`; both > 0. Kaiser-windowed sinc, 32 zero crossings at the lower
/// rate, stop band below -80 dB, no delay: sample n of the result is the sound at n / to_hz seconds. Thread-safe.
std::vector<float> resample(std::span<const float> input, int from_hz, int to_hz);

}  // namespace mirrorme

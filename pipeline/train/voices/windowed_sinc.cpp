#include "train/voices/windowed_sinc.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <numeric>

namespace mirrorme {
namespace {

constexpr int kZeroCrossings = 32;   // of the sinc, on both sides together
constexpr double kKaiserBeta = 8.0;  // -80 dB
constexpr double kPassBand = 0.94;   // of the lower Nyquist frequency

double bessel_i0(double x) {
    double sum = 1, term = 1;
    for (int k = 1; k < 40; ++k) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

/// Rows of taps, one per phase of the output against the input; every row sums to 1, so that silence and DC are exact.
struct FilterBank {
    int phases, taps, half;  // a row covers input samples [floor(position) - half + 1, floor(position) + half]
    std::vector<float> rows;

    FilterBank(int up, int down) : phases(up) {
        const double cutoff = kPassBand * std::min(1.0, static_cast<double>(up) / down);  // of the input's Nyquist
        half = static_cast<int>(std::ceil(kZeroCrossings / 2 / cutoff));
        taps = 2 * half;
        rows.resize(static_cast<std::size_t>(phases) * static_cast<std::size_t>(taps));
        const double norm = bessel_i0(kKaiserBeta);
        for (int p = 0; p < phases; ++p) {
            float* row = rows.data() + static_cast<std::size_t>(p) * static_cast<std::size_t>(taps);
            double sum = 0;
            for (int k = 0; k < taps; ++k) {
                const double x = (k - half + 1) - static_cast<double>(p) / phases;
                const double edge = x / half;
                const double window = std::abs(edge) >= 1 ? 0 : bessel_i0(kKaiserBeta * std::sqrt(1 - edge * edge)) / norm;
                const double arg = std::numbers::pi * cutoff * x;
                row[k] = static_cast<float>((x == 0 ? 1.0 : std::sin(arg) / arg) * window);
                sum += row[k];
            }
            for (int k = 0; k < taps; ++k) row[k] = static_cast<float>(row[k] / sum);
        }
    }
};

const FilterBank& bank_for(int up, int down) {
    // The engines speak at 22050 and 8000 Hz: two banks live as long as the program, others are made anew.
    static const FilterBank from_22050(320, 441), from_8000(2, 1);
    if (up == 320 && down == 441) return from_22050;
    if (up == 2 && down == 1) return from_8000;
    thread_local FilterBank other(1, 1);
    other = FilterBank(up, down);
    return other;
}

}  // namespace

std::vector<float> resample(std::span<const float> input, int from_hz, int to_hz) {
    if (from_hz == to_hz || input.empty()) return {input.begin(), input.end()};
    const int common = std::gcd(from_hz, to_hz);
    const int up = to_hz / common, down = from_hz / common;
    const FilterBank& bank = bank_for(up, down);

    const auto size = static_cast<std::int64_t>(input.size());
    const std::int64_t out_size = (size * up + down - 1) / down;
    std::vector<float> padded(static_cast<std::size_t>(size + 2 * bank.taps), 0.0f);
    std::copy(input.begin(), input.end(), padded.begin() + bank.taps);
    std::vector<float> out(static_cast<std::size_t>(out_size));
    for (std::int64_t n = 0; n < out_size; ++n) {
        const std::int64_t position = n * down;
        const float* from = padded.data() + position / up - bank.half + 1 + bank.taps;
        const float* row = bank.rows.data() + (position % up) * bank.taps;
        float sum = 0;
        for (int k = 0; k < bank.taps; ++k) sum += from[k] * row[k];
        out[static_cast<std::size_t>(n)] = sum;
    }
    return out;
}

}  // namespace mirrorme

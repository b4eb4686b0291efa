#include "features/mel.h"

#include <cmath>
#include <vector>

namespace mirrorme {
namespace {

using torch::Tensor;

double mel_of(double hertz) { return 2595 * std::log10(1 + hertz / 700); }
double hertz_of(double mel) { return 700 * (std::pow(10.0, mel / 2595) - 1); }

}  // namespace

Tensor mel_filterbank(int64_t fft) {
    constexpr double kLowest = 20, kHighest = 7600;
    std::vector<double> edges;
    for (int64_t i = 0; i < kMelBins + 2; ++i)
        edges.push_back(hertz_of(mel_of(kLowest) + (mel_of(kHighest) - mel_of(kLowest)) * static_cast<double>(i) / (kMelBins + 1)));
    const int64_t lines = fft / 2 + 1;
    Tensor bank = torch::zeros({kMelBins, lines}, torch::kDouble);
    auto at = bank.accessor<double, 2>();
    // A triangle narrower than the distance of two lines would miss them all, so each line is a band that the triangle is
    // averaged over.
    constexpr int kParts = 16;
    const double step = static_cast<double>(kModelSampleRate) / static_cast<double>(fft);
    for (int64_t bin = 0; bin < kMelBins; ++bin) {
        const double left = edges[static_cast<std::size_t>(bin)], top = edges[static_cast<std::size_t>(bin + 1)],
                     right = edges[static_cast<std::size_t>(bin + 2)];
        for (int64_t line = 0; line < lines; ++line)
            for (int part = 0; part < kParts; ++part) {
                const double f = (static_cast<double>(line) + (part + 0.5) / kParts - 0.5) * step;
                at[bin][line] += std::max(0.0, std::min((f - left) / (top - left), (right - f) / (right - top))) / kParts;
            }
    }
    return (bank / bank.sum(1, true)).to(torch::kFloat);
}

LogMel::LogMel() : window_(torch::hann_window(kMelWindow, torch::kFloat)), filters_(mel_filterbank(kFft).t().contiguous()) {}

Tensor LogMel::forward(const Tensor& samples) const {
    const Tensor window = window_.to(samples.device()), filters = filters_.to(samples.device());
    const Tensor frames = samples.to(torch::kFloat).unfold(1, kMelWindow, kMelHop) * window;  // [B, n, 400]
    const Tensor power = torch::view_as_real(torch::fft_rfft(frames, kFft)).square().sum(-1);
    const Tensor energy = torch::matmul(power, filters);
    // A full-scale tone has about 10^4 in its bin, the floor is 80 dB below that.
    return (torch::log10(energy.clamp_min(1e-4)) * 0.25).transpose(1, 2);
}

}  // namespace mirrorme

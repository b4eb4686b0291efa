#include "train/performance/prosody.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace mirrorme {
namespace {

constexpr int kHop = kSpeechRate / 100;       // 10 ms
constexpr int kDecimation = 4;                // the voice's pitch is looked for at 4 kHz
constexpr int kLowRate = kSpeechRate / kDecimation;
constexpr int kLowHop = kHop / kDecimation;
constexpr int kWindow = kLowRate * 32 / 1000;  // 32 ms
constexpr int kShortestLag = kLowRate / 420, kLongestLag = kLowRate / 65;
constexpr float kVoiced = 0.55f;              // of the correlation

float median(std::vector<float> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

/// Centred moving average of 2 * reach + 1 values.
std::vector<float> smoothed(const std::vector<float>& values, int reach) {
    const int size = static_cast<int>(values.size());
    std::vector<float> out(values.size());
    for (int i = 0; i < size; ++i) {
        float sum = 0;
        const int first = std::max(i - reach, 0), last = std::min(i + reach, size - 1);
        for (int k = first; k <= last; ++k) sum += values[static_cast<std::size_t>(k)];
        out[static_cast<std::size_t>(i)] = sum / static_cast<float>(last - first + 1);
    }
    return out;
}

float at(const std::vector<float>& values, double seconds) {
    if (values.empty()) return 0;
    const double position = std::clamp(seconds * Prosody::kRate, 0.0, static_cast<double>(values.size() - 1));
    const auto index = static_cast<std::size_t>(position);
    const auto next = std::min(index + 1, values.size() - 1);
    return static_cast<float>(values[index] + (position - static_cast<double>(index)) * (values[next] - values[index]));
}

std::vector<float> decimated(std::span<const float> audio) {
    std::vector<float> low(audio.size() / kDecimation + 1, 0.0f);
    // The mean of 8 samples is filter enough: formants that fold back do not share the pitch's period.
    for (std::size_t i = 0; i < low.size(); ++i) {
        for (std::size_t k = 0; k < 8 && i * kDecimation + k < audio.size(); ++k) low[i] += audio[i * kDecimation + k] / 8;
    }
    return low;
}

/// log2 of the voice's frequency at low-rate sample `start`, or 0 where there is no voice.
float pitch_at(const std::vector<float>& low, std::size_t start) {
    if (start + kWindow + kLongestLag >= low.size()) return 0;
    const float* x = low.data() + start;
    float energy = 0;
    for (int i = 0; i < kWindow; ++i) energy += x[i] * x[i];
    if (energy < 1e-3f) return 0;
    std::array<float, kLongestLag + 1> correlation{};
    float best = 0;
    for (int lag = kShortestLag; lag <= kLongestLag; ++lag) {
        float product = 0, shifted = 0;
        for (int i = 0; i < kWindow; ++i) {
            product += x[i] * x[i + lag];
            shifted += x[i + lag] * x[i + lag];
        }
        correlation[static_cast<std::size_t>(lag)] = product / std::sqrt(energy * shifted + 1e-9f);
        best = std::max(best, correlation[static_cast<std::size_t>(lag)]);
    }
    if (best < kVoiced) return 0;
    for (int lag = kShortestLag; lag <= kLongestLag; ++lag) {  // the first good peak: multiples of the period fit as well
        if (correlation[static_cast<std::size_t>(lag)] > 0.9f * best) return std::log2(static_cast<float>(kLowRate) / static_cast<float>(lag));
    }
    return 0;
}

}  // namespace

Prosody::Prosody(std::span<const float> audio) {
    const std::size_t hops = audio.size() / kHop;
    std::vector<float> db(hops), sounding;
    for (std::size_t h = 0; h < hops; ++h) {
        float energy = 1e-7f;
        for (std::size_t i = h * kHop; i < (h + 1) * kHop; ++i) energy += audio[i] * audio[i] / kHop;
        db[h] = 10 * std::log10(energy);
        if (db[h] > -45) sounding.push_back(db[h]);
    }
    const float usual = sounding.empty() ? 0.0f : median(sounding);
    for (float& value : db) value = sounding.empty() ? -4.0f : std::clamp((value - usual) / 6, -4.0f, 2.0f);
    loudness_ = smoothed(db, 2);

    const std::vector<float> low = decimated(audio);
    std::vector<float> pitch(hops), voiced;
    for (std::size_t h = 0; h < hops; ++h) {
        pitch[h] = pitch_at(low, h * kLowHop);
        if (pitch[h] > 0) voiced.push_back(pitch[h]);
    }
    const float middle = median(voiced);
    for (float& value : pitch) value = value > 0 ? std::clamp(12 * (value - middle), -7.0f, 7.0f) : 0.0f;
    pitch_ = smoothed(pitch, 4);
}

float Prosody::loudness(double seconds) const { return at(loudness_, seconds); }
float Prosody::pitch(double seconds) const { return at(pitch_, seconds); }

}  // namespace mirrorme

#include "train/performance/audio_effects.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "train/voices/speech.h"

namespace mirrorme {
namespace {

constexpr double kTwoPi = 2 * std::numbers::pi;

struct Angle {
    double cosine, alpha;
};
Angle angle_of(double hz, double q) {
    const double w = kTwoPi * std::min(hz, 0.49 * kSpeechRate) / kSpeechRate;
    return {std::cos(w), std::sin(w) / (2 * q)};
}

/// Uniform noise is as good as normal for a noise floor, and cheaper.
float noise(SeededRandom& random) { return static_cast<float>(static_cast<std::int64_t>(random.bits()) * 0x1.0p-63 * 1.7320508); }

void add_scaled(std::span<float> audio, const std::vector<float>& other, double level) {
    const double rms = rms_of(other);
    if (rms <= 0) return;
    const auto gain = static_cast<float>(level / rms);
    for (std::size_t i = 0; i < audio.size(); ++i) audio[i] += gain * other[i];
}

/// One plucked or held tone with a few harmonics.
void add_tone(std::vector<float>& out, std::size_t start, std::size_t length, double hz, double decay_s) {
    // A rotating phasor per harmonic: no sine per sample.
    for (int harmonic = 1; harmonic <= 4 && harmonic * hz < 7000; ++harmonic) {
        const double w = kTwoPi * hz * harmonic / kSpeechRate, c = 2 * std::cos(w);
        const double fade = std::exp(-1 / (decay_s / harmonic * kSpeechRate));
        double gain = 1.0 / harmonic, previous = 0, current = std::sin(w);
        for (std::size_t i = start; i < std::min(start + length, out.size()); ++i) {
            out[i] += static_cast<float>(gain * current);
            const double next = c * current - previous;
            previous = current;
            current = next;
            gain *= fade;
        }
    }
}

}  // namespace

Biquad Biquad::low_pass(double hz, double q) {
    const auto [c, alpha] = angle_of(hz, q);
    Biquad f;
    const double a0 = 1 + alpha;
    f.b0_ = f.b2_ = (1 - c) / 2 / a0;
    f.b1_ = (1 - c) / a0;
    f.a1_ = -2 * c / a0;
    f.a2_ = (1 - alpha) / a0;
    return f;
}

Biquad Biquad::high_pass(double hz, double q) {
    const auto [c, alpha] = angle_of(hz, q);
    Biquad f;
    const double a0 = 1 + alpha;
    f.b0_ = f.b2_ = (1 + c) / 2 / a0;
    f.b1_ = -(1 + c) / a0;
    f.a1_ = -2 * c / a0;
    f.a2_ = (1 - alpha) / a0;
    return f;
}

Biquad Biquad::peak(double hz, double q, double gain_db) {
    const auto [c, alpha] = angle_of(hz, q);
    const double gain = std::pow(10.0, gain_db / 40);
    Biquad f;
    const double a0 = 1 + alpha / gain;
    f.b0_ = (1 + alpha * gain) / a0;
    f.b1_ = f.a1_ = -2 * c / a0;
    f.b2_ = (1 - alpha * gain) / a0;
    f.a2_ = (1 - alpha / gain) / a0;
    return f;
}

void Biquad::apply(std::span<float> audio) {
    double s1 = 0, s2 = 0;
    for (float& sample : audio) {
        const double x = sample, y = b0_ * x + s1;
        s1 = b1_ * x - a1_ * y + s2 + 1e-20;  // keeps the state out of denormals
        s2 = b2_ * x - a2_ * y;
        sample = static_cast<float>(y);
    }
}

double rms_of(std::span<const float> audio) noexcept {
    if (audio.empty()) return 0;
    double energy = 0;
    for (const float s : audio) energy += static_cast<double>(s) * s;
    return std::sqrt(energy / static_cast<double>(audio.size()));
}

void add_noise(std::span<float> audio, NoiseColour colour, double level, SeededRandom& random) {
    std::vector<float> floor(audio.size());
    float slow = 0, middle = 0, fast = 0;
    for (float& sample : floor) {
        const float white = noise(random);
        switch (colour) {
            case NoiseColour::white: sample = white; break;
            case NoiseColour::pink:  // three one-pole filters a decade apart are within 1 dB of 1/f from 50 Hz up
                slow += 0.006f * (white - slow);
                middle += 0.06f * (white - middle);
                fast += 0.5f * (white - fast);
                sample = 9 * slow + 3 * middle + fast;
                break;
            case NoiseColour::brown:
                slow += 0.02f * (white - slow);
                sample = slow;
                break;
        }
    }
    add_scaled(audio, floor, level);
}

void add_hum(std::span<float> audio, double level, SeededRandom& random) {
    std::vector<float> hum(audio.size(), 0.0f);
    const double mains = random.chance(0.5) ? 50 : 60;
    for (int harmonic = 1; harmonic <= 7; ++harmonic) {
        const double gain = random.unit() / harmonic, phase = kTwoPi * random.unit(), w = kTwoPi * mains * harmonic / kSpeechRate;
        double previous = std::sin(phase - w), current = std::sin(phase);
        for (float& sample : hum) {
            sample += static_cast<float>(gain * current);
            const double next = 2 * std::cos(w) * current - previous;
            previous = current;
            current = next;
        }
    }
    add_scaled(audio, hum, level);
}

void add_music(std::span<float> audio, double level, SeededRandom& random) {
    constexpr std::array<int, 7> kScale{0, 2, 4, 5, 7, 9, 11};
    std::vector<float> music(audio.size(), 0.0f);
    const double root = 110 * std::pow(2.0, random.unit() * 1.5);
    const auto beat = static_cast<std::size_t>(kSpeechRate * (0.22 + 0.4 * random.unit()));
    const auto hz_of = [&](int degree, double octave) {
        return root * std::pow(2.0, octave + (kScale[static_cast<std::size_t>(degree % 7)] + 12 * (degree / 7)) / 12.0);
    };
    int chord = 0;
    for (std::size_t at = 0, n = 0; at < music.size(); at += beat, ++n) {
        if (n % 4 == 0) {
            chord = static_cast<int>(random.below(6));
            for (int third = 0; third < 3; ++third) add_tone(music, at, 4 * beat, hz_of(chord + 2 * third, 0), 1.2);
        }
        if (random.chance(0.7)) add_tone(music, at, 2 * beat, hz_of(static_cast<int>(random.below(8)), 1), 0.35);
        if (random.chance(0.6)) {  // a drum: a short burst of noise
            float tail = 0.8f;
            for (std::size_t i = at; i < std::min(at + beat / 2, music.size()); ++i, tail *= 0.9985f) music[i] += tail * noise(random);
        }
    }
    add_scaled(audio, music, level);
}

void add_clicks(std::span<float> audio, double level, SeededRandom& random) {
    for (double t = random.unit(); t * kSpeechRate < static_cast<double>(audio.size()); t += 0.06 + random.log_normal(0.2, 0.8)) {
        auto gain = static_cast<float>(level * 6 * random.unit());
        const float fade = random.range(0.97f, 0.995f);
        for (auto i = static_cast<std::size_t>(t * kSpeechRate); i < audio.size() && gain > 1e-5f; ++i, gain *= fade) audio[i] += gain * noise(random);
    }
}

void add_room(std::span<float> audio, double seconds, double wet, SeededRandom& random) {
    // Four delay lines fed back through a scattering matrix (a feedback delay network): an exponential tail of any
    // length at the same price.
    constexpr std::size_t kLines = 4;
    std::array<std::vector<float>, kLines> lines;
    std::array<std::size_t, kLines> at{};
    std::array<float, kLines> keep{}, dull{};
    for (std::size_t k = 0; k < kLines; ++k) {
        const double delay_s = (0.011 + 0.009 * static_cast<double>(k)) * (0.8 + 0.5 * random.unit());
        lines[k].assign(static_cast<std::size_t>(delay_s * kSpeechRate), 0.0f);
        keep[k] = static_cast<float>(std::pow(10.0, -3 * delay_s / seconds));
    }
    const float damping = random.range(0.15f, 0.55f), mix = static_cast<float>(wet);
    for (float& sample : audio) {
        std::array<float, kLines> out{};
        float sum = 0;
        for (std::size_t k = 0; k < kLines; ++k) {
            dull[k] += (1 - damping) * (lines[k][at[k]] - dull[k]);
            out[k] = keep[k] * dull[k];
            sum += out[k];
        }
        for (std::size_t k = 0; k < kLines; ++k) {
            lines[k][at[k]] = sample + out[k] - 0.5f * sum + 1e-20f;
            at[k] = at[k] + 1 == lines[k].size() ? 0 : at[k] + 1;
        }
        sample += mix * 0.5f * (out[0] - out[1] + out[2] - out[3]);
    }
}

void compress(std::span<float> audio, double threshold, double ratio) {
    constexpr double kSplit = 1 - 0.62;  // one pole near 1.2 kHz
    constexpr double kAttack = 0.006, kRelease = 0.0006;
    const double exponent = 1 / ratio - 1, make_up = std::pow(threshold, exponent * 0.5);
    double low = 0, low_level = 0, high_level = 0, low_gain = 1, high_gain = 1;
    int until_gain = 0;
    for (float& sample : audio) {
        low += kSplit * (sample - low);
        const double high = sample - low;
        low_level += (std::abs(low) > low_level ? kAttack : kRelease) * (std::abs(low) - low_level);
        high_level += (std::abs(high) > high_level ? kAttack : kRelease) * (std::abs(high) - high_level);
        if (until_gain-- == 0) {  // gains move slowly: every 16 samples is often enough
            until_gain = 15;
            low_gain = make_up * (low_level > threshold ? std::pow(low_level / threshold, exponent) : 1);
            high_gain = make_up * (high_level > threshold / 2 ? std::pow(2 * high_level / threshold, exponent) : 1);
        }
        sample = static_cast<float>(low * low_gain + high * high_gain);
    }
}

void clip(std::span<float> audio, float ceiling) {
    const float knee = 0.7f * ceiling, rest = ceiling - knee;
    for (float& sample : audio) {
        const float size = std::abs(sample);
        if (size > knee) sample = std::copysign(knee + rest * std::tanh((size - knee) / rest), sample);
    }
}

void code_mu_law(std::span<float> audio) {
    constexpr float kMu = 255;
    const float scale = 1 / std::log1p(kMu);
    for (float& sample : audio) {
        const float curved = std::log1p(kMu * std::min(std::abs(sample), 1.0f)) * scale;
        const float coded = std::round(curved * 127) / 127;
        sample = std::copysign((std::exp(coded / scale) - 1) / kMu, sample);
    }
}

}  // namespace mirrorme

#include "train/performance/audio_augmentation.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "train/performance/audio_effects.h"
#include "train/voices/seeded_random.h"

namespace mirrorme {
namespace {

/// What the levels of noise refer to when nobody speaks.
constexpr double kUsualLevel = 0.06;

double linear(double db) { return std::pow(10.0, db / 20); }

class Treatment {
public:
    Treatment(std::span<float> audio, std::uint64_t seed, double strength) : audio_(audio), random_(seed), strength_(strength) {}

    void run() {
        // In the order in which it happens: room, microphone and its surroundings, electronics, line.
        room();
        const double speech = rms_of(audio_);
        surroundings(speech > 1e-4 ? speech : kUsualLevel);
        microphone();
        electronics();
        line();
        level();
    }

private:
    bool happens(double probability) { return random_.chance(probability * strength_); }
    double between(double low, double high) { return low + (high - low) * random_.unit(); }

    void room() {
        if (happens(0.35)) add_room(audio_, between(0.15, 0.35 + 0.5 * strength_), between(0.08, 0.2 + 0.45 * strength_), random_);
    }

    void surroundings(double speech) {
        const auto below = [&](double most_db, double least_db) { return speech * linear(-between(least_db - (least_db - most_db) * strength_, 45)); };
        if (happens(0.65)) {
            const NoiseColour colours[] = {NoiseColour::white, NoiseColour::pink, NoiseColour::pink, NoiseColour::brown};
            add_noise(audio_, random_.pick(colours), below(8, 30), random_);
        }
        if (happens(0.15)) add_hum(audio_, below(14, 35), random_);
        if (happens(0.2)) add_music(audio_, below(6, 25), random_);
        if (happens(0.15)) add_clicks(audio_, below(8, 25), random_);
    }

    void microphone() {
        if (happens(0.6)) {
            Biquad::peak(between(90, 350), 0.8, between(-8, 8)).apply(audio_);
            Biquad::peak(between(600, 2500), 0.9, between(-6, 6)).apply(audio_);
            Biquad::peak(between(3000, 7000), 0.7, between(-9, 7)).apply(audio_);
        }
        if (happens(0.35)) Biquad::high_pass(between(60, 180), 0.7).apply(audio_);
    }

    void electronics() {
        if (happens(0.3)) {
            const double loud = std::max(rms_of(audio_), 1e-3);
            compress(audio_, loud * between(0.3, 0.9), between(1.5, 4));
        }
        if (happens(0.12)) clip(audio_, static_cast<float>(std::max(rms_of(audio_), 1e-3) * between(1.3, 3)));
    }

    void line() {
        if (happens(0.2)) {  // 8 kHz lines, wide-band ones, headsets
            const double top = random_.chance(0.6) ? between(3200, 3800) : between(4500, 7000);
            for (const double q : {0.52, 0.71, 1.9}) Biquad::low_pass(top, q).apply(audio_);
            if (random_.chance(0.5)) Biquad::high_pass(between(200, 320), 0.7).apply(audio_);
        }
        if (happens(0.12)) code_mu_law(audio_);
    }

    void level() {
        float peak = 0;
        for (const float s : audio_) peak = std::max(peak, std::abs(s));
        // Volume is part of every microphone: 0 dB at strength 0, up to -30 or up to full scale at 1.
        double gain = linear(between(-24, 10) * strength_);
        if (peak * gain > 0.99) gain = 0.99 / peak;
        for (float& s : audio_) s = static_cast<float>(s * gain);
    }

    std::span<float> audio_;
    SeededRandom random_;
    double strength_;
};

}  // namespace

void augment_audio(std::vector<float>& audio, std::uint64_t seed, float strength) {
    if (strength <= 0 || audio.empty()) return;
    Treatment(audio, seed, std::min(strength, 1.0f)).run();
}

}  // namespace mirrorme

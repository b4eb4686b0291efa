#pragma once
// Single treatments of 16 kHz mono sound, in place. Causal and without delay of note.

#include <cstdint>
#include <span>
#include <vector>

#include "train/voices/seeded_random.h"

namespace mirrorme {

/// Second-order section; coefficients after Bristow-Johnson's audio EQ cookbook.
class Biquad {
public:
    static Biquad low_pass(double hz, double q);
    static Biquad high_pass(double hz, double q);
    static Biquad peak(double hz, double q, double gain_db);
    void apply(std::span<float> audio);  // starts from rest

private:
    double b0_ = 1, b1_ = 0, b2_ = 0, a1_ = 0, a2_ = 0;
};

enum class NoiseColour { white, pink, brown };

double rms_of(std::span<const float> audio) noexcept;

/// All of these add `level` (RMS) worth of something.
void add_noise(std::span<float> audio, NoiseColour colour, double level, SeededRandom& random);
void add_hum(std::span<float> audio, double level, SeededRandom& random);
void add_music(std::span<float> audio, double level, SeededRandom& random);
void add_clicks(std::span<float> audio, double level, SeededRandom& random);

/// A room: `seconds` until the sound has died by 60 dB, `wet` 0 .. 1 against the direct sound.
void add_room(std::span<float> audio, double seconds, double wet, SeededRandom& random);
/// Two bands, split at 1.2 kHz, each levelled above `threshold` (linear) by `ratio`, with gain made up.
void compress(std::span<float> audio, double threshold, double ratio);
/// Soft up to 0.7 of `ceiling`, then flat at it.
void clip(std::span<float> audio, float ceiling);
/// As an 8-bit mu-law codec leaves it (ITU-T G.711's curve).
void code_mu_law(std::span<float> audio);

}  // namespace mirrorme

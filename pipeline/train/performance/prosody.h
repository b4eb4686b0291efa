#pragma once
// Loudness and melody of speech: what head, brows and hands move to.

#include <span>
#include <vector>

#include "train/voices/speech.h"

namespace mirrorme {

class Prosody {
public:
    static constexpr double kRate = 100;  // values a second

    /// `audio` at kSpeechRate, clean.
    explicit Prosody(std::span<const float> audio);

    /// Around the median level of the speech: 0 usual, 1 about 6 dB louder, -1 softer; -4 in silence. Smooth over 50 ms.
    float loudness(double seconds) const;
    /// Semitones above the median voice, 0 where there is none; smooth over 80 ms.
    float pitch(double seconds) const;

private:
    std::vector<float> loudness_, pitch_;
};

}  // namespace mirrorme

#pragma once
// The rhythm of speech: beats to nod and gesture to, and phrases with pauses between them.

#include <cstdint>
#include <span>
#include <vector>

#include "train/voices/speech.h"

namespace mirrorme {

struct Beat {
    double seconds;      // middle of the stressed vowel
    float prominence;    // 0 .. 1
};

struct Phrase {
    double start, end;   // seconds
};

struct SpeechBeats {
    std::vector<Beat> beats;      // in order
    std::vector<Phrase> phrases;  // in order, no pause above kPhrasePauseSeconds inside
};
inline constexpr double kPhrasePauseSeconds = 0.15;

SpeechBeats speech_beats(std::span<const PhonemeSpan> phonemes);

/// One a frame: 1 inside a phrase.
std::vector<std::uint8_t> speaking_frames(const SpeechBeats& speech, int frames);

}  // namespace mirrorme

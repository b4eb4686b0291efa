#pragma once
// Clips of speech laid along the time of a performance.

#include <cstdint>
#include <string>
#include <vector>

#include "train/voices/seeded_random.h"
#include "train/voices/speech.h"

namespace mirrorme {

/// Sound and its sounds: what a performance is made for.
struct SpokenTrack {
    std::vector<float> audio_16k;
    std::vector<PhonemeSpan> phonemes;  // in order, cover the sound without gaps
    std::string voice, text;            // see Performance
};

class SpokenTrackBuilder {
public:
    /// A silent track of `samples` samples at kSpeechRate.
    explicit SpokenTrackBuilder(std::int64_t samples);

    /// Lays `clip` so that its first sample is at `start` (may be negative); what lies outside is cut off. Clips are
    /// added in order of time and do not overlap.
    void add(const SpeechClip& clip, std::int64_t start);
    /// The sound of breathing in through the nose, ending at `end`; the mouth stays shut, so no phone says so.
    void add_breath(std::int64_t end, SeededRandom& random);
    SpokenTrack finish();

private:
    void add_silence(std::int64_t end);
    SpokenTrack track_;
};

}  // namespace mirrorme

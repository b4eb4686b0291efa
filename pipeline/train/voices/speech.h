#pragma once
// What is asked of a voice and what comes back. Header only, see phone.h.

#include <cstdint>
#include <string>
#include <vector>

#include "train/voices/phone.h"

namespace mirrorme {

inline constexpr int kSpeechRate = 16000;  // Hz, of every clip

enum class SpeechEngine { espeak, flite };

struct SpeechRequest {
    std::string text;                 // UTF-8, one or a few sentences
    std::string language = "en-us";   // name of espeak-ng's voice file; flite speaks en-us only
    std::string voice;                // espeak variant ("f3", "m1", ... or empty), or flite voice ("slt", "rms", "awb", "kal16", "kal")
    SpeechEngine engine = SpeechEngine::espeak;
    float rate = 1.0f;                // 0.5 .. 2, times the voice's own
    float pitch = 1.0f;               // 0.5 .. 2, times the voice's own
    float pitch_range = 1.0f;         // 0 monotone .. 2 sing-song
    float volume = 1.0f;              // 0 .. 1.5, linear
};

/// One sound. Spans of a clip are in order, do not overlap and cover it without gaps (silence is a span too).
struct PhonemeSpan {
    Phone phone = Phone::silence;
    std::int64_t start_sample = 0;    // at kSpeechRate
    std::int64_t end_sample = 0;
    /// Stops and m: the closure is [start_sample, release_sample). Others: release_sample == start_sample.
    std::int64_t release_sample = 0;
    float prominence = 0;             // vowels: 0 reduced .. 1 the strongest around, heard from the sound itself
    bool stressed = false;            // carries a beat: prominence above kStressedProminence
    bool operator==(const PhonemeSpan&) const = default;
};
inline constexpr float kStressedProminence = 0.62f;

struct SpeechClip {
    std::vector<float> samples;       // mono, kSpeechRate, |sample| <= 1
    std::vector<PhonemeSpan> phonemes;
};

}  // namespace mirrorme

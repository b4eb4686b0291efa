#pragma once
// Performances without end: a voice, sentences, pauses, and a body that goes with them, all from a seed.

#include <cstdint>
#include <memory>
#include <string>

#include "train/performance/performance.h"

namespace mirrorme {

struct PerformanceOptions {
    int frames = 96;              // at 24 fps, 1 .. 24 * 600
    float speech_share = 0.75f;   // of the time, about; 0 = nobody speaks
    float gesture_share = 0.25f;  // of the time, about, that a hand is raised
    std::string language;         // "en", "fr", ... ; empty: half English, half anything
    bool held_out = false;        // voices and sentences that training never uses, and only those
    float augmentation = 0;       // 0 clean .. 1: how often and how badly the sound is treated (audio_augmentation.h)
};

class PerformanceGenerator {
public:
    /// Starts the voices and reads the sentences of the data folder. Throws Error (unsupported) in a build without
    /// voices, and what SpeechSynthesizer and Texts throw.
    PerformanceGenerator();
    ~PerformanceGenerator();
    PerformanceGenerator(PerformanceGenerator&&) noexcept;
    PerformanceGenerator& operator=(PerformanceGenerator&&) noexcept;

    /// The same seed and options give the same performance on every call and machine with the same voices. Any thread:
    /// speaking waits for other threads, the rest runs beside them. Throws Error (usage) for options out of range.
    Performance make(std::uint64_t seed, const PerformanceOptions& options) const;

private:
    struct Studio;
    std::unique_ptr<Studio> studio_;
};

}  // namespace mirrorme

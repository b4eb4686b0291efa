#pragma once
// A performance: sound, and what a performer does to it, frame by frame. Made by PerformanceGenerator or read from a
// file (performance_file.h); drawn by a Performer of the caller's choice.

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.h"
#include "train/performers/pose.h"
#include "train/voices/speech.h"

namespace mirrorme {

/// Pose i is what the performer does at i / 24 s; sample 0 of the sound is at 0 s.
inline constexpr MediaClock kPerformanceClock{Rational{kSpeechRate, 1}, Rational{24, 1}};

enum class GestureHand : std::uint8_t { right, left, both };

struct GestureSpan {
    std::string name;           // one of gesture_names()
    int start_frame = 0;        // [start_frame, end_frame) of the performance
    int end_frame = 0;
    GestureHand hand = GestureHand::right;
    bool operator==(const GestureSpan&) const = default;
};

struct Performance {
    std::uint64_t seed = 0;
    std::vector<float> audio_16k;             // kPerformanceClock.first_sample(frames) samples, |sample| <= 1
    std::vector<PerformerPose> poses;         // one a frame
    std::vector<std::uint8_t> speaking;       // one a frame: 1 while somebody speaks, short pauses included
    std::vector<GestureSpan> gestures;        // in order
    std::vector<PhonemeSpan> phonemes;        // cover the sound without gaps
    std::string voice;                        // name_of(VoiceChoice); empty when nobody speaks
    std::string text;                         // the sentences, one a line

    int frames() const noexcept { return static_cast<int>(poses.size()); }
};

/// Seconds of frame `frame`.
constexpr double seconds_of_frame(int frame) noexcept { return frame / 24.0; }

}  // namespace mirrorme

#include "train/performance/speech_beats.h"

#include <algorithm>
#include <cmath>

#include "train/performance/performance.h"

namespace mirrorme {
namespace {

double seconds_of(std::int64_t sample) { return static_cast<double>(sample) / kSpeechRate; }

}  // namespace

SpeechBeats speech_beats(std::span<const PhonemeSpan> phonemes) {
    SpeechBeats speech;
    for (const PhonemeSpan& span : phonemes) {
        const double start = seconds_of(span.start_sample), end = seconds_of(span.end_sample);
        if (span.phone == Phone::silence) continue;
        if (speech.phrases.empty() || start - speech.phrases.back().end > kPhrasePauseSeconds) speech.phrases.push_back({start, end});
        speech.phrases.back().end = end;
        if (span.stressed) speech.beats.push_back({(start + end) / 2, span.prominence});
    }
    return speech;
}

std::vector<std::uint8_t> speaking_frames(const SpeechBeats& speech, int frames) {
    std::vector<std::uint8_t> speaking(static_cast<std::size_t>(frames), 0);
    for (const Phrase& phrase : speech.phrases) {
        // A frame is shown from its time until the next: it speaks when any of that does.
        const int first = std::max(0, static_cast<int>(std::floor(phrase.start * 24)));
        const int end = std::min(frames, static_cast<int>(std::ceil(phrase.end * 24)));
        for (int i = first; i < end; ++i) speaking[static_cast<std::size_t>(i)] = 1;
    }
    return speaking;
}

}  // namespace mirrorme

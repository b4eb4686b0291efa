#pragma once
// Text to sound with known sounds at known times. A training tool: it links espeak-ng (GPL-3) and flite and is never
// part of what a streamer installs.

#include <memory>
#include <mutex>

#include "train/voices/speech.h"

namespace mirrorme {

class EspeakEngine;
class FliteEngine;

class SpeechSynthesizer {
public:
    /// Any number may exist. Throws Error (unsupported) when an engine does not start.
    SpeechSynthesizer();
    ~SpeechSynthesizer();
    SpeechSynthesizer(const SpeechSynthesizer&) = delete;
    SpeechSynthesizer& operator=(const SpeechSynthesizer&) = delete;

    /// The same request gives the same bytes, whatever was said before. Any thread; calls wait for each other.
    /// Costs 6 ms and 2 ms for a second of speech (espeak), 12 ms for a second (flite's statistical voices), on one core.
    /// Throws Error: usage (empty or overlong text), not_found (voice), unsupported (language of flite), internal.
    SpeechClip speak(const SpeechRequest& request);

private:
    std::unique_ptr<EspeakEngine> espeak_;
    std::unique_ptr<FliteEngine> flite_;
    std::mutex flite_mutex_;
};

}  // namespace mirrorme

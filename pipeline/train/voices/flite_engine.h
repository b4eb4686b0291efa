#pragma once
// flite's five English voices as an object.

#include <memory>

#include "train/voices/engine_speech.h"
#include "train/voices/speech.h"

namespace mirrorme {

class FliteEngine {
public:
    FliteEngine();
    ~FliteEngine();
    FliteEngine(const FliteEngine&) = delete;
    FliteEngine& operator=(const FliteEngine&) = delete;

    /// One thread at a time. Throws Error: not_found (voice), internal.
    EngineSpeech speak(const SpeechRequest& request);

private:
    struct Voices;
    std::unique_ptr<Voices> voices_;
};

}  // namespace mirrorme

#pragma once
// espeak-ng, loaded anew for every request. Private to the room.

#include "train/voices/engine_speech.h"
#include "train/voices/speech.h"

namespace mirrorme {

class EspeakEngine {
public:
    /// Throws Error (unsupported) when espeak-ng or its voice data is not installed.
    EspeakEngine();

    /// The same request gives the same bytes. Any thread; one request at a time in the whole process, others wait.
    /// About 5 ms for the loading and 1 ms for a second of speech. Throws Error: unsupported, not_found (language or
    /// variant), internal.
    EngineSpeech speak(const SpeechRequest& request) const;
};

}  // namespace mirrorme

#pragma once
// Who can speak what. Held out: voices whose stable hash ends in 9 (hash % 10 == 9) and sentences likewise are never
// used in training; evaluation uses nothing else.

#include <string>
#include <string_view>
#include <vector>

#include "train/voices/speech.h"

namespace mirrorme {

enum class HeldOut { no, yes };

struct VoiceChoice {
    SpeechEngine engine = SpeechEngine::espeak;
    std::string language;  // espeak-ng's voice file: "en-us", "fr", "pt-br" ...
    std::string voice;     // as in SpeechRequest
    std::string texts;     // name of its sentences: "en", "fr", ...
};

/// Stable name of a voice: "espeak/fr+f3".
std::string name_of(const VoiceChoice& voice);
/// By the convention above, of a voice's name or a sentence.
bool is_held_out(std::string_view name_or_sentence) noexcept;

/// Names of the sentence collections with a voice: "en", "de", "es", ...
const std::vector<std::string>& text_languages();
/// Every voice that speaks `texts` ("en", ...), or every voice when it is empty, held out or not as asked. Never empty
/// for a known language. Throws Error (not_found) for others.
std::vector<VoiceChoice> voices_for(std::string_view texts, HeldOut held_out);

}  // namespace mirrorme

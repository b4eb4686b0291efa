#pragma once
// From an engine's labels to spans that mean the same for both engines. Private to the room.

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "train/voices/engine_speech.h"
#include "train/voices/speech.h"

namespace mirrorme {

using LabelReader = std::function<std::vector<Phone>(std::string_view)>;

/// `samples` at kSpeechRate is `speech` resampled. Labels become phones (a diphthong two spans, unknown names part of
/// the sound before), stops get their closures and releases from the sound, vowels their prominence.
std::vector<PhonemeSpan> phone_spans(const EngineSpeech& speech, std::span<const float> samples, ClosureLabels convention,
                                     const LabelReader& reader);

}  // namespace mirrorme

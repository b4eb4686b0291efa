#include "train/voices/speech_synthesizer.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "train/voices/espeak_engine.h"
#include "train/voices/flite_engine.h"
#include "train/voices/phone_labels.h"
#include "train/voices/phone_spans.h"
#include "train/voices/windowed_sinc.h"

namespace mirrorme {
namespace {

constexpr std::size_t kLongestText = 4000;  // bytes
constexpr float kSpeechLevel = 0.1f;        // RMS over the sounding part, -20 dBFS, at volume 1
constexpr float kPeak = 0.98f;

/// Engines and variants differ by 15 dB: all get one level, short of clipping.
void set_level(std::vector<float>& samples, float volume) {
    float peak = 0;
    for (const float s : samples) peak = std::max(peak, std::abs(s));
    double energy = 0;
    std::size_t sounding = 0;
    for (const float s : samples) {
        if (std::abs(s) < 0.01f * peak) continue;
        energy += static_cast<double>(s) * s;
        ++sounding;
    }
    if (sounding == 0) return;
    const float rms = static_cast<float>(std::sqrt(energy / static_cast<double>(sounding)));
    const float gain = std::min(kSpeechLevel * std::clamp(volume, 0.0f, 1.5f) / rms, kPeak / peak);
    for (float& s : samples) s *= gain;
}

}  // namespace

SpeechSynthesizer::SpeechSynthesizer() : espeak_(std::make_unique<EspeakEngine>()), flite_(std::make_unique<FliteEngine>()) {}
SpeechSynthesizer::~SpeechSynthesizer() = default;

SpeechClip SpeechSynthesizer::speak(const SpeechRequest& request) {
    if (request.text.find_first_not_of(" \t\r\n") == std::string::npos) {
        throw Error(ErrorCode::usage, "speech", "there is nothing to say", "Give a sentence");
    }
    if (request.text.size() > kLongestText) {
        throw Error(ErrorCode::usage, "speech", "the text is longer than " + std::to_string(kLongestText) + " bytes", "Say it in parts");
    }
    const bool by_flite = request.engine == SpeechEngine::flite;
    if (by_flite && request.language != "en-us") {
        throw Error(ErrorCode::unsupported, "speech", "flite does not speak " + request.language, "Use espeak");
    }
    EngineSpeech speech;
    if (by_flite) {
        const std::lock_guard lock(flite_mutex_);
        speech = flite_->speak(request);
    } else {
        speech = espeak_->speak(request);
    }

    SpeechClip clip;
    std::vector<float> samples(speech.samples.size());
    std::transform(speech.samples.begin(), speech.samples.end(), samples.begin(), [](std::int16_t s) { return s / 32768.0f; });
    clip.samples = resample(samples, speech.rate, kSpeechRate);
    set_level(clip.samples, request.volume);
    const auto espeak_phones = [&](std::string_view name) { return phones_from_espeak(name, request.language); };
    clip.phonemes = by_flite ? phone_spans(speech, clip.samples, ClosureLabels::inside, phones_from_cmu)
                             : phone_spans(speech, clip.samples, ClosureLabels::before_voiceless, espeak_phones);
    return clip;
}

}  // namespace mirrorme

#include "train/performance/performance_generator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.h"
#include "train/performance/audio_augmentation.h"
#include "train/performance/perform.h"
#include "train/performance/spoken_track.h"
#include "train/voices/seeded_random.h"

#ifdef MIRRORME_HAS_VOICES
#include "train/voices/speech_synthesizer.h"
#include "train/voices/texts.h"
#include "train/voices/voice_list.h"
#include "train/voices/windowed_sinc.h"
#endif

namespace mirrorme {

#ifdef MIRRORME_HAS_VOICES

namespace {

constexpr int kMostFrames = 24 * 600;
constexpr int kMostClips = 400;  // a voice that says nothing must not hang the trainer

enum Stream : std::uint64_t { speech_stream = 100, motion_stream, augmentation_stream };

/// One speaker for the whole performance; sentences vary a little around it.
struct Speaker {
    VoiceChoice voice;
    float rate, pitch, pitch_range;
    float tract = 1;  // length of the mouth and throat against the voice's own
};

// Note [More speakers than voices]
// A few dozen voices are learned by heart, and everyone else's are guessed at. A longer or shorter vocal tract is another speaker: the voice
// speaks faster and higher by as much as its sound is then slowed down, which leaves tempo and melody and moves the formants. Held-out
// voices stay as they are, and so does the set that is measured on.

/// The clip as a speaker with a vocal tract longer by `tract` would say it in as much more time.
SpeechClip with_tract(SpeechClip clip, float tract) {
    const int rate = static_cast<int>(std::lround(kSpeechRate * tract));
    if (rate == kSpeechRate || clip.samples.empty()) return clip;
    clip.samples = resample(clip.samples, kSpeechRate, rate);
    const auto size = static_cast<std::int64_t>(clip.samples.size());
    const auto moved = [&](std::int64_t& sample) { sample = std::min(size, sample * rate / kSpeechRate); };
    for (PhonemeSpan& span : clip.phonemes) moved(span.start_sample), moved(span.end_sample), moved(span.release_sample);
    if (!clip.phonemes.empty()) clip.phonemes.back().end_sample = size;
    return clip;
}

std::string drawn_language(SeededRandom& random, const std::string& wanted) {
    if (!wanted.empty()) return wanted;
    return random.chance(0.5) ? "en" : random.pick(text_languages());
}

/// flite's few voices sound more like people than espeak-ng's many: they get a quarter of the English time.
VoiceChoice drawn_voice(SeededRandom& random, const std::string& language, HeldOut held_out) {
    std::vector<VoiceChoice> voices = voices_for(language, held_out);
    const bool flite = random.chance(0.25);
    const auto wanted = [&](const VoiceChoice& v) { return (v.engine == SpeechEngine::flite) == flite; };
    if (std::any_of(voices.begin(), voices.end(), wanted)) {
        std::erase_if(voices, [&](const VoiceChoice& v) { return !wanted(v); });
    }
    return random.pick(voices);
}

Speaker drawn_speaker(SeededRandom& random, const PerformanceOptions& options) {
    const HeldOut held_out = options.held_out ? HeldOut::yes : HeldOut::no;
    const std::string language = drawn_language(random, options.language);
    Speaker speaker{drawn_voice(random, language, held_out), 1, 1, 1};
    speaker.rate = std::clamp(static_cast<float>(random.log_normal(0.95, 0.16)), 0.65f, 1.45f);
    speaker.pitch = std::clamp(static_cast<float>(random.log_normal(1.0, 0.16)), 0.7f, 1.45f);
    speaker.pitch_range = random.range(0.5f, 1.7f);
    if (!options.held_out && random.chance(0.7)) speaker.tract = random.range(0.84f, 1.19f);
    return speaker;
}

}  // namespace

struct PerformanceGenerator::Studio {
    SpeechSynthesizer voices;
    Texts texts = Texts::installed();

    SpokenTrack speech(SeededRandom random, const PerformanceOptions& options) {
        const std::int64_t samples = kPerformanceClock.first_sample(options.frames);
        SpokenTrackBuilder track(samples);
        // Some of the silence comes as whole performances in which nobody speaks.
        const bool idle = options.speech_share <= 0 || random.chance(0.25 * (1 - options.speech_share));
        if (idle) return track.finish();

        const Speaker speaker = drawn_speaker(random, options);
        const double share = std::clamp(options.speech_share, 0.05f, 1.0f);
        std::string text;
        // Streams are cut anywhere: half of the performances start in the middle of a sentence.
        const bool cut_in = random.chance(0.5 * share);
        auto cursor = static_cast<std::int64_t>(kSpeechRate * (cut_in ? 0.0 : 0.1 + 1.2 * (1 - share) * random.unit() + 0.3 * random.unit()));
        for (int i = 0; i < kMostClips && cursor < samples; ++i) {
            const SpeechClip clip = sentence(random, speaker, options, text);
            const auto length = static_cast<std::int64_t>(clip.samples.size());
            if (i == 0 && cut_in) cursor = -static_cast<std::int64_t>(static_cast<double>(length) * 0.7 * random.unit());
            if (cursor > kSpeechRate / 2 && random.chance(0.3)) track.add_breath(cursor, random);
            track.add(clip, cursor);
            const double seconds = static_cast<double>(length) / kSpeechRate;
            const double pause = std::clamp(seconds * (1 - share) / share * random.log_normal(0.8, 0.6), 0.1, 8.0);
            cursor += length + static_cast<std::int64_t>(pause * kSpeechRate);
        }
        SpokenTrack result = track.finish();
        result.voice = name_of(speaker.voice);
        result.text = std::move(text);
        return result;
    }

    SpeechClip sentence(SeededRandom& random, const Speaker& speaker, const PerformanceOptions& options, std::string& text) {
        SpeechRequest request;
        request.text = texts.sentence(speaker.voice.texts, options.held_out ? HeldOut::yes : HeldOut::no, random.bits());
        request.language = speaker.voice.language;
        request.voice = speaker.voice.voice;
        request.engine = speaker.voice.engine;
        request.rate = speaker.rate * random.range(0.92f, 1.08f) * speaker.tract;
        request.pitch = speaker.pitch * random.range(0.95f, 1.05f) * speaker.tract;
        request.pitch_range = speaker.pitch_range;
        request.volume = std::pow(10.0f, random.range(-3.0f, 2.0f) / 20);
        if (!text.empty()) text += '\n';
        text += request.text;
        return with_tract(voices.speak(request), speaker.tract);
    }
};

PerformanceGenerator::PerformanceGenerator() : studio_(std::make_unique<Studio>()) {}

Performance PerformanceGenerator::make(std::uint64_t seed, const PerformanceOptions& options) const {
    if (options.frames < 1 || options.frames > kMostFrames) {
        throw Error(ErrorCode::usage, "frames", "must be 1 to " + std::to_string(kMostFrames), "Make longer ones in parts");
    }
    const SeededRandom random(seed);
    Performance performance = perform(random.fork(motion_stream).bits(), studio_->speech(random.fork(speech_stream), options),
                                      {options.frames, options.gesture_share});
    performance.seed = seed;
    if (options.augmentation > 0) {
        augment_audio(performance.audio_16k, random.fork(augmentation_stream).bits(), options.augmentation);
    }
    return performance;
}

#else

struct PerformanceGenerator::Studio {};

PerformanceGenerator::PerformanceGenerator() {
    throw Error(ErrorCode::unsupported, "speech", "this build has no voices",
                "Make performances on a machine with espeak-ng and flite and give their folder");
}

Performance PerformanceGenerator::make(std::uint64_t, const PerformanceOptions&) const { return {}; }

#endif

PerformanceGenerator::~PerformanceGenerator() = default;
PerformanceGenerator::PerformanceGenerator(PerformanceGenerator&&) noexcept = default;
PerformanceGenerator& PerformanceGenerator::operator=(PerformanceGenerator&&) noexcept = default;

}  // namespace mirrorme

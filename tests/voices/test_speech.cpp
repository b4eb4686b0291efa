// Speech of both engines: spans, closures, determinism, errors.

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/error.h"
#include "train/voices/speech_synthesizer.h"
#include "train/voices/texts.h"
#include "train/voices/voice_list.h"

using namespace mirrorme;

namespace {

SpeechSynthesizer& voices() {
    static SpeechSynthesizer synthesizer;
    return synthesizer;
}

SpeechRequest request(std::string text, const VoiceChoice& voice) {
    SpeechRequest r;
    r.text = std::move(text);
    r.language = voice.language;
    r.voice = voice.voice;
    r.engine = voice.engine;
    return r;
}

SpeechRequest english(std::string text, SpeechEngine engine, std::string voice = {}) {
    SpeechRequest r;
    r.text = std::move(text);
    r.engine = engine;
    r.voice = std::move(voice);
    return r;
}

double rms(const SpeechClip& clip, std::int64_t first, std::int64_t end) {
    double energy = 0;
    for (std::int64_t i = first; i < end; ++i) energy += std::pow(clip.samples[static_cast<std::size_t>(i)], 2);
    return end > first ? std::sqrt(energy / static_cast<double>(end - first)) : 0;
}

/// Level of the differences of neighbouring samples: behind closed lips a voice hums, but has no high frequencies.
double edge(const SpeechClip& clip, std::int64_t first, std::int64_t end) {
    double energy = 0;
    for (std::int64_t i = first + 1; i < end; ++i) {
        energy += std::pow(clip.samples[static_cast<std::size_t>(i)] - clip.samples[static_cast<std::size_t>(i - 1)], 2);
    }
    return end > first ? std::sqrt(energy / static_cast<double>(end - first)) : 0;
}

void check_spans(const SpeechClip& clip) {
    REQUIRE_FALSE(clip.phonemes.empty());
    std::int64_t at = 0;
    bool ordered = true;
    for (const PhonemeSpan& span : clip.phonemes) {
        ordered = ordered && span.start_sample == at && span.end_sample > at && span.release_sample >= at && span.release_sample <= span.end_sample;
        at = span.end_sample;
    }
    CHECK(ordered);
    CHECK(at == static_cast<std::int64_t>(clip.samples.size()));
    CHECK(std::all_of(clip.samples.begin(), clip.samples.end(), [](float s) { return std::abs(s) <= 1.0f; }));
}

std::vector<PhonemeSpan> only(const SpeechClip& clip, bool (*keep)(Phone)) {
    std::vector<PhonemeSpan> kept;
    std::copy_if(clip.phonemes.begin(), clip.phonemes.end(), std::back_inserter(kept), [&](const PhonemeSpan& s) { return keep(s.phone); });
    return kept;
}

bool bilabial_stop(Phone p) { return p == Phone::p || p == Phone::b; }

}  // namespace

TEST_CASE("spans cover a clip without gaps, in every language", "[voices]") {
    const Texts texts = Texts::installed();
    for (const std::string& language : text_languages()) {
        const auto choices = voices_for(language, HeldOut::no);
        for (std::size_t i = 0; i < 4; ++i) {
            const VoiceChoice& voice = choices[i * choices.size() / 4];
            const SpeechClip clip = voices().speak(request(texts.collected(language)[i * 7 + 1], voice));
            INFO(name_of(voice));
            check_spans(clip);
            CHECK(only(clip, is_vowel).size() >= 2);
            const auto stressed = std::count_if(clip.phonemes.begin(), clip.phonemes.end(), [](const PhonemeSpan& s) { return s.stressed; });
            CHECK(stressed >= 1);
            CHECK(stressed <= static_cast<std::ptrdiff_t>(only(clip, is_vowel).size()));
        }
    }
}

TEST_CASE("every flite voice speaks", "[voices]") {
    for (const char* voice : {"slt", "rms", "awb", "kal16", "kal"}) {
        const SpeechClip clip = voices().speak(english("Maybe my mother.", SpeechEngine::flite, voice));
        check_spans(clip);
        CHECK(only(clip, closes_lips).size() == 4);  // m b m m
    }
}

TEST_CASE("closures are quiet in both engines, and the engines agree on which there are", "[voices]") {
    const std::string text = "Happy people, a big pumpkin pie, and a baby bear.";
    std::vector<std::vector<Phone>> heard;
    for (const auto& r : {english(text, SpeechEngine::espeak), english(text, SpeechEngine::espeak, "f3"), english(text, SpeechEngine::flite, "rms"),
                          english(text, SpeechEngine::flite, "slt")}) {
        const SpeechClip clip = voices().speak(r);
        double vowel = 0, closed = 0;
        for (const PhonemeSpan& span : only(clip, is_vowel)) vowel += std::pow(edge(clip, span.start_sample, span.end_sample), 2);
        vowel = std::sqrt(vowel / static_cast<double>(only(clip, is_vowel).size()));
        const auto stops = only(clip, bilabial_stop);
        heard.emplace_back();
        for (const PhonemeSpan& span : stops) {
            heard.back().push_back(span.phone);
            closed += std::pow(edge(clip, span.start_sample, span.release_sample), 2) / static_cast<double>(stops.size());
            CHECK(span.release_sample - span.start_sample >= kSpeechRate * 5 / 1000);
            CHECK(span.release_sample - span.start_sample <= kSpeechRate * 160 / 1000);
        }
        // flite's statistical voices smear: still a tenth of a vowel's energy at the most.
        INFO("closure " << std::sqrt(closed) << " against vowels " << vowel);
        CHECK(std::sqrt(closed) < 0.33 * vowel);
    }
    for (const auto& phones : heard) CHECK(phones == heard.front());
}

TEST_CASE("a voiceless closure of espeak-ng is silence taken from the sound before", "[voices]") {
    const SpeechClip clip = voices().speak(english("A happy puppy.", SpeechEngine::espeak));
    const auto stops = only(clip, bilabial_stop);
    REQUIRE(stops.size() == 3);
    for (const PhonemeSpan& span : stops) {
        CHECK(span.release_sample - span.start_sample >= kSpeechRate * 30 / 1000);
        CHECK(rms(clip, span.start_sample + 80, span.release_sample - 80) < 0.01);
        CHECK(rms(clip, span.release_sample, span.end_sample) > 0.01);  // the burst follows
    }
}

TEST_CASE("a request gives the same bytes whatever was said before", "[voices]") {
    for (const char* voice : {"", "f3", "Mike", "klatt2", "whisper"}) {
        const SpeechRequest r = english("If the test fails, read the message.", SpeechEngine::espeak, voice);
        const SpeechClip first = voices().speak(r);
        SpeechRequest other = english("Something else entirely!", SpeechEngine::espeak, "f5");
        other.rate = 1.4f;
        other.language = "de";
        voices().speak(other);
        const SpeechClip second = voices().speak(r);
        INFO("voice \"" << voice << '"');
        CHECK(first.samples == second.samples);
        CHECK(first.phonemes == second.phonemes);
    }
    const SpeechRequest r = english("Read the message.", SpeechEngine::flite, "kal16");
    const SpeechClip first = voices().speak(r);
    SpeechRequest faster = r;
    faster.rate = 1.5f;
    faster.pitch = 1.3f;
    CHECK(voices().speak(faster).samples.size() < first.samples.size() * 4 / 5);
    CHECK(voices().speak(r).samples == first.samples);
}

TEST_CASE("rate and volume are obeyed", "[voices]") {
    SpeechRequest r = english("The whole room fell silent.", SpeechEngine::espeak);
    const SpeechClip usual = voices().speak(r);
    r.rate = 1.6f;
    CHECK(voices().speak(r).samples.size() < usual.samples.size() * 4 / 5);
    r.rate = 1;
    r.volume = 0.25f;
    const SpeechClip soft = voices().speak(r);
    const auto size = static_cast<std::int64_t>(usual.samples.size());
    CHECK_THAT(rms(soft, 0, size), Catch::Matchers::WithinRel(0.25 * rms(usual, 0, size), 0.01));
}

TEST_CASE("what cannot be spoken is refused with a reason", "[voices]") {
    const auto code_of = [](const SpeechRequest& r) {
        try {
            voices().speak(r);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode::none;
    };
    CHECK(code_of(english("", SpeechEngine::espeak)) == ErrorCode::usage);
    CHECK(code_of(english(" \n ", SpeechEngine::flite)) == ErrorCode::usage);
    CHECK(code_of(english(std::string(5000, 'a'), SpeechEngine::espeak)) == ErrorCode::usage);
    CHECK(code_of(english("Hello.", SpeechEngine::flite, "nobody")) == ErrorCode::not_found);
    SpeechRequest french = english("Bonjour.", SpeechEngine::flite);
    french.language = "fr";
    CHECK(code_of(french) == ErrorCode::unsupported);
    SpeechRequest unknown = english("Hello.", SpeechEngine::espeak);
    unknown.language = "no-such-language";
    CHECK(code_of(unknown) == ErrorCode::not_found);
    CHECK(code_of(english("Still speaking.", SpeechEngine::espeak)) == ErrorCode::none);
}

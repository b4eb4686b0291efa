// Makes the voice of the demo (data/demo/README.md). Hidden: run it by its tag.

#include <catch2/catch_test_macros.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "performance/performances.h"
#include "train/performance/audio_effects.h"
#include "train/performance/spoken_track.h"

#ifdef MIRRORME_HAS_VOICES
#include "train/voices/speech_synthesizer.h"

using namespace mirrorme;

namespace {

void put32(std::ofstream& out, std::uint32_t value) { out.write(reinterpret_cast<const char*>(&value), 4); }
void put16(std::ofstream& out, std::uint16_t value) { out.write(reinterpret_cast<const char*>(&value), 2); }

/// RIFF WAVE, 16-bit PCM, mono.
void write_wav(const std::string& path, std::span<const float> audio) {
    std::ofstream out(path, std::ios::binary);
    const auto bytes = static_cast<std::uint32_t>(audio.size() * 2);
    out << "RIFF";
    put32(out, 36 + bytes);
    out << "WAVEfmt ";
    put32(out, 16);
    put16(out, 1);
    put16(out, 1);
    put32(out, kSpeechRate);
    put32(out, kSpeechRate * 2);
    put16(out, 2);
    put16(out, 16);
    out << "data";
    put32(out, bytes);
    for (const float s : audio) put16(out, static_cast<std::uint16_t>(static_cast<std::int16_t>(std::lround(std::clamp(s, -1.0f, 1.0f) * 32767))));
    REQUIRE(out.good());
}

}  // namespace

TEST_CASE("the demo's voice", "[.demo]") {
    SpeechSynthesizer voices;
    constexpr double kPause = 0.75, kLead = 0.4;  // seconds
    std::vector<SpeechClip> clips;
    for (const char* text : {"Hello, I am Mirror Me!", "You give me one picture and your voice, and I speak for you.", "Shall we begin?"}) {
        SpeechRequest request;
        request.text = text;
        request.engine = SpeechEngine::flite;
        request.voice = "slt";
        request.rate = 1.02f;
        request.pitch = 1.04f;
        clips.push_back(voices.speak(request));
    }
    // The silence that flite puts around a sentence counts as part of the pause.
    std::int64_t cursor = 0;
    std::vector<std::int64_t> starts;
    for (std::size_t i = 0; i < clips.size(); ++i) {
        const PhonemeSpan& first = clips[i].phonemes.front();
        const std::int64_t lead = first.phone == Phone::silence ? first.end_sample : 0;
        cursor += static_cast<std::int64_t>((i == 0 ? kLead : kPause) * kSpeechRate);
        starts.push_back(cursor - lead);
        cursor += clips[i].phonemes.back().start_sample - lead;
    }
    SpokenTrackBuilder track(cursor + static_cast<std::int64_t>(0.6 * kSpeechRate));
    for (std::size_t i = 0; i < clips.size(); ++i) track.add(clips[i], starts[i]);
    std::vector<float> audio = track.finish().audio_16k;

    // A speaker in a room with curtains: a little warmth, a little air, a short tail.
    SeededRandom random(1);
    Biquad::high_pass(80, 0.7).apply(audio);
    Biquad::peak(200, 0.8, 2).apply(audio);
    Biquad::peak(4500, 0.7, 2).apply(audio);
    add_room(audio, 0.22, 0.08, random);
    float peak = 0;
    for (const float s : audio) peak = std::max(peak, std::abs(s));
    for (float& s : audio) s *= 0.7f / peak;

    CHECK(audio.size() > 8 * kSpeechRate);
    CHECK(audio.size() < 10 * kSpeechRate);
    write_wav("hello.wav", audio);
}

#endif

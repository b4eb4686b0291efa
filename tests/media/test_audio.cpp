#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <thread>

#include "media/audio_reader.h"
#include "media_support.h"

using namespace mirrorme;
using namespace mirrorme::testing;
using Catch::Approx;
using Catch::Matchers::ContainsSubstring;

namespace {

std::vector<float> read_all(AudioReader& reader, std::size_t block_frames) {
    std::vector<float> samples;
    for (AudioBlock block; reader.read(block, block_frames);) {
        CHECK(block.frames() <= block_frames);
        samples.insert(samples.end(), block.samples.begin(), block.samples.end());
    }
    return samples;
}

}  // namespace

TEST_CASE("a WAV comes back sample for sample, at its own rate, in blocks of any size", "[audio]") {
    const TempFolder folder;
    for (const int rate : {8000, 16000, 44100, 48000, 96000}) {
        const auto expected = tone(440, rate, 0.3);
        put(folder / "a.wav", wav({expected}, rate));
        for (const std::size_t block : {1u, 160u, 100000u}) {
            AudioReader reader(MediaSource{(folder / "a.wav").string()});
            CHECK(reader.facts().sample_rate == rate);
            CHECK(reader.facts().channels == 1);
            CHECK(*reader.facts().duration_s == Approx(0.3).margin(0.001));
            const auto samples = read_all(reader, block);
            REQUIRE(samples.size() == expected.size());
            for (std::size_t i = 0; i < samples.size(); i += 97) CHECK(samples[i] == Approx(expected[i]).margin(1e-4));
            CHECK(reader.damaged_packets() == 0);
        }
    }
}

TEST_CASE("rates that no session takes are brought to a usual one", "[audio]") {
    const TempFolder folder;
    for (const int stored : {6000, 384000}) {
        put(folder / "a.wav", wav({tone(440, stored, 0.5)}, stored));
        int rate = 0;
        const auto samples = read_audio_mono((folder / "a.wav").string(), rate);
        CHECK(rate == 48000);
        CHECK(samples.size() == Approx(24000).margin(50));
        CHECK(rms(samples, 4800, 19200) == Approx(0.5 / std::sqrt(2)).epsilon(0.02));
    }
}

TEST_CASE("stereo stays stereo and its mono keeps the level of one voice", "[audio]") {
    const TempFolder folder;
    const auto voice = tone(300, 16000, 0.2), none = std::vector<float>(voice.size(), 0.0f);
    put(folder / "both.wav", wav({voice, voice}, 16000));
    put(folder / "left.wav", wav({voice, none}, 16000));
    int rate = 0;
    CHECK(rms(read_audio_mono((folder / "both.wav").string(), rate), 0, voice.size()) == Approx(rms(voice, 0, voice.size())).epsilon(0.01));
    CHECK(rms(read_audio_mono((folder / "left.wav").string(), rate), 0, voice.size()) == Approx(rms(voice, 0, voice.size()) / 2).epsilon(0.01));
    AudioReader reader(MediaSource{(folder / "left.wav").string()});
    CHECK(reader.facts().channels == 2);
    AudioBlock block;
    REQUIRE(reader.read(block, 100));
    for (std::size_t i = 0; i < block.frames(); ++i) CHECK(block.samples[2 * i + 1] == 0.0f);
}

TEST_CASE("surround sound is folded down: the centre is heard, the low-frequency channel is not", "[audio]") {
    const TempFolder folder;
    const auto voice = tone(300, 48000, 0.1), none = std::vector<float>(voice.size(), 0.0f);
    const double level = rms(voice, 0, voice.size());
    int rate = 0;
    put(folder / "centre.wav", wav({none, none, voice, none, none, none}, 48000));
    CHECK(rms(read_audio_mono((folder / "centre.wav").string(), rate), 0, voice.size()) == Approx(level * std::sqrt(0.5)).epsilon(0.01));
    put(folder / "low.wav", wav({none, none, none, voice, none, none}, 48000));
    CHECK(rms(read_audio_mono((folder / "low.wav").string(), rate), 0, voice.size()) == 0.0);
}

TEST_CASE("wild samples are tamed", "[audio]") {
    const TempFolder folder;
    // A float WAV may hold anything.
    const float wild[] = {2.0f, -7.0f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(), 0.25f};
    std::string out = "RIFF";
    append<std::uint32_t>(out, 36 + sizeof wild);
    out += "WAVEfmt ";
    append<std::uint32_t>(out, 16);
    append<std::uint16_t>(out, 3);
    append<std::uint16_t>(out, 1);
    append<std::uint32_t>(out, 8000);
    append<std::uint32_t>(out, 32000);
    append<std::uint16_t>(out, 4);
    append<std::uint16_t>(out, 32);
    out += "data";
    append<std::uint32_t>(out, sizeof wild);
    for (const float value : wild) append(out, value);
    put(folder / "wild.wav", out);
    int rate = 0;
    CHECK(read_audio_mono((folder / "wild.wav").string(), rate) == std::vector<float>{1.0f, -1.0f, 0.0f, 1.0f, 0.25f});
}

TEST_CASE("a truncated recording plays as far as it goes", "[audio]") {
    const TempFolder folder;
    const std::string whole = wav({tone(440, 16000, 1.0)}, 16000);
    put(folder / "cut.wav", whole.substr(0, 44 + 16000));
    int rate = 0;
    CHECK(read_audio_mono((folder / "cut.wav").string(), rate).size() == 8000);
}

TEST_CASE("sound that cannot be read is refused with file and remedy", "[audio]") {
    const TempFolder folder;
    struct Case {
        const char* name;
        std::string bytes;
        const char* message;
    };
    std::string silly = wav({tone(440, 16000, 0.1)}, 16000);
    const std::uint32_t rate = 4'000'000'000u;
    std::memcpy(silly.data() + 24, &rate, sizeof rate);
    const std::vector<Case> cases = {
        {"zero.wav", "", "is empty"},
        {"text.wav", "hello, this is no sound", "cannot read"},
        {"header.wav", wav({tone(440, 16000, 0.1)}, 16000).substr(0, 44), "no sound"},
        {"noise.mp3", std::string(5000, '\x17'), "cannot read"},
        {"picture.png", get(fixture("palette.png")), "has no sound"},
        {"rate.wav", silly, "rate.wav"},
    };
    for (const Case& bad : cases) {
        INFO(bad.name);
        put(folder / bad.name, bad.bytes);
        const Error error = error_of([&] { AudioReader reader(MediaSource{(folder / bad.name).string()}); });
        CHECK_THAT(error.what(), ContainsSubstring(bad.message));
        CHECK_THAT(error.what(), ContainsSubstring(bad.name));
        CHECK(!error.remedy().empty());
    }
    CHECK(error_of([&] { AudioReader reader(MediaSource{(folder / "none.wav").string()}); }).code() == ErrorCode::not_found);
    CHECK_THAT(error_of([&] { AudioReader reader(MediaSource{folder.path().string()}); }).what(), ContainsSubstring("is a folder"));
    CHECK_THROWS_AS(AudioReader(MediaSource{"http://127.0.0.1:9/a.wav"}), Error);
}

TEST_CASE("a header that claims hours sizes nothing", "[audio]") {
    const TempFolder folder;
    std::string lying = wav({tone(440, 16000, 0.1)}, 16000);
    const std::uint32_t claimed = 0x7fffffff;
    std::memcpy(lying.data() + 40, &claimed, sizeof claimed);
    put(folder / "lying.wav", lying);
    int rate = 0;
    CHECK(read_audio_mono((folder / "lying.wav").string(), rate).size() == 1600);
    put(folder / "long.wav", wav({tone(440, 8000, 3)}, 8000));
    CHECK(error_of([&] { read_audio_mono((folder / "long.wav").string(), rate, 2.0); }).code() == ErrorCode::too_large);
}

TEST_CASE("a pipe that brings nothing more can be left", "[audio]") {
    const TempFolder folder;
    const std::string path = (folder / "pipe").string();
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    const int writer = ::open(path.c_str(), O_RDWR);  // keeps the pipe open: no end of file ever comes
    std::string sound = wav({tone(440, 48000, 2.0)}, 48000);  // FFmpeg looks at 64 KiB before it gives the first sample
    const std::uint32_t claimed = 0x7fffff00;
    std::memcpy(sound.data() + 40, &claimed, sizeof claimed);
    std::thread writing([&] { CHECK(::write(writer, sound.data(), sound.size()) == static_cast<ssize_t>(sound.size())); });

    AudioReader reader(MediaSource{path});
    std::atomic<std::size_t> frames{0};
    std::thread waiting([&] {
        try {
            for (AudioBlock block; reader.read(block, 160);) frames += block.frames();
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::cancelled);
        }
    });
    for (int i = 0; i < 200 && frames < 90000; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    reader.interrupt();
    waiting.join();
    writing.join();
    ::close(writer);
    CHECK(frames >= 90000);
}

TEST_CASE("reading stops when told to", "[audio]") {
    const TempFolder folder;
    put(folder / "a.wav", wav({tone(440, 16000, 20)}, 16000));
    std::atomic<bool> stop{false};
    AudioReader reader(MediaSource{(folder / "a.wav").string(), &stop});
    AudioBlock block;
    REQUIRE(reader.read(block, 1000));
    stop = true;
    CHECK(error_of([&] {
              while (reader.read(block, 1000)) {}
          }).code() == ErrorCode::cancelled);
}

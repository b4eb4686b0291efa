// Shards: what goes in comes out, and what is broken is refused.

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "core/error.h"
#include "performance/performances.h"
#include "support/temp_folder.h"
#include "train/performance/half_float.h"
#include "train/performance/perform.h"
#include "train/performance/performance_file.h"
#include "train/performance/performance_library.h"

using namespace mirrorme;
using mirrorme::testing::TempFolder;

namespace {

/// Made by hand, so that this test needs no voices.
Performance sample_performance(std::uint64_t seed, int frames) {
    SpokenTrackBuilder track(kPerformanceClock.first_sample(frames));
    SpeechClip clip;
    clip.samples.resize(4000);
    for (std::size_t i = 0; i < clip.samples.size(); ++i) clip.samples[i] = 0.3f * std::sin(0.05f * static_cast<float>(i));
    clip.phonemes = {{Phone::m, 0, 1200, 1200, 0, false}, {Phone::a, 1200, 4000, 1200, 0.8f, true}};
    track.add(clip, 1000);
    SpokenTrack speech = track.finish();
    speech.voice = "espeak/xx+y";
    speech.text = "Ma\nné";
    Performance p = perform(seed, std::move(speech), {frames, 0.6f});
    p.seed = seed;
    return p;
}

void check_same(const Performance& a, const Performance& b, float sound_error) {
    CHECK(a.seed == b.seed);
    CHECK(a.voice == b.voice);
    CHECK(a.text == b.text);
    CHECK(a.gestures == b.gestures);
    CHECK(a.speaking == b.speaking);
    REQUIRE(a.phonemes.size() == b.phonemes.size());
    for (std::size_t i = 0; i < a.phonemes.size(); ++i) {
        CHECK(a.phonemes[i].phone == b.phonemes[i].phone);
        CHECK(a.phonemes[i].start_sample == b.phonemes[i].start_sample);
        CHECK(a.phonemes[i].release_sample == b.phonemes[i].release_sample);
        CHECK(a.phonemes[i].end_sample == b.phonemes[i].end_sample);
        CHECK(a.phonemes[i].stressed == b.phonemes[i].stressed);
        CHECK(std::abs(a.phonemes[i].prominence - b.phonemes[i].prominence) < 1e-3f);
    }
    REQUIRE(a.poses.size() == b.poses.size());
    for (std::size_t i = 0; i < a.poses.size(); ++i) {
        float from[sizeof(PerformerPose) / sizeof(float)], to[sizeof(PerformerPose) / sizeof(float)];
        std::memcpy(from, &a.poses[i], sizeof(from));
        std::memcpy(to, &b.poses[i], sizeof(to));
        for (std::size_t k = 0; k < std::size(from); ++k) {
            if (from[k] == 0) CHECK(to[k] == 0);
            else CHECK(std::abs(from[k] - to[k]) <= std::abs(from[k]) * 5e-4f + 1e-7f);
        }
    }
    REQUIRE(a.audio_16k.size() == b.audio_16k.size());
    bool close = true;
    for (std::size_t i = 0; i < a.audio_16k.size(); ++i) {
        close = close && std::abs(a.audio_16k[i] - b.audio_16k[i]) <= sound_error * (0.01f + std::abs(a.audio_16k[i]));
        if (a.audio_16k[i] == 0) close = close && b.audio_16k[i] == 0;
    }
    CHECK(close);
}

std::string bytes_of(const std::filesystem::path& path) { return mirrorme::testing::get(path); }

/// Opens and reads everything; true when some Error was thrown. Anything else would fail the test.
bool refused(const std::filesystem::path& path) {
    try {
        const PerformanceShard shard(path);
        for (std::size_t i = 0; i < shard.size(); ++i) shard.read(i);
    } catch (const Error& error) {
        CHECK(std::string(error.what()).find(path.filename().string()) != std::string::npos);
        return true;
    }
    return false;
}

}  // namespace

TEST_CASE("half floats keep what they can", "[performance]") {
    for (const float value : {0.0f, 1.0f, -1.0f, 0.5f, 65504.0f, 0x1.0p-14f, 0x1.0p-24f, -0x1.8p-20f}) CHECK(from_half(to_half(value)) == value);
    for (float value = 1e-4f; value < 3e4f; value *= 1.0173f) CHECK(std::abs(from_half(to_half(value)) - value) <= value * 0x1.0p-11f);
    CHECK(std::isinf(from_half(to_half(1e6f))));
    CHECK(std::isnan(from_half(to_half(std::numeric_limits<float>::quiet_NaN()))));
    for (int bits = 0; bits < 0x7C00; ++bits) CHECK(to_half(from_half(static_cast<std::uint16_t>(bits))) == bits);
}

TEST_CASE("performances come back from a shard", "[performance]") {
    for (const SoundCoding coding : {SoundCoding::pcm16, SoundCoding::mu_law8}) {
        const TempFolder folder;
        std::vector<Performance> written;
        PerformanceShardWriter writer(folder.path(), "speech", coding);
        for (int i = 0; i < 5; ++i) {
            written.push_back(sample_performance(static_cast<std::uint64_t>(i), 24 + 7 * i));
            writer.add(written.back());
        }
        const auto files = writer.finish();
        REQUIRE(files.size() == 1);
        CHECK(find_performance_shards(folder.path()) == files);
        const PerformanceShard shard(files.front());
        REQUIRE(shard.size() == written.size());
        for (std::size_t i = written.size(); i-- > 0;) check_same(written[i], shard.read(i), coding == SoundCoding::pcm16 ? 0.004f : 0.05f);
    }
}

TEST_CASE("generated performances come back from a shard", "[performance]") {
    const TempFolder folder;
    PerformanceShardWriter writer(folder.path(), "speech", SoundCoding::pcm16);
    const Performance p = mirrorme::testing::generator().make(11, {});
    writer.add(p);
    check_same(p, PerformanceShard(writer.finish().front()).read(0), 0.004f);
}

TEST_CASE("shards are split at their limit", "[performance]") {
    const TempFolder folder;
    PerformanceShardWriter writer(folder.path(), "s", SoundCoding::mu_law8, 100'000);
    for (int i = 0; i < 12; ++i) writer.add(sample_performance(static_cast<std::uint64_t>(i), 48));
    const auto files = writer.finish();
    CHECK(files.size() >= 4);
    std::uint64_t next = 0;
    for (const auto& file : files) {
        CHECK(std::filesystem::file_size(file) <= 100'000);
        const PerformanceShard shard(file);
        for (std::size_t i = 0; i < shard.size(); ++i) CHECK(shard.read(i).seed == next++);
    }
    CHECK(next == 12);
}

TEST_CASE("a second of a performance costs what the header says", "[performance]") {
    const TempFolder folder;
    PerformanceShardWriter writer(folder.path(), "s", SoundCoding::mu_law8);
    writer.add(mirrorme::testing::generator().make(3, mirrorme::testing::of_frames(240)));
    CHECK(std::filesystem::file_size(writer.finish().front()) < 10 * 19'500);
}

TEST_CASE("broken shards are refused, whatever is broken", "[performance]") {
    const TempFolder folder;
    PerformanceShardWriter writer(folder.path(), "good", SoundCoding::mu_law8);
    writer.add(sample_performance(1, 12));
    writer.add(sample_performance(2, 10));
    const std::string good = bytes_of(writer.finish().front());
    const auto bad = folder / "bad.mmperf";
    const auto put = [&](const std::string& bytes) { std::ofstream(bad, std::ios::binary | std::ios::trunc) << bytes; };

    put(good);
    CHECK_FALSE(refused(bad));
    put("");
    CHECK(refused(bad));
    for (std::size_t size = 1; size < good.size(); size += 1 + size / 20) {
        put(good.substr(0, size));
        CHECK(refused(bad));
    }
    put(good + "x");
    CHECK(refused(bad));
    for (std::size_t at = 0; at < good.size(); at += at < 200 ? 1 : 97) {
        if (at >= 20 && at < 24) continue;  // reserved
        std::string changed = good;
        changed[at] = static_cast<char>(changed[at] ^ 0x41);
        put(changed);
        // Reserved words of a record's header carry nothing; every other byte counts.
        if (!refused(bad)) CHECK((at >= 28 && at < 32));
    }
    CHECK_THROWS_AS(PerformanceShard(folder / "missing.mmperf"), Error);
    const TempFolder empty;
    CHECK_THROWS_AS(find_performance_shards(empty.path()), Error);
}

TEST_CASE("a record that lies about its sizes is refused before anything is allocated", "[performance]") {
    const TempFolder folder;
    PerformanceShardWriter writer(folder.path(), "good", SoundCoding::pcm16);
    writer.add(sample_performance(1, 12));
    std::string bytes = bytes_of(writer.finish().front());
    constexpr std::size_t kRecord = 24 + 16;
    for (const std::size_t field : {8, 12, 16, 20, 24}) {  // frames, phonemes, gestures, voice, text
        std::string changed = bytes;
        const std::uint32_t huge = 0xFFFFFFF0u;
        std::memcpy(changed.data() + kRecord + field, &huge, sizeof(huge));
        const std::uint64_t hash = stable_hash(std::string_view(changed).substr(kRecord));
        std::memcpy(changed.data() + 24 + 8, &hash, sizeof(hash));
        const auto path = folder / "lies.mmperf";
        std::ofstream(path, std::ios::binary | std::ios::trunc) << changed;
        CHECK(refused(path));
    }
}

TEST_CASE("what does not fit a shard is not written", "[performance]") {
    const TempFolder folder;
    PerformanceShardWriter writer(folder.path(), "s", SoundCoding::pcm16);
    Performance p = sample_performance(1, 12);
    p.audio_16k.pop_back();
    CHECK_THROWS_AS(writer.add(p), Error);
    CHECK_THROWS_AS(writer.add(Performance{}), Error);
    CHECK(writer.finish().empty());
}

TEST_CASE("recorded speech stands in for voices", "[performance]") {
    const TempFolder folder;
    RecordingPlan plan;
    plan.minutes = 2;
    plan.frames = 240;
    plan.held_out_share = 0.25;
    double done = 0;
    const auto files = record_performances(mirrorme::testing::generator(), folder.path(), plan, [&](double share) { done = share; });
    CHECK(done == 1);
    REQUIRE(files.size() == 1);
    const PerformanceLibrary library(folder.path());
    CHECK(library.size() >= 10);
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        PerformanceOptions options = mirrorme::testing::of_frames(seed % 2 == 0 ? 96 : 500);  // the latter longer than a recording
        options.held_out = seed % 3 == 0;
        const Performance p = library.make(seed, options), again = library.make(seed, options);
        CHECK(p.audio_16k == again.audio_16k);
        CHECK(std::memcmp(p.poses.data(), again.poses.data(), p.poses.size() * sizeof(PerformerPose)) == 0);
        CHECK(p.frames() == options.frames);
        CHECK(static_cast<std::int64_t>(p.audio_16k.size()) == kPerformanceClock.first_sample(options.frames));
        std::int64_t at = 0;
        bool ordered = true;
        for (const PhonemeSpan& span : p.phonemes) {
            ordered = ordered && span.start_sample == at && span.end_sample > at;
            at = span.end_sample;
        }
        CHECK(ordered);
        CHECK(at == static_cast<std::int64_t>(p.audio_16k.size()));
        if (!p.voice.empty()) CHECK((stable_hash(p.voice) % 10 == 9) == options.held_out);
    }
    // The same sound, another body.
    const Performance one = library.make(1, {}), other = library.make(2, {});
    CHECK(std::memcmp(one.poses.data(), other.poses.data(), one.poses.size() * sizeof(PerformerPose)) != 0);
}

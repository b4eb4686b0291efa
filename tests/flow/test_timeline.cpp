#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cmath>
#include <random>
#include <vector>

#include "audio/timeline.h"

using namespace mirrorme;

namespace {

std::vector<float> voice(std::size_t count) {
    std::vector<float> samples(count);
    std::mt19937 random(7);
    for (std::size_t i = 0; i < count; ++i)
        samples[i] = 0.3f * std::sin(static_cast<float>(i) * 0.05f) + 0.1f * (static_cast<float>(random()) / 4294967296.0f - 0.5f);
    return samples;
}

TimelineConfig at_rate(std::int64_t rate) {
    TimelineConfig config;
    config.input_rate = {rate, 1};
    return config;
}

std::vector<float> everything(const AudioTimeline& timeline, SampleIndex count) {
    std::vector<float> out(static_cast<std::size_t>(count));
    timeline.read(0, out);
    return out;
}

}  // namespace

TEST_CASE("any block sizes give identical bits", "[timeline]") {
    const std::int64_t rate = GENERATE(16000, 44100, 48000, 22050);
    const std::vector<float> samples = voice(static_cast<std::size_t>(rate) * 2 + 13);
    AudioTimeline whole(at_rate(rate));
    whole.append(0, samples);
    whole.finish();
    const SampleIndex count = whole.watermark();
    REQUIRE(count >= 32000);
    const auto expected = everything(whole, count);

    for (const int pattern : {1, 2, 3, 7, 64, 441, 480, 1024, 4096, 5000, -1, -2}) {
        AudioTimeline pieces(at_rate(rate));
        std::mt19937 random(static_cast<unsigned>(pattern));
        for (std::size_t at = 0; at < samples.size();) {
            std::size_t size = pattern > 0 ? static_cast<std::size_t>(pattern) : 1 + random() % 3000;
            size = std::min(size, samples.size() - at);
            pieces.append(static_cast<SampleIndex>(at), std::span(samples).subspan(at, size));
            at += size;
        }
        pieces.finish();
        INFO("blocks of " << pattern);
        CHECK(pieces.watermark() >= count - 64);
        CHECK(everything(pieces, std::min(count, pieces.watermark())) ==
              std::vector<float>(expected.begin(), expected.begin() + std::min(count, pieces.watermark())));
    }
}

TEST_CASE("a gap is silence, repeats are dropped, both are counted", "[timeline]") {
    AudioTimeline timeline(at_rate(16000));
    const std::vector<float> ones(1000, 1.0f), twos(1000, 2.0f);
    timeline.append(0, ones);
    timeline.append(500, twos);   // half of it is late
    timeline.append(2000, ones);  // 500 missing
    CHECK(timeline.counters().late == 500);
    CHECK(timeline.counters().gap == 500);
    CHECK(timeline.counters().accepted == 2500);
    CHECK(timeline.watermark() == 3000);
    const auto out = everything(timeline, 3000);
    CHECK(out[999] == 1);
    CHECK(out[1000] == 2);
    CHECK(out[1499] == 2);
    CHECK(out[1500] == 0);
    CHECK(out[1999] == 0);
    CHECK(out[2000] == 1);
}

TEST_CASE("a jump too large to fill re-anchors and what lay between is silence", "[timeline]") {
    const std::int64_t rate = GENERATE(16000, 48000);
    AudioTimeline timeline(at_rate(rate));
    const std::vector<float> ones(static_cast<std::size_t>(rate), 1.0f);
    timeline.append(0, ones);
    const SampleIndex far = rate * 3600;
    timeline.append(far, ones);
    CHECK(timeline.counters().reanchored == 1);
    CHECK(timeline.counters().gap == 0);
    CHECK(timeline.input_end() == far + rate);
    CHECK(timeline.anchored_at() <= 16000 * 3600);
    CHECK(timeline.anchored_at() >= 16000 * 3600 - 64);
    float before[2], after[2];
    timeline.read(16000 * 1800, before);
    timeline.read(16000 * 3600 + 8000, after);
    CHECK(before[0] == 0);
    CHECK(std::abs(after[0] - 1) < 1e-3f);
}

TEST_CASE("finish completes the outputs at the end and refuses more", "[timeline]") {
    AudioTimeline timeline(at_rate(48000));
    timeline.append(0, std::vector<float>(4801, 0.5f));
    const SampleIndex before = timeline.watermark();
    timeline.finish();
    CHECK(timeline.watermark() >= 1601);
    CHECK(before < 1600);
    CHECK(timeline.input_end() == 4801);
    timeline.append(4801, std::vector<float>(10, 1.0f));
    CHECK(timeline.input_end() == 4801);
}

TEST_CASE("reading outside what is kept gives zeros", "[timeline]") {
    TimelineConfig config = at_rate(16000);
    config.history = 1024;
    AudioTimeline timeline(config);
    timeline.append(0, std::vector<float>(5000, 1.0f));
    std::vector<float> out(6000, 9.0f);
    timeline.read(-500, out);
    CHECK(out[0] == 0);
    CHECK(out[500 + 5000 - 1025] == 0);
    CHECK(out[500 + 5000 - 1024] == 1);
    CHECK(out[500 + 4999] == 1);
    CHECK(out[500 + 5000] == 0);
}

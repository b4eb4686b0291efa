// Media time, the tap and the presenter: pure functions of stamps and counts.

#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include "plugin/host/audio_tap.h"
#include "plugin/host/frame_presenter.h"
#include "plugin/host/host_timeline.h"

namespace mirrorme {
namespace {

constexpr Rational kRate{48000, 1};
constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kEpoch = 5'000'000'000'000;

struct Piece {
    std::int64_t host_ns;
    std::vector<float> samples;
};

std::vector<Piece> drained(AudioTap& tap) {
    std::vector<Piece> pieces;
    tap.drain([&](std::int64_t host_ns, std::span<const float> samples) { pieces.push_back({host_ns, {samples.begin(), samples.end()}}); });
    return pieces;
}

void push(AudioTap& tap, const std::vector<std::vector<float>>& channels, std::int64_t stamp_ns, std::int64_t now_ns, bool muted = false) {
    std::vector<const float*> planes;
    for (const auto& channel : channels) planes.push_back(channel.empty() ? nullptr : channel.data());
    tap.push({planes, static_cast<std::int64_t>(channels[0].size()), stamp_ns, now_ns, muted});
}

VideoFrame frame_of(int index) {
    VideoFrame frame;
    frame.pixels = std::make_shared<FramePixels>(4);
    frame.width = frame.height = 1;
    frame.index = index;
    return frame;
}

}  // namespace

TEST_CASE("blocks that follow one another are joined by counting") {
    HostTimeline time(kRate, kEpoch);
    std::int64_t at = kEpoch + 100 * kMs;
    CHECK(time.place(at, 1024).first == 4800);
    for (int i = 1; i < 100; ++i) {  // stamps tremble by 20 ms: nothing is torn
        at += 1024 * kNanosecondsPerSecond / 48000;
        const BlockPlace place = time.place(at + (i % 2 ? 20 : -20) * kMs, 1024);
        CHECK(place.first == 4800 + i * 1024);
        CHECK(place.skip == 0);
    }
    CHECK(time.counters().jumps == 0);
    CHECK(time.host_ns(time.end()) == kEpoch + 100 * kMs + nanoseconds_of(100 * 1024, kRate));
}

TEST_CASE("a jump goes where its stamp says, and what comes too late is dropped") {
    HostTimeline time(kRate, kEpoch);
    time.place(kEpoch, 4800);
    CHECK(time.place(kEpoch + 400 * kMs, 480).first == 19200);  // a gap of 300 ms
    CHECK(time.counters().jumps == 1);
    const BlockPlace back = time.place(kEpoch + 300 * kMs, 9600);  // 200 ms, the first 110 ms of which are over
    CHECK(back.skip == 5280);
    CHECK(back.first == 19680);
    CHECK(time.end() == 24000);
    CHECK(time.counters().late_samples == 5280);
}

TEST_CASE("without sound media time goes on by the host's clock") {
    HostTimeline time(kRate, kEpoch);
    time.place(kEpoch, 4800);
    CHECK(time.fill(kEpoch + 150 * kMs) == 0);  // 50 ms: it may still come
    CHECK(time.fill(kEpoch + 1160 * kMs) == 48000);
    CHECK(time.end() == 52800);
    // What comes next is placed by its stamp, however near it is.
    CHECK(time.place(kEpoch + 1120 * kMs, 480).first == 53760);
    CHECK(time.sample_at(time.host_ns(53760)) == 53760);
}

TEST_CASE("the tap mixes channels, silences what is muted or no number, and keeps stamps to a sample") {
    AudioTap tap(kRate);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    push(tap, {{0.5f, 0.5f, nan, 3.0f}, {0.0f, -0.5f, 0.0f, 3.0f}}, kEpoch, kEpoch + 10 * kMs);
    std::vector<Piece> pieces = drained(tap);
    REQUIRE(pieces.size() == 1);
    CHECK(std::abs(pieces[0].host_ns - kEpoch) < 21'000);
    CHECK(pieces[0].samples == std::vector<float>{0.25f, 0.0f, 0.0f, 1.0f});
    CHECK(tap.take_peak() == 1.0f);
    CHECK(tap.take_peak() == 0.0f);

    push(tap, {{0.5f, 0.5f}, {}}, kEpoch + 1000 * kMs, kEpoch + 1010 * kMs, true);
    pieces = drained(tap);
    REQUIRE(pieces.size() == 1);
    CHECK(pieces[0].samples == std::vector<float>{0.0f, 0.0f});
    CHECK(tap.muted());
    CHECK(tap.channel_count() == 1);
    CHECK(tap.take_peak() == 0.5f);  // the lamp shows that there is sound
}

TEST_CASE("a clock of the source's own is carried over, and kept") {
    AudioTap tap(kRate);
    const std::int64_t foreign = 7'000 * kNanosecondsPerSecond;  // this source began to count elsewhere
    push(tap, {{0.1f}}, foreign, kEpoch);
    push(tap, {{0.1f}}, foreign + 20 * kMs, kEpoch + 35 * kMs);  // late by 15 ms: its own stamps count
    std::vector<Piece> pieces = drained(tap);
    REQUIRE(pieces.size() == 2);
    CHECK(std::abs(pieces[0].host_ns - kEpoch) < 21'000);
    CHECK(std::abs(pieces[1].host_ns - kEpoch - 20 * kMs) < 21'000);
    push(tap, {{0.1f}}, foreign + 60'000 * kMs, kEpoch + 1000 * kMs);  // it was moved: found anew
    pieces = drained(tap);
    REQUIRE(pieces.size() == 1);
    CHECK(std::abs(pieces[0].host_ns - kEpoch - 1000 * kMs) < 21'000);
}

TEST_CASE("channels are kept as they are while they are wanted") {
    AudioTap tap(kRate);
    const auto channels = [&] {
        std::vector<std::vector<float>> got(AudioTap::kChannels);
        tap.drain_channels([&](std::size_t c, std::int64_t, std::span<const float> s) { got[c].insert(got[c].end(), s.begin(), s.end()); });
        return got;
    };
    push(tap, {{0.1f}, {0.2f}}, kEpoch, kEpoch);
    CHECK(channels()[0].empty());
    tap.keep_channels(true);
    push(tap, {{0.3f}, {0.4f}}, kEpoch, kEpoch);
    CHECK(channels()[1] == std::vector<float>{0.4f});
    push(tap, {{0.3f}, {0.4f}}, kEpoch, kEpoch, true);
    CHECK(channels()[1] == std::vector<float>{0.0f});
    tap.keep_channels(false);
    push(tap, {{0.3f}, {0.4f}}, kEpoch, kEpoch);
    CHECK(channels()[1].empty());
}

TEST_CASE("frames are shown at their time, the newest due one, each once") {
    FramePresenter presenter(4);
    const std::int64_t period = 42 * kMs, tick = 16 * kMs;
    for (int i = 0; i < 3; ++i) presenter.push(frame_of(i), kEpoch + i * period, period, kEpoch - 100 * kMs);
    std::vector<FrameIndex> shown;
    const auto at = [&](std::int64_t ns) { return presenter.present(kEpoch + ns, tick, [&](const VideoFrame& f) { shown.push_back(f.index); }); };
    CHECK_FALSE(at(-9 * kMs));
    CHECK(at(-8 * kMs));  // half a tick before its time is its tick
    CHECK_FALSE(at(8 * kMs));
    CHECK(at(2 * period));  // two are due: the older one is not shown
    CHECK(shown == std::vector<FrameIndex>{0, 2});
    CHECK(presenter.counters().dropped == 1);
    CHECK(presenter.counters().shown == 2);
    presenter.collect();

    SECTION("late, and out of order") {
        presenter.push(frame_of(3), kEpoch + 3 * period, period, kEpoch + 4 * period);
        CHECK(presenter.counters().late == 1);
        presenter.push(frame_of(4), kEpoch + 2 * period, period, kEpoch);
        CHECK(presenter.counters().waiting == 0);
    }
    SECTION("full: the oldest goes") {
        for (int i = 10; i < 16; ++i) presenter.push(frame_of(i), kEpoch + i * period, period, kEpoch);
        CHECK(presenter.counters().waiting == 4);
        CHECK(presenter.counters().dropped == 3);
        CHECK(at(12 * period));
        CHECK(shown.back() == 12);
    }
    SECTION("after clear() time may begin anew") {
        presenter.clear();
        presenter.push(frame_of(0), kEpoch, period, kEpoch - kMs);
        CHECK(presenter.counters().waiting == 1);
    }
}

TEST_CASE("the thread that shows frames frees none") {
    FramePresenter presenter(8);
    std::weak_ptr<const FramePixels> pixels;
    {
        VideoFrame frame = frame_of(0);
        pixels = frame.pixels;
        presenter.push(std::move(frame), kEpoch, kMs, 0);
    }
    CHECK(presenter.present(kEpoch, kMs, [](const VideoFrame&) {}));
    CHECK_FALSE(pixels.expired());
    presenter.collect();
    CHECK(pixels.expired());
}

}  // namespace mirrorme

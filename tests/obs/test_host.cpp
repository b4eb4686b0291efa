// The host itself: what it measures must be right before anything is measured with it.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <thread>

#include "obs/host/lips.h"
#include "obs/host/obs_host.h"
#include "obs/host/recorder.h"
#include "obs/host/voice.h"
#include "support/within.h"

namespace mirrorme::testing {
namespace {

using namespace std::chrono_literals;

TEST_CASE("libobs starts, shows and sounds, and leaves nothing behind") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    for (int round = 0; round < 2; ++round) {
        ObsHost host({.with_avatar = false});
        {
            ShownScene scene;
            const SourcePtr colour = make_background(0x3366cc, host.options());
            const SourcePtr voice = make_source(kVoiceId, "Voice", R"({"seed": 7})");
            scene.add(colour.get());
            scene.add(voice.get());
            Recorder recorder({});
            CHECK(within(10s, [&] { return recorder.count() > 30; }));
            CHECK(pixel(recorder.picture(), 320, 180) == Rgb{0x33, 0x66, 0xcc});
            // While everything starts, a busy machine may cost the host's own voice a block; after that a second of it must come whole.
            const auto last_second = [&](std::uint32_t seed) {
                const HeardSound sound = recorder.sound();
                return find_voice(sound, static_cast<std::int64_t>(sound.left.size()) - kVoiceRate, kVoiceRate, seed);
            };
            CHECK(within(20s, [&] {
                const auto match = last_second(7);
                return match && match->worst < 1e-6;
            }));
            if (!host.disturbed()) CHECK(recorder.sound().gaps == 0);
            CHECK_FALSE(last_second(8));
        }
        CHECK(host.shut_down() == 0);
    }
}

TEST_CASE("a reference that is not released is noticed") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host({.with_avatar = false});
    obs_source_t* forgotten = make_background(0, host.options()).release();
    obs_source_t* const kept = forgotten;
    CHECK(obs_source_get_ref(kept) != nullptr);
    obs_source_release(kept);
    obs_source_release(forgotten);
    CHECK(host.shut_down() == 0);
}

TEST_CASE("lips late by a known time are measured as late by that time") {
    const std::int64_t late_ms = GENERATE(0, 80, 515);
    HeardSound sound;
    sound.start_ns = 5'000'000'000;
    sound.left = voice_samples(3, 0, 6 * kVoiceRate);
    std::vector<SeenFrame> frames;
    for (int f = 0; f < 6 * 30; ++f) {
        SeenFrame frame;
        frame.ns = sound.start_ns + static_cast<std::uint64_t>(f) * 1'000'000'000 / 30;
        // The newest card frame that is due, to the nearest canvas frame.
        const std::int64_t now = f * std::int64_t{kVoiceRate} / 30 + kVoiceRate / 60 - late_ms * kVoiceRate / 1000;
        const std::int64_t first = now < 0 ? 0 : now / 2000 * 2000;
        float peak = 0;
        for (std::int64_t s = first; now >= 0 && s < first + 2000; ++s) peak = std::max(peak, std::abs(voice_sample(3, s)));
        frame.mouth = {peak};
        frame.card = {std::nullopt};
        frames.push_back(frame);
    }
    const auto offset = lip_offset(frames, 0, sound);
    REQUIRE(offset);
    CHECK(std::abs(offset->ms - static_cast<double>(late_ms)) < 10);
    CHECK(offset->correlation > 0.8);
}

}  // namespace
}  // namespace mirrorme::testing

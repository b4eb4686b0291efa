#include "train/footage.h"

#include <catch2/catch_test_macros.hpp>

#include <cmath>

#include "core/error.h"
#include "support/temp_folder.h"
#include "train/motion_clips.h"
#include "train/motion_parts.h"

using namespace mirrorme;
using namespace mirrorme::testing;

namespace {

constexpr int kTemporal = 4;

Performance speaker(std::uint64_t seed, const PerformanceOptions& options) {
    Performance p;
    p.seed = seed;
    for (int f = 0; f < options.frames; ++f) {
        PerformerPose pose;
        pose.mouth.opening = 0.5f + 0.5f * std::sin(0.7f * static_cast<float>(f));
        pose.head.yaw = 10 * std::sin(0.2f * static_cast<float>(f));
        p.poses.push_back(pose);
    }
    p.audio_16k.resize(static_cast<std::size_t>(kPerformanceClock.first_sample(options.frames)));
    return p;
}

/// A filmed performer: exact points, and a ramp as sound.
Footage filmed(int frames) {
    const Performer performer(4);
    Footage footage;
    PerformanceOptions wanted;
    wanted.frames = frames;
    for (const PerformerPose& pose : speaker(1, wanted).poses) footage.frames.push_back(performer.key_points(pose, View{}));
    footage.seen.assign(static_cast<std::size_t>(frames), 1);
    for (SampleIndex i = 0; i < kPerformanceClock.first_sample(frames); ++i) footage.sound.push_back(static_cast<std::int16_t>(i / 2));
    return footage;
}

}  // namespace

TEST_CASE("footage comes back from its file as it went in") {
    TempFolder folder;
    Footage footage = filmed(30);
    footage.seen[7] = 0;
    write_footage(folder / "a.footage.safetensors", footage);
    const Footage read = read_footage(folder / "a.footage.safetensors");
    REQUIRE(read.frames.size() == 30);
    CHECK(read.seen == footage.seen);
    CHECK(read.sound == footage.sound);
    CHECK(read.frames[11].points[5].x == footage.frames[11].points[5].x);
    CHECK(read.frames[11].scalars == footage.frames[11].scalars);
    CHECK(std::abs(read.seen_share() - 29.0 / 30) < 1e-9);
}

TEST_CASE("files that are no footage are refused by name") {
    TempFolder folder;
    put(folder / "b.footage.safetensors", "not at all");
    CHECK_THROWS_AS(read_footage(folder / "b.footage.safetensors"), Error);
    CHECK_THROWS_AS(read_footage(folder / "missing"), Error);
    CHECK_THROWS_AS(FootageLibrary(folder.path(), kTemporal, 8), Error);
}

TEST_CASE("clips of footage are windows in which somebody is seen, with their own sound") {
    TempFolder folder;
    Footage footage = filmed(96);
    footage.seen[50] = 0;  // [0, 50) and [51, 96) are left
    write_footage(folder / "a.footage.safetensors", footage);
    PartMap map(kTemporal);
    fit_parts(map, speaker, {.clips = 6, .frames = 32, .data_seed = 3});
    const FootageLibrary library(folder.path(), kTemporal, 8);
    CHECK(library.starts() == 4 + 2);  // 0 6 12 18 and 54 60
    const MotionClip a = library.clip(*map, 1), b = library.clip(*map, 1);
    CHECK(a.latents() == 8);
    CHECK(a.moving.equal(b.moving));
    CHECK(static_cast<SampleIndex>(a.audio.size()) == kPerformanceClock.first_sample(32));
    CHECK_FALSE(a.gesturing.any().item<bool>());

    const int start = static_cast<int>(kPerformanceClock.frame_at(static_cast<SampleIndex>(a.audio[0] * 32768.0f) * 2));
    const auto decoded = map->decode(a.moving.unsqueeze(0));
    const float unit = face_frame_of(a.reference).unit;
    float worst = 0;
    for (int f = 0; f < 32; ++f) {
        const KeyPointFrame is = frame_of(a.reference, decoded[static_cast<std::size_t>(f)]);
        const KeyPoint truth = footage.frames[static_cast<std::size_t>(start + f)].points[point::kOuterLips], made = is.points[point::kOuterLips];
        worst = std::max(worst, std::hypot(made.x - truth.x, made.y - truth.y) / unit);
    }
    CHECK(worst < 0.1f);

    ClipOptions options;
    options.latents = 8;
    options.footage = std::make_shared<const FootageLibrary>(folder.path(), kTemporal, 8);
    options.footage_share = 1;
    CHECK(make_clip(map, speaker, options, 3).reference.points[0].x == a.reference.points[0].x);
    options.characters = CharacterSet::held_out;  // what is measured is never footage
    CHECK(make_clip(map, speaker, options, 3).frames.size() == 32);
}

#include "train/motion_data.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <atomic>
#include <cmath>
#include <thread>

#include "codec/motion/body_geometry.h"
#include "train/motion_clips.h"
#include "train/motion_parts.h"

using namespace mirrorme;
using Catch::Matchers::WithinAbs;

namespace {

constexpr int kTemporal = 4;

/// A made-up speaker: every sample is its own index, the mouth follows the frame number, the right arm is up in the second half.
Performance speaker(std::uint64_t seed, const PerformanceOptions& options) {
    Performance p;
    p.seed = seed;
    p.audio_16k.resize(static_cast<std::size_t>(kPerformanceClock.first_sample(options.frames)));
    for (std::size_t i = 0; i < p.audio_16k.size(); ++i) p.audio_16k[i] = static_cast<float>(i) * 1e-6f;
    for (int f = 0; f < options.frames; ++f) {
        PerformerPose pose;
        pose.mouth.opening = 0.5f + 0.5f * std::sin(0.7f * static_cast<float>(f) + static_cast<float>(seed % 7));
        pose.mouth.width = std::cos(0.3f * static_cast<float>(f));
        pose.head.yaw = 10 * std::sin(0.2f * static_cast<float>(f));
        if (f >= options.frames / 2) pose.right_arm = {.raised = 1, .wrist_x = 1, .wrist_y = 0.5f};
        p.poses.push_back(pose);
    }
    return p;
}

PartMap fitted() {
    PartMap map(kTemporal);
    fit_parts(map, speaker, {.clips = 6, .frames = 32, .data_seed = 3});
    return map;
}

ClipOptions short_clips(CharacterSet characters = CharacterSet::training) {
    ClipOptions options;
    options.latents = 8;
    options.characters = characters;
    return options;
}

double largest(const torch::Tensor& t) { return t.abs().max().item<double>(); }

}  // namespace

TEST_CASE("a clip is a pure function of its seed, and held-out clips have held-out characters") {
    const PartMap map = fitted();
    const MotionClip a = make_clip(map, speaker, short_clips(), 11), b = make_clip(map, speaker, short_clips(), 11), c = make_clip(map, speaker, short_clips(), 12);
    CHECK(a.moving.equal(b.moving));
    CHECK(a.identity.equal(b.identity));
    CHECK_FALSE(a.identity.equal(c.identity));
    CHECK(a.latents() == 8);
    CHECK(a.frames.empty());
    CHECK(make_clip(map, speaker, short_clips(CharacterSet::held_out), 11).frames.size() == 32);
}

TEST_CASE("latents of a clip decode to its frames; a still latent is its group's last frame") {
    const PartMap map = fitted();
    const MotionClip clip = make_clip(map, speaker, short_clips(CharacterSet::held_out), 5);
    const auto moving = map->decode(clip.moving.unsqueeze(0)), still = map->decode(clip.still.unsqueeze(0));
    const float unit = face_frame_of(clip.reference).unit;
    for (std::size_t f = 0; f < moving.size(); ++f) {
        const KeyPointFrame frame = frame_of(clip.reference, moving[f]), held = frame_of(clip.reference, still[f]);
        const KeyPointFrame &truth = clip.frames[f], &last = clip.frames[f / kTemporal * kTemporal + kTemporal - 1];
        for (int p = 0; p < point::kNeck; ++p) {
            const Point is = position(frame, p), was = position(truth, p), stays = position(held, p), end = position(last, p);
            REQUIRE(std::hypot(is.x - was.x, is.y - was.y) < 0.08f * unit);
            REQUIRE(std::hypot(stays.x - end.x, stays.y - end.y) < 0.12f * unit);
        }
    }
}

TEST_CASE("hands are asked for where an arm is raised, in torso units, and nowhere else") {
    const MotionClip clip = make_clip(fitted(), speaker, short_clips(CharacterSet::held_out), 5);
    CHECK_FALSE(clip.gesturing[3].item<bool>());
    CHECK(clip.gesturing[4].item<bool>());
    CHECK(largest(clip.pose[3]) == 0);
    const torch::Tensor first = clip.pose[5].view({kTemporal, 2, point::kHandCount, 3})[0];
    CHECK(largest(first[0]) == 0);  // the left hand rests
    const KeyPointFrame& frame = clip.frames[20];
    const Point wrist = to_torso(torso_frame_of(frame), position(frame, point::kRightHand + point::kWrist));
    CHECK_THAT(first[1][point::kWrist][0].item<float>(), WithinAbs(wrist.x, 1e-4));
    CHECK_THAT(first[1][point::kWrist][1].item<float>(), WithinAbs(wrist.y, 1e-4));
    CHECK(first[1][point::kWrist][2].item<float>() == 1);
}

TEST_CASE("windows start still or moving, with the sound of their own time") {
    const PartMap map = fitted();
    auto pool = std::make_shared<ClipPool>([&](std::uint64_t seed) { return make_clip(map, speaker, short_clips(), seed); });
    MotionSampling sampling;
    sampling.batch = 3;
    sampling.latents = 4;
    sampling.pool_clips = 2;
    sampling.pose_share = 1;
    sampling.clips = short_clips();
    const auto span = [](FirstLatent) { return SampleSpan{-50, 1000}; };
    MotionSource source(sampling, pool, span, kTemporal);
    bool seen_still = false, seen_moving = false;
    for (std::int64_t step = 0; step < 12; ++step) {
        const auto drawn = source.draw(1, step);
        const auto& batch = static_cast<const MotionBatch&>(*drawn);
        REQUIRE(batch.latents.sizes() == torch::IntArrayRef({3, kLatentChannels, 4, 1, kPartCount}));
        REQUIRE(batch.identity.sizes() == torch::IntArrayRef({3, kLatentChannels, 1, 1, kPartCount}));
        REQUIRE(batch.pose.sizes() == torch::IntArrayRef({3, 4, kTemporal * 2 * point::kHandCount * 3}));
        const bool still = batch.start == FirstLatent::still;
        (still ? seen_still : seen_moving) = true;
        for (std::int64_t i = 0; i < 3; ++i) {
            // Sample n of the sound is worth n millionths, so the first heard sample tells the window's time 0.
            const double zero = batch.audio[i][50].item<double>() * 1e6;
            const auto frame = kPerformanceClock.frame_at(static_cast<SampleIndex>(std::llround(zero)));
            CHECK(frame % kTemporal == (still ? kTemporal - 1 : 0));
        }
    }
    CHECK(seen_still);
    CHECK(seen_moving);
    const auto once = source.draw(7, 3), again = MotionSource(sampling, pool, span, kTemporal).draw(7, 3), other = source.draw(8, 3);
    CHECK(static_cast<MotionBatch&>(*once).latents.equal(static_cast<MotionBatch&>(*again).latents));
    CHECK_FALSE(static_cast<MotionBatch&>(*once).latents.equal(static_cast<MotionBatch&>(*other).latents));
}

TEST_CASE("sound outside a clip is silence") {
    MotionClip clip;
    clip.audio = {1, 2, 3, 4};
    const torch::Tensor heard = window_audio(clip, 0, {-2, 6});
    CHECK(heard.equal(torch::tensor({0.0f, 0.0f, 1.0f, 2.0f, 3.0f, 4.0f, 0.0f, 0.0f})));
    CHECK(largest(window_audio(clip, 50, {0, 4})) == 0);
}

TEST_CASE("a pool makes a clip once, whoever asks, forgets what is behind, and passes failures on") {
    std::atomic<int> made{0};
    ClipPool pool([&](std::uint64_t seed) {
        if (seed == 99) throw std::runtime_error("no clip");
        ++made;
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        MotionClip clip;
        clip.audio.assign(seed, 0.0f);
        return clip;
    });
    std::thread other([&] { CHECK(pool.get(1, 10)->audio.size() == 10); });
    CHECK(pool.get(1, 10)->audio.size() == 10);
    other.join();
    CHECK(made == 1);
    pool.get(2, 20);
    pool.forget_below(2);
    CHECK(pool.size() == 1);
    pool.get(1, 10);
    CHECK(made == 3);
    CHECK_THROWS_AS(pool.get(5, 99), std::runtime_error);
}

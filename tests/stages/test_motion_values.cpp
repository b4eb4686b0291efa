#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <torch/torch.h>

#include "codec/motion/motion_values.h"
#include "codec/motion/part_map.h"
#include "motion_body.h"

using namespace mirrorme;
using namespace mirrorme::test;
using Catch::Approx;

TEST_CASE("motion values are exact both ways") {
    const KeyPointFrame reference = body();
    for (unsigned seed = 0; seed < 20; ++seed) {
        const KeyPointFrame frame = moved(reference, seed, 6);
        const KeyPointFrame back = frame_of(reference, motion_of(reference, frame));
        CHECK(distance(frame, back) < 0.02f);
        for (int s = 0; s < kScalarCount; ++s) CHECK(back.scalars[static_cast<std::size_t>(s)] == Approx(frame.scalars[static_cast<std::size_t>(s)]).margin(1e-4));
    }
}

TEST_CASE("a reference that does not move has no displacement") {
    const KeyPointFrame reference = body();
    const MotionValues values = motion_of(reference, reference);
    for (const Part part : {Part::mouth, Part::eyes, Part::head, Part::torso})
        for (int i = 0; i < 2 * points_of(part).count; ++i) CHECK(values.parts[static_cast<std::size_t>(part)][static_cast<std::size_t>(i)] == Approx(0).margin(1e-4));
}

TEST_CASE("a head that moves as one leaves mouth and eyes at rest, a torso that sways its hands") {
    const KeyPointFrame reference = body();
    KeyPointFrame frame = reference;
    const Affine turn{0.98f, -0.17f, 30, 0.17f, 0.98f, -25};
    for (int i = 0; i < point::kNeck; ++i) set_position(frame, i, apply(turn, position(reference, i)));
    for (int i = point::kNeck; i < point::kCount; ++i) set_position(frame, i, {position(reference, i).x + 9, position(reference, i).y - 4});
    const MotionValues still = motion_of(reference, reference), values = motion_of(reference, frame);
    for (const Part part : {Part::mouth, Part::eyes, Part::left_hand, Part::right_hand})
        for (std::size_t i = 0; i < values.parts[static_cast<std::size_t>(part)].size(); ++i)
            CHECK(values.parts[static_cast<std::size_t>(part)][i] == Approx(still.parts[static_cast<std::size_t>(part)][i]).margin(5e-3));
    CHECK(std::abs(values.parts[static_cast<std::size_t>(Part::torso)][0] - 9.0f / 40) < 1e-3f);
}

TEST_CASE("liveliness 0 holds head, torso, brows and gaze, and lets the mouth speak and the eyes close") {
    const KeyPointFrame reference = body(), frame = moved(reference, 4, 5);
    MotionValues values = motion_of(reference, frame);
    const MotionValues before = values;
    enliven(values, reference, 0);
    const KeyPointFrame statue = frame_of(reference, values);
    CHECK(distance(statue, reference, point::kNose, point::kNeck - point::kNose) < 0.02f);
    CHECK(distance(statue, reference, point::kNeck, point::kTorsoCount) < 0.02f);
    CHECK(distance(statue, reference, point::kRightBrow, 2 * point::kBrowCount) < 0.02f);
    CHECK(statue[Scalar::yaw] == Approx(reference[Scalar::yaw]).margin(1e-4));
    CHECK(statue[Scalar::lid_left] == Approx(frame[Scalar::lid_left]));
    CHECK(values.parts[static_cast<std::size_t>(Part::mouth)] == before.parts[static_cast<std::size_t>(Part::mouth)]);
}

namespace {

std::vector<PartMapImpl::Clip> clips(int count, int frames) {
    std::vector<PartMapImpl::Clip> all;
    for (int c = 0; c < count; ++c) {
        PartMapImpl::Clip clip{moved(body(), static_cast<unsigned>(1000 + c), 1), {}};
        const KeyPointFrame one = moved(clip.reference, static_cast<unsigned>(c), 5), other = moved(clip.reference, static_cast<unsigned>(c + 500), 5);
        for (int i = 0; i < frames; ++i) {  // smooth motion between two poses
            const float t = 0.5f - 0.5f * std::cos(0.4f * static_cast<float>(i));
            KeyPointFrame f = one;
            for (int p = 0; p < point::kCount; ++p) set_position(f, p, {position(one, p).x + t * (position(other, p).x - position(one, p).x), position(one, p).y + t * (position(other, p).y - position(one, p).y)});
            for (std::size_t s = 0; s < kScalarCount; ++s) f.scalars[s] = one.scalars[s] + t * (other.scalars[s] - one.scalars[s]);
            clip.frames.push_back(f);
        }
        all.push_back(clip);
    }
    return all;
}

}  // namespace

TEST_CASE("a fitted part map keeps what it was fitted on, and exactly its own subspace") {
    PartMap map(4);
    const std::vector<PartMapImpl::Clip> data = clips(40, 24);
    map->fit(data);
    const torch::NoGradGuard no_grad;
    const torch::Tensor mask = map->channel_mask();
    CHECK(mask.sum(0).min().item<float>() >= 4);
    for (const PartMapImpl::Clip& clip : data) {
        const torch::Tensor latents = map->encode(clip.reference, clip.frames);
        REQUIRE(latents.sizes() == torch::IntArrayRef({1, kLatentChannels, 6, 1, kPartCount}));
        CHECK((latents.select(0, 0).select(2, 0).permute({1, 0, 2}) * (1 - mask)).abs().max().item<float>() == 0);
        const std::vector<MotionValues> values = map->decode(latents);
        std::vector<KeyPointFrame> again;
        for (std::size_t i = 0; i < values.size(); ++i) {
            again.push_back(frame_of(clip.reference, values[i]));
            CHECK(distance(again.back(), clip.frames[i], 0, point::kLeftHand) < 2.0f);  // pixels, of 40 a face unit; noise is dropped
        }
        CHECK((map->encode(clip.reference, again) - latents).abs().max().item<float>() < 0.15f);
    }
}

TEST_CASE("latents are about as large as noise, and a static latent is one frame told r times") {
    PartMap map(4);
    const std::vector<PartMapImpl::Clip> data = clips(40, 24);
    map->fit(data);
    const torch::NoGradGuard no_grad;
    double square = 0, count = 0;
    for (const PartMapImpl::Clip& clip : data) {
        square += map->encode(clip.reference, clip.frames).square().amax(1).sum().item<double>();
        count += 6 * kPartCount;
    }
    CHECK(std::sqrt(square / count) < 4);
    CHECK(std::sqrt(square / count) > 0.5);
    const torch::Tensor still = map->encode_static(data[0].reference, data[0].frames[3]);
    const std::vector<MotionValues> values = map->decode(still);
    REQUIRE(values.size() == 4);
    CHECK(distance(frame_of(data[0].reference, values[0]), frame_of(data[0].reference, values[3]), 0, point::kLeftHand) < 0.5f);
    const torch::Tensor identity = map->encode_identity(data[0].reference);
    CHECK(identity.sizes() == torch::IntArrayRef({1, kLatentChannels, 1, 1, kPartCount}));
    CHECK((identity - map->encode_identity(data[1].reference)).abs().max().item<float>() > 0.01f);
}

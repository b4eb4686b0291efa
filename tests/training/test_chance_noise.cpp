#include "train/chance_noise.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <cmath>
#include <limits>
#include <vector>

#include "codec/motion/part_map.h"

using namespace mirrorme;
using Catch::Matchers::WithinAbs;
using torch::Tensor;

namespace {

/// `count` frames of open eyes, shut to what is given.
std::vector<KeyPointFrame> eyes(int count, const std::vector<std::pair<int, float>>& down) {
    std::vector<KeyPointFrame> frames(static_cast<std::size_t>(count));
    for (KeyPointFrame& f : frames) f[Scalar::lid_right] = f[Scalar::lid_left] = 1;
    for (const auto& [frame, lid] : down) frames[static_cast<std::size_t>(frame)][Scalar::lid_right] = frames[static_cast<std::size_t>(frame)][Scalar::lid_left] = lid;
    return frames;
}

Tensor column(const Tensor& chances, Chance chance) { return chances.select(-1, static_cast<int64_t>(chance)); }
Tensor told(const Tensor& noise, Part part, int64_t from_end) { return noise.select(4, static_cast<int64_t>(part)).select(3, 0).select(1, kLatentChannels - from_end); }

}  // namespace

TEST_CASE("blinks are found where they are deepest; lids that only droop and eyes that rest do not blink") {
    const Tensor blinks = column(chances_of(eyes(24, {{5, 0.3f}, {6, 0.0f}, {7, 0.3f}, {15, 0.1f}, {20, 0.55f}}), 4), Chance::blink);
    REQUIRE(blinks.sizes() == torch::IntArrayRef({6}));
    CHECK_THAT(blinks[1].item<float>(), WithinAbs(2.5 / 4, 1e-5));  // frame 6 is the third of four
    CHECK_THAT(blinks[3].item<float>(), WithinAbs(3.5 / 4, 1e-5));
    for (const int none : {0, 2, 4, 5}) CHECK(blinks[none].item<float>() == kNoBlink);

    std::vector<std::pair<int, float>> asleep;
    for (int f = 4; f < 20; ++f) asleep.emplace_back(f, 0.0f);
    CHECK((column(chances_of(eyes(24, asleep), 4), Chance::blink) == kNoBlink).all().item<bool>());
}

TEST_CASE("a head that goes on as it went surprises less than one that turns, and turns have a side") {
    std::vector<KeyPointFrame> frames = eyes(24, {});
    for (int f = 0; f < 24; ++f) frames[static_cast<std::size_t>(f)][Scalar::yaw] = f < 8 ? 0.0f : f < 12 ? static_cast<float>(f - 7) : 4.0f;
    const Tensor yaw = column(chances_of(frames, 4), Chance::yaw);
    CHECK(std::isnan(yaw[0].item<float>()));  // nothing was before
    CHECK_THAT(yaw[1].item<float>(), WithinAbs(0, 1e-6));
    CHECK(yaw[2].item<float>() > 1.5f);
    CHECK(yaw[3].item<float>() < -1.5f);      // it stopped
    CHECK(std::abs(yaw[4].item<float>()) < 1);
    CHECK_THAT(column(chances_of(frames, 4), Chance::roll)[3].item<float>(), WithinAbs(0, 1e-6));
}

TEST_CASE("noise tells chances and stays normal; what is not told stays as it was") {
    torch::manual_seed(3);
    constexpr int64_t kLatents = 20'000, kSilent = 100;
    const Tensor before = torch::randn({1, kLatentChannels, kLatents, 1, kPartCount});
    Tensor noise = before.clone(), chances = torch::randn({1, kLatents, kChances});
    column(chances, Chance::blink).copy_(torch::where(torch::rand({1, kLatents}) < 0.07, torch::rand({1, kLatents}), torch::full({1, kLatents}, kNoBlink)));
    chances.slice(1, 0, kSilent).fill_(std::numeric_limits<float>::quiet_NaN());
    tell_chances(chances, noise);

    const Tensor whether = told(noise, Part::eyes, 1)[0].slice(0, kSilent), blink = column(chances, Chance::blink)[0].slice(0, kSilent), is = blink >= 0;
    CHECK(whether.masked_select(is).min().item<float>() > whether.masked_select(~is).max().item<float>());
    CHECK_THAT(whether.mean().item<double>(), WithinAbs(0, 0.03));
    CHECK_THAT(whether.std().item<double>(), WithinAbs(1, 0.03));
    const Tensor where = told(noise, Part::eyes, 2)[0].slice(0, kSilent).masked_select(is), phase = blink.masked_select(is);
    CHECK(where[phase.argmax()].item<float>() > where[phase.argmin()].item<float>());
    CHECK_THAT(where.std().item<double>(), WithinAbs(1, 0.1));
    CHECK(told(noise, Part::head, 1)[0].slice(0, kSilent).equal(column(chances, Chance::yaw)[0].slice(0, kSilent).clamp(-3, 3)));

    CHECK(noise.isfinite().all().item<bool>());
    CHECK(noise.slice(2, 0, kSilent).equal(before.slice(2, 0, kSilent)));
    CHECK(noise.slice(1, 0, kLatentChannels - 4).equal(before.slice(1, 0, kLatentChannels - 4)));
    for (const Part part : {Part::mouth, Part::torso, Part::left_hand, Part::right_hand})
        CHECK(noise.select(4, static_cast<int64_t>(part)).equal(before.select(4, static_cast<int64_t>(part))));
}

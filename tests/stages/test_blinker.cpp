#include "codec/motion/blinker.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include <vector>

using namespace mirrorme;
using Catch::Matchers::WithinAbs;

namespace {

KeyPointFrame awake() {
    KeyPointFrame frame;
    for (const int eye : {point::kRightEye, point::kLeftEye})
        for (int k = 0; k < point::kEyeCount; ++k) frame.points[static_cast<std::size_t>(eye + k)] = {static_cast<float>(k < 5 ? k : 8 - k), k == 0 || k == 4 ? 0.0f : k < 4 ? -1.0f : 1.0f, 1};
    frame[Scalar::lid_right] = frame[Scalar::lid_left] = 1;
    return frame;
}

std::vector<float> lids_of(Blinker blinker, int frames) {
    std::vector<float> lids;
    for (int f = 0; f < frames; ++f) {
        KeyPointFrame frame = awake();
        blinker.apply(frame);
        lids.push_back(frame[Scalar::lid_left]);
    }
    return lids;
}

int blinks_in(const std::vector<float>& lids) {
    int count = 0;
    for (std::size_t f = 1; f < lids.size(); ++f) count += lids[f] < 0.1f && lids[f - 1] >= 0.1f;
    return count;
}

}  // namespace

TEST_CASE("eyes that the model leaves open blink as often as somebody's who talks, and not in step with others'") {
    const std::vector<float> a = lids_of(Blinker(1), 24 * 600), again = lids_of(Blinker(1), 24 * 600), b = lids_of(Blinker(2), 24 * 600);
    CHECK(a == again);
    CHECK(a != b);
    CHECK(blinks_in(a) > 10 * 15);
    CHECK(blinks_in(a) < 10 * 35);
    int open = 0;
    for (const float lid : a) open += lid == 1;
    CHECK(open > static_cast<int>(a.size()) * 4 / 5);
}

TEST_CASE("shut lids meet near the lower one, and the rest of the face stays") {
    Blinker blinker(3);
    KeyPointFrame frame = awake();
    while (frame[Scalar::lid_right] > 0) blinker.apply(frame = awake());
    for (const int eye : {point::kRightEye, point::kLeftEye})
        for (int k = 1; k <= 3; ++k) {
            CHECK_THAT(frame.points[static_cast<std::size_t>(eye + k)].y, WithinAbs(0.72, 1e-5));
            CHECK_THAT(frame.points[static_cast<std::size_t>(eye + 8 - k)].y, WithinAbs(0.72, 1e-5));
        }
    KeyPointFrame rest = awake();
    for (const int corner : {point::kRightEye, point::kRightEye + 4}) CHECK(frame.points[static_cast<std::size_t>(corner)].y == rest.points[static_cast<std::size_t>(corner)].y);
}

TEST_CASE("a model that blinks by itself is left alone") {
    Blinker blinker(4);
    for (int f = 0; f < 2400; ++f) {
        KeyPointFrame frame = awake();
        if (f % 18 < 2) frame[Scalar::lid_right] = frame[Scalar::lid_left] = 0.1f;
        const KeyPointFrame made = frame;
        blinker.apply(frame);
        REQUIRE(frame.scalars == made.scalars);
    }
}

#include "core/keypoints.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <set>
#include <string>

using namespace mirrorme;

TEST_CASE("every key point belongs to exactly one part and has a name of its own") {
    std::set<int> seen;
    std::set<std::string> names;
    for (int p = 0; p < kPartCount; ++p) {
        const PointRange range = points_of(static_cast<Part>(p));
        for (int i = 0; i < range.count; ++i) REQUIRE(seen.insert(range.first + i).second);
    }
    REQUIRE(static_cast<int>(seen.size()) == point::kCount);
    for (int i = 0; i < point::kCount; ++i) REQUIRE(names.insert(std::string(point_name(i))).second);
    CHECK(point_name(point::kJaw + 2) == "jaw.2");
    CHECK(point_name(point::kLeftHand + point::kWrist) == "left_hand.wrist");
    CHECK(point_name(point::kCount - 1) == "right_hand.little.3");
}

TEST_CASE("face units and pixels are inverse to each other") {
    KeyPointFrame frame;
    for (int i = 0; i < point::kCount; ++i) frame.points[static_cast<std::size_t>(i)] = {static_cast<float>(i * 7 % 50), static_cast<float>(i * 13 % 80), 1};
    const FaceFrame face{120, 90, 37, 0.3f};
    const KeyPointFrame back = to_pixels(to_face_units(frame, face), face);
    for (int i = 0; i < point::kCount; ++i) {
        CHECK(back.points[static_cast<std::size_t>(i)].x == Catch::Approx(frame.points[static_cast<std::size_t>(i)].x).margin(1e-3));
        CHECK(back.points[static_cast<std::size_t>(i)].y == Catch::Approx(frame.points[static_cast<std::size_t>(i)].y).margin(1e-3));
    }
}

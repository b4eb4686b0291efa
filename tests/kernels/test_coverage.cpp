#include <array>
#include <algorithm>
#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "kernels/include/operations.h"

using namespace mirrorme::kernels;
using Catch::Approx;

namespace {

constexpr Size kSize{40, 24};

std::vector<float> empty() { return std::vector<float>(40 * 24, 0.0f); }
double sum(const std::vector<float>& plane) { return std::accumulate(plane.begin(), plane.end(), 0.0); }
float at(const std::vector<float>& plane, int x, int y) { return plane[static_cast<std::size_t>(y * 40 + x)]; }

}  // namespace

TEST_CASE("a polygon covers its area, and a pixel as much as lies inside") {
    std::vector<float> plane = empty();
    const std::array<Point, 4> box{Point{4.75f, 3.5f}, {20.25f, 3.5f}, {20.25f, 9.5f}, {4.75f, 9.5f}};  // pixel 5 spans 4.5 .. 5.5
    cpu_operations().cover_polygon(box, 1, kSize, plane.data());
    CHECK(sum(plane) == Approx(15.5 * 6).epsilon(1e-4));
    CHECK(at(plane, 5, 6) == Approx(0.75));
    CHECK(at(plane, 20, 6) == Approx(0.75));
    CHECK(at(plane, 10, 6) == 1);
    CHECK(at(plane, 3, 6) == 0);
    CHECK(at(plane, 10, 10) == 0);
}

TEST_CASE("a disc's coverage sums to its area") {
    std::vector<float> plane = empty();
    std::array<Point, 64> disc;
    for (std::size_t i = 0; i < disc.size(); ++i) {
        const float angle = 6.2831853f * static_cast<float>(i) / 64;
        disc[i] = {18.3f + 7 * std::cos(angle), 11.6f + 7 * std::sin(angle)};
    }
    cpu_operations().cover_polygon(disc, 1, kSize, plane.data());
    CHECK(sum(plane) == Approx(3.14159 * 49).epsilon(0.01));
}

TEST_CASE("shapes keep the larger value and scale by theirs") {
    std::vector<float> plane(40 * 24, 0.5f);
    const std::array<Point, 4> box{Point{5, 5}, {15, 5}, {15, 15}, {5, 15}};
    cpu_operations().cover_polygon(box, 0.3f, kSize, plane.data());
    CHECK(at(plane, 10, 10) == 0.5f);
    cpu_operations().cover_polygon(box, 0.8f, kSize, plane.data());
    CHECK(at(plane, 10, 10) == Approx(0.8f));
}

TEST_CASE("capsules: covered on the line, not beyond the radius, highest in the middle") {
    std::vector<float> cover = empty(), ridge = empty();
    const Capsule capsule{{8, 12}, {28, 12}, 4, 2};
    cpu_operations().cover_capsule(capsule, 1, kSize, cover.data());
    cpu_operations().ridge_capsule(capsule, kSize, ridge.data());
    CHECK(at(cover, 18, 12) == 1);
    CHECK(at(cover, 8, 15) == 1);
    CHECK(at(cover, 28, 15) == 0);
    CHECK(at(cover, 8, 17) == 0);
    CHECK(at(cover, 2, 12) == 0);
    CHECK(at(ridge, 18, 12) == Approx(1));
    CHECK(at(ridge, 18, 14) < 0.8f);
    CHECK(at(ridge, 18, 16) == 0);
    CHECK(sum(cover) == Approx((4 + 2) * 20 + 3.14159 * (16 + 4) / 2).epsilon(0.03));
}

TEST_CASE("shapes that leave the picture, are empty or not numbers write nothing outside") {
    // Guard values about the plane show a write that strays.
    std::vector<float> guarded(3 * 40 * 24, 7.0f);
    float* plane = guarded.data() + 40 * 24;
    std::fill_n(plane, 40 * 24, 0.0f);
    const float nan = std::numeric_limits<float>::quiet_NaN(), huge = 3e8f;
    const std::array<Point, 4> over{Point{-50, -60}, {90, -40}, {100, 70}, {-20, 80}};
    const std::array<Point, 3> away{Point{500, 500}, {600, 500}, {550, 700}}, broken{Point{nan, 3}, {4, nan}, {9, 9}};
    const std::array<Point, 2> line{Point{1, 1}, {5, 5}};
    cpu_operations().cover_polygon(over, 1, kSize, plane);
    cpu_operations().cover_polygon(away, 1, kSize, plane);
    cpu_operations().cover_polygon(broken, 1, kSize, plane);
    cpu_operations().cover_polygon(line, 1, kSize, plane);
    for (const Capsule& capsule : {Capsule{{-30, -30}, {80, 60}, 9, 9}, Capsule{{huge, 0}, {huge, 5}, 3, 3}, Capsule{{nan, nan}, {2, nan}, 3, nan}}) {
        cpu_operations().cover_capsule(capsule, 1, kSize, plane);
        cpu_operations().ridge_capsule(capsule, kSize, plane);
    }
    for (int i = 0; i < 40 * 24; ++i) {
        REQUIRE(guarded[static_cast<std::size_t>(i)] == 7);
        REQUIRE(guarded[static_cast<std::size_t>(2 * 40 * 24 + i)] == 7);
        REQUIRE(plane[i] >= 0);
        REQUIRE(plane[i] <= 1);
    }
    CHECK(plane[12 * 40 + 20] == 1);
}

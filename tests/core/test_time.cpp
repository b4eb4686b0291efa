#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "core/clock.h"
#include "core/time.h"

using namespace mirrorme;

TEST_CASE("division rounds down and up on both sides of zero", "[time]") {
    CHECK(mul_div_floor(7, 1, 2) == 3);
    CHECK(mul_div_floor(-7, 1, 2) == -4);
    CHECK(mul_div_ceil(7, 1, 2) == 4);
    CHECK(mul_div_ceil(-7, 1, 2) == -3);
    CHECK(mul_div_floor(6, 1, 2) == 3);
    CHECK(mul_div_ceil(6, 1, 2) == 3);
}

TEST_CASE("frames and samples agree for every common pair of rates", "[time]") {
    const auto rate = GENERATE(Rational{16000, 1}, Rational{44100, 1}, Rational{48000, 1}, Rational{22050, 1});
    const auto fps = GENERATE(Rational{24, 1}, Rational{30000, 1001}, Rational{60, 1}, Rational{25, 1});
    const MediaClock clock{rate, fps};
    SampleIndex last = clock.first_sample(-50) - 1;
    for (FrameIndex f = -50; f < 2000; ++f) {
        const SampleIndex first = clock.first_sample(f);
        REQUIRE(first > last);
        REQUIRE(clock.frame_at(first) == f);
        REQUIRE(clock.frame_at(first - 1) == f - 1);
        last = first;
    }
}

TEST_CASE("media time does not drift in a thousand hours", "[time]") {
    const MediaClock clock{{44100, 1}, {30000, 1001}};
    const std::int64_t seconds = 1000LL * 3600;
    const FrameIndex frame = clock.frame_at(seconds * 44100);
    CHECK(frame == seconds * 30000 / 1001);
    CHECK(clock.frame_at(clock.first_sample(frame)) == frame);
    CHECK(nanoseconds_of(seconds * 44100, {44100, 1}) == seconds * kNanosecondsPerSecond);
    CHECK(ticks_in(seconds * kNanosecondsPerSecond, {48000, 1}) == seconds * 48000);
}

TEST_CASE("frames_covering counts the last, partly covered frame", "[time]") {
    const MediaClock clock{{48000, 1}, {24, 1}};
    CHECK(clock.frames_covering(0) == 0);
    CHECK(clock.frames_covering(1) == 1);
    CHECK(clock.frames_covering(2000) == 1);
    CHECK(clock.frames_covering(2001) == 2);
}

TEST_CASE("rationals compare by value and reduce", "[time]") {
    CHECK(Rational{24, 1} == Rational{48, 2});
    CHECK(!(Rational{24, 1} == Rational{25, 1}));
    CHECK(reduced({60000, 2002}).den == 1001);
    CHECK(reduced({-3, -6}).num == 1);
}

TEST_CASE("a virtual clock moves only when told to", "[time]") {
    VirtualClock clock;
    CHECK(clock.now_ns() == 0);
    clock.advance_ns(1234);
    CHECK(clock.now_ns() == 1234);
    const SteadyClock steady;
    const auto before = steady.now_ns();
    CHECK(steady.now_ns() >= before);
}

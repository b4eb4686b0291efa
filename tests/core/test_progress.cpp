#include "core/progress.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

using namespace mirrorme;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("durations read like a clock", "[progress]") {
    CHECK(duration_text(0) == "0:00");
    CHECK(duration_text(7.4) == "0:07");
    CHECK(duration_text(754) == "12:34");
    CHECK(duration_text(3723) == "1:02:03");
    CHECK(duration_text(90000 + 86400 * 2) == "3 d 1 h");
    CHECK(duration_text(-5) == "0:00");
}

TEST_CASE("a bar fits its terminal and never lies", "[progress]") {
    const ProgressOptions options{.label = "rendering", .unit = "frames", .total = 240};
    for (int columns = 1; columns < 200; ++columns)
        for (const double done : {0.0, 1.0, 120.0, 240.0, 300.0}) CHECK(static_cast<int>(progress_bar(options, {done, 10}, "0.31x", columns).size()) < std::max(columns, 2));
    const std::string half = progress_bar(options, {120, 30}, "0.31x", 100);
    CHECK_THAT(half, ContainsSubstring("50%") && ContainsSubstring("120/240 frames") && ContainsSubstring("0.31x") && ContainsSubstring("ETA 0:30"));
    CHECK_THAT(progress_bar(options, {0, 30}, "", 100), !ContainsSubstring("ETA"));
    CHECK_THAT(progress_bar(options, {1, 0.2}, "", 100), !ContainsSubstring("ETA"));
    CHECK_THAT(progress_bar(options, {239.9, 30}, "", 100), ContainsSubstring(" 99%"));
}

TEST_CASE("without a total there is a count and no guess", "[progress]") {
    const ProgressOptions options{.label = "rendering", .unit = "frames"};
    CHECK(progress_text(options, {77, 30}, "0.31x") == "rendering: 77 frames, 0.31x");
    CHECK_THAT(progress_bar(options, {77, 30}, "", 100), !ContainsSubstring("["));
    const ProgressOptions known{.label = "training", .unit = "steps", .total = 1000};
    CHECK(progress_text(known, {250, 60}, "loss 0.12") == "training: 250/1000 steps (25%), loss 0.12, 3:00 left");
}

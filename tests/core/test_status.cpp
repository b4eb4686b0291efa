#include <catch2/catch_test_macros.hpp>

#include <nlohmann/json.hpp>

#include <limits>

#include "core/status.h"

using namespace mirrorme;

TEST_CASE("a status survives JSON", "[status]") {
    StatusSnapshot before;
    before.phase = SessionPhase::degraded;
    before.degraded_level = DegradationLevel::hold;
    before.latency = {167'000'000, 100'000'000, 80'000'000, 41'666'666};
    before.stages = {{"denoise", 12, 1, 2, 3, 4}, {"decode", 5, 6, 7, 8, 9}};
    before.counters = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    before.memory = {true, 6'500'000'000, 70'000'000'000, 80'000'000'000};
    before.real_time_factor = 0.25;
    before.level_dbfs = -20.5f;
    before.gesture = "wave";
    before.warnings = {remark("no_face", "%1: no face", {"a.png"}), {{}, {}, "only a sentence"}};
    before.last_error_code = ErrorCode::no_space;
    before.last_error = "full";
    CHECK(status_from_json(status_to_json(before)) == before);
    CHECK(before.latency.total_ns() == 167'000'000 + 100'000'000 + 80'000'000 + 41'666'666);
}

TEST_CASE("figures that are no numbers stay at their defaults", "[status]") {
    StatusSnapshot broken;
    broken.real_time_factor = std::numeric_limits<double>::quiet_NaN();
    broken.level_dbfs = std::numeric_limits<float>::infinity();
    const StatusSnapshot read = status_from_json(status_to_json(broken));
    CHECK(read.real_time_factor == 0);
    CHECK(read.level_dbfs == -120);
}

TEST_CASE("a newer engine's status is read as far as known", "[status]") {
    const StatusSnapshot status = status_from_json(R"({"version": 9, "phase": "idle", "mood": "good", "counters": {"frames_made": 3, "x": 1}})");
    CHECK(status.phase == SessionPhase::idle);
    CHECK(status.counters.frames_made == 3);
    CHECK_THROWS_AS(status_from_json(R"({"version": 1, "phase": "asleep"})"), Error);
    CHECK_THROWS_AS(status_from_json(R"({"phase": "idle"})"), Error);
}

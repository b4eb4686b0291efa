#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <vector>

#include "schedule/compute_share.h"
#include "schedule/latency_budget.h"
#include "schedule/scheduler.h"

using namespace mirrorme;

namespace {

ChunkLayout layout_of(int temporal, int chunk_latents, StreamStart start) {
    ChunkLayout layout;
    layout.media = {{48000, 1}, {24, 1}};
    layout.temporal = temporal;
    layout.chunk_latents = chunk_latents;
    layout.start = start;
    return layout;
}

constexpr QueueDepth kRoom{0, 1000};
constexpr std::int64_t kMs = 1'000'000;

AudioProgress heard(std::int64_t ms) { return {ms * 16, 0, ms * 48, false}; }

}  // namespace

TEST_CASE("chunks tile frames without holes", "[layout]") {
    struct Row { int temporal, chunk; StreamStart start; std::int64_t first, later; };
    const Row row = GENERATE(Row{4, 1, StreamStart::still, 1, 4}, Row{4, 1, StreamStart::moving, 4, 4}, Row{8, 2, StreamStart::still, 9, 16},
                             Row{8, 3, StreamStart::moving, 24, 24}, Row{1, 1, StreamStart::still, 1, 1});
    const ChunkLayout layout = layout_of(row.temporal, row.chunk, row.start);
    FrameIndex next = 0;
    for (std::int64_t k = 0; k < 50; ++k) {
        const ChunkSpans s = layout.spans(k);
        REQUIRE(s.frames.first == next);
        REQUIRE(s.frames.size() == (k == 0 ? row.first : row.later));
        REQUIRE(s.first_pts == layout.media.first_sample(s.frames.first));
        REQUIRE(s.audio.end == layout.model_sample(s.frames.end) + layout.look_ahead);
        for (FrameIndex f = s.frames.first; f < s.frames.end; ++f) REQUIRE(layout.chunk_of(f) == k);
        next = s.frames.end;
    }
}

TEST_CASE("a chunk is made as soon as its sound and look-ahead are there, and not before", "[scheduler]") {
    ChunkScheduler scheduler({layout_of(4, 1, StreamStart::still), std::nullopt});
    // Chunk 0: one frame (41.7 ms) + 100 ms.
    CHECK(scheduler.next(0, heard(141), kRoom).action == ChunkAction::wait);
    const ChunkPlan plan = scheduler.next(0, heard(142), kRoom);
    CHECK(plan.action == ChunkAction::make);
    CHECK(plan.frames == IndexSpan{0, 1});
    CHECK(!plan.deadline_ns);
    scheduler.done(plan, 0, 0);
    CHECK(scheduler.next(0, heard(142), kRoom).action == ChunkAction::wait);
    CHECK(scheduler.next(0, heard(309), kRoom).frames == IndexSpan{1, 5});
    CHECK(scheduler.next(0, heard(309), kRoom).action == ChunkAction::make);
}

TEST_CASE("a full queue waits", "[scheduler]") {
    ChunkScheduler scheduler({layout_of(4, 1, StreamStart::moving), std::nullopt});
    CHECK(scheduler.next(0, heard(5000), {5, 8}).action == ChunkAction::wait);
    CHECK(scheduler.next(0, heard(5000), {4, 8}).action == ChunkAction::make);
}

TEST_CASE("the end of the sound cuts the last chunk and finishes", "[scheduler]") {
    struct Row { std::int64_t samples; std::vector<std::int64_t> frames; };
    const Row row = GENERATE(Row{0, {}}, Row{1, {1}}, Row{2000, {1}}, Row{2001, {1, 1}}, Row{20000, {1, 4, 4, 1}}, Row{18000, {1, 4, 4}});
    ChunkScheduler scheduler({layout_of(4, 1, StreamStart::still), std::nullopt});
    const AudioProgress audio{0, 0, row.samples, true};
    for (const std::int64_t frames : row.frames) {
        const ChunkPlan plan = scheduler.next(0, audio, kRoom);
        REQUIRE(plan.action == ChunkAction::make);
        REQUIRE(plan.frames.size() == frames);
        scheduler.done(plan, 0, 0);
    }
    CHECK(scheduler.next(0, audio, kRoom).action == ChunkAction::finish);
}

TEST_CASE("offline never degrades, however slow", "[scheduler]") {
    ChunkScheduler scheduler({layout_of(4, 1, StreamStart::still), std::nullopt});
    for (int k = 0; k < 20; ++k) {
        const ChunkPlan plan = scheduler.next(k * 10'000 * kMs, heard(10'000), kRoom);
        REQUIRE(plan.action == ChunkAction::make);
        REQUIRE(plan.level == DegradationLevel::full);
        scheduler.done(plan, k * 10'000 * kMs + 9'000 * kMs, 9'000 * kMs);
    }
}

TEST_CASE("the deadline is the fastest arrival plus L", "[scheduler]") {
    ChunkScheduler scheduler({layout_of(4, 1, StreamStart::moving), 400 * kMs});
    scheduler.next(1000 * kMs, heard(100), kRoom);  // sample 0 at 900
    const ChunkPlan late_block = scheduler.next(1150 * kMs, heard(200), kRoom);  // 50 ms late: does not move the anchor back
    CHECK(*late_block.deadline_ns >= 1300 * kMs);
    CHECK(*late_block.deadline_ns <= 1300 * kMs + kMs);
    const ChunkPlan early_block = scheduler.next(1180 * kMs, heard(300), kRoom);  // sample 0 at 880
    CHECK(*early_block.deadline_ns == 1280 * kMs);
}

TEST_CASE("chunks whose frames are all over are skipped at once, except the first", "[scheduler]") {
    ChunkScheduler scheduler({layout_of(4, 1, StreamStart::moving), 400 * kMs});
    ChunkPlan plan = scheduler.next(0, heard(10'000), kRoom);
    plan = scheduler.next(-8'000 * kMs, heard(10'000), kRoom);
    plan = scheduler.next(0, heard(10'000), kRoom);
    CHECK(plan.action == ChunkAction::make);  // sample 0 was heard at -10 s; chunk 0 is over and still made
    scheduler.done(plan, 0, 10 * kMs);
    plan = scheduler.next(0, heard(10'000), kRoom);
    CHECK(plan.action == ChunkAction::skip);
    CHECK(plan.next_index > 50);
    scheduler.done(plan, 0, 0);
    plan = scheduler.next(0, heard(10'000), kRoom);
    CHECK(plan.action != ChunkAction::skip);
    CHECK(*plan.deadline_ns <= 0);
    CHECK(*plan.deadline_ns > -170 * kMs);
}

TEST_CASE("after a jump in the sound the chunks between are left out", "[scheduler]") {
    ChunkScheduler scheduler({layout_of(4, 1, StreamStart::still), std::nullopt});
    const AudioProgress far{16000 * 3600, 16000 * 3599, 48000 * 3600, false};
    ChunkPlan plan = scheduler.next(0, far, kRoom);
    CHECK(plan.index == 0);
    CHECK(plan.action == ChunkAction::make);
    scheduler.done(plan, 0, 0);
    plan = scheduler.next(0, far, kRoom);
    CHECK(plan.action == ChunkAction::skip);
    scheduler.done(plan, 0, 0);
    plan = scheduler.next(0, far, kRoom);
    CHECK(plan.action == ChunkAction::make);
    CHECK(plan.frames.first >= 24 * 3599);
    CHECK(plan.frames.first < 24 * 3599 + 4);
}

TEST_CASE("the ladder goes down one step a late chunk and climbs back when there is time", "[ladder]") {
    using L = DegradationLevel;
    const ChunkOutcome late{5 * kMs, 200 * kMs, 167 * kMs}, spare{-100 * kMs, 40 * kMs, 167 * kMs}, pause{-100 * kMs, 0, 167 * kMs};
    LadderState s;
    s = next_level(s, spare);
    CHECK(s.level == L::full);
    s = next_level(s, late);
    CHECK(s.level == L::fewer_steps);
    s = next_level(s, late);
    CHECK(s.level == L::hold);
    s = next_level(s, pause);
    CHECK(s.level == L::fewer_steps);  // the try
    s = next_level(s, late);
    CHECK(s.level == L::idle);
    for (int i = 0; i < 6; ++i) s = next_level(s, pause);
    CHECK(s.level == L::fewer_steps);
    s = next_level(s, late);
    CHECK(s.level == L::reference);
    for (int i = 0; i < 24; ++i) s = next_level(s, pause);
    CHECK(s.level == L::fewer_steps);
    for (int i = 0; i < 24; ++i) s = next_level(s, spare);
    CHECK(s.level == L::full);
}

TEST_CASE("without time to spare the ladder stays at few steps", "[ladder]") {
    const ChunkOutcome just{-kMs, 120 * kMs, 167 * kMs};
    LadderState s{DegradationLevel::fewer_steps, DegradationLevel::hold, 0};
    for (int i = 0; i < 200; ++i) s = next_level(s, just);
    CHECK(s.level == DegradationLevel::fewer_steps);
}

TEST_CASE("steps at a level", "[ladder]") {
    CHECK(steps_at(DegradationLevel::full, 4, 1) == 4);
    CHECK(steps_at(DegradationLevel::fewer_steps, 4, 1) == 1);
    CHECK(steps_at(DegradationLevel::fewer_steps, 1, 2) == 1);
}

TEST_CASE("the latency budget adds up", "[latency]") {
    const LatencyParts parts = latency_budget(layout_of(4, 1, StreamStart::still), 80 * kMs);
    CHECK(parts.chunk_ns == 166'666'666);
    CHECK(parts.look_ahead_ns == 100 * kMs);
    CHECK(parts.frame_ns == 41'666'666);
    CHECK(parts.total_ns() == 166'666'666 + 100 * kMs + 80 * kMs + 41'666'666);
}

TEST_CASE("percentiles are of the kept values", "[latency]") {
    DurationWindow window(100);
    CHECK(window.percentile(50) == 0);
    for (int i = 1; i <= 250; ++i) window.add(i);  // keeps 151..250
    CHECK(window.count() == 250);
    CHECK(window.percentile(50) == 200);
    CHECK(window.percentile(99) == 249);
    CHECK(window.percentile(100) == 250);
    CHECK(window.percentile(0.1) == 151);
    CHECK(window.mean() == 200);
}

TEST_CASE("the next deadline is that of the next plan", "[scheduler]") {
    ChunkScheduler live({layout_of(4, 1, StreamStart::still), 2000 * kMs}), file({layout_of(4, 1, StreamStart::still), std::nullopt});
    CHECK_FALSE(live.next_deadline_ns());
    for (int chunk = 0; chunk < 5; ++chunk) {
        const ChunkPlan plan = live.next(1000 * kMs, heard(1000), kRoom);
        REQUIRE(plan.deadline_ns);
        CHECK(live.next_deadline_ns() == plan.deadline_ns);
        live.done(plan, 1000 * kMs, 0);
        CHECK(*live.next_deadline_ns() > *plan.deadline_ns);
        file.done(file.next(0, heard(1000), kRoom), 0, 0);
        CHECK_FALSE(file.next_deadline_ns());
    }
}

TEST_CASE("computing keeps to its share of the time, and idle time is not saved up", "[share]") {
    ComputeShare quarter(0.25), whole;
    std::int64_t now = 0, busy = 0;
    for (int i = 0; i < 40; ++i) {
        const std::int64_t work = (5 + i % 7) * kMs;
        now = std::max(now, quarter.free_at_ns());
        quarter.worked(now, now + work);
        now += work, busy += work;
    }
    CHECK(quarter.free_at_ns() == 4 * busy);
    now = quarter.free_at_ns() + 1'000'000 * kMs;  // nothing to do for long
    quarter.worked(now, now + 10 * kMs);
    CHECK(quarter.free_at_ns() == now + 40 * kMs);
    whole.worked(now, now + 10 * kMs);
    CHECK(whole.free_at_ns() == now + 10 * kMs);
}

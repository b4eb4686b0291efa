// What is drawn: transparency, the same frame however often it is drawn, hiding and showing.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include <cmath>
#include <cstdio>
#include <thread>

#include <util/platform.h>

#include "obs/host/second_canvas.h"
#include "obs/host/stage.h"
#include "obs/host/watch.h"
#include "support/sanitized.h"
#include "support/within.h"

namespace mirrorme::testing {
namespace {

using namespace std::chrono_literals;

double linear(int value) {
    const double x = value / 255.0;
    return x <= 0.04045 ? x / 12.92 : std::pow((x + 0.055) / 1.055, 2.4);
}
int coded(double x) { return static_cast<int>(std::lround(255 * (x <= 0.0031308 ? 12.92 * x : 1.055 * std::pow(x, 1 / 2.4) - 0.055))); }

/// Straight alpha in linear light.
int over(int front, int back, int alpha) {
    const double a = alpha / 255.0;
    return coded(linear(front) * a + linear(back) * (1 - a));
}

bool near(const Rgb& a, const Rgb& b, int margin) {
    return std::abs(a.r - b.r) <= margin && std::abs(a.g - b.g) <= margin && std::abs(a.b - b.b) <= margin;
}

TEST_CASE("transparency over three colours: no fringe, no darkening") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    const std::uint32_t rgb = GENERATE(0x000000u, 0xffffffu, 0x20c040u);
    const Rgb back{static_cast<int>(rgb >> 16), static_cast<int>(rgb >> 8 & 255), static_cast<int>(rgb & 255)};
    constexpr Rgb kFront{90, 100, 120};  // the card's background, behind the face
    Stage stage(R"({"background": "matte", "delay_mode": "none"})");
    recolour(stage.background(), rgb);
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    std::this_thread::sleep_for(500ms);
    const VideoFrame picture = stage.recorder().picture();
    keep_picture(picture, "over_" + std::to_string(rgb));
    // Below the bar code: the left third half transparent, the middle opaque, the right third transparent.
    const int y = 75;
    INFO("over " << std::hex << rgb);
    CAPTURE(pixel(picture, 40, y), pixel(picture, 120, y), pixel(picture, 200, y));
    CHECK(near(pixel(picture, 40, y), {over(kFront.r, back.r, 128), over(kFront.g, back.g, 128), over(kFront.b, back.b, 128)}, 3));
    CHECK(near(pixel(picture, 120, y), kFront, 2));
    CHECK(near(pixel(picture, 200, y), back, 1));
    CHECK(near(pixel(picture, 300, y), back, 1));
    // Across both edges no value leaves the range of what is on either side: no dark and no bright rim.
    for (int x = 60; x < 220; ++x) {
        const Rgb seen = pixel(picture, x, y);
        const auto between = [](int value, int a, int b) { return value >= std::min(a, b) - 3 && value <= std::max(a, b) + 3; };
        if (!between(seen.r, back.r, kFront.r) || !between(seen.g, back.g, kFront.g) || !between(seen.b, back.b, kFront.b)) {
            CAPTURE(x, seen.r, seen.g, seen.b);
            FAIL_CHECK("a fringe");
        }
    }
}

TEST_CASE("drawn many times a tick, it is one and the same frame") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"delay_mode": "none"})");
    stage.scene().add(stage.avatar().source(), {400, 0, kCardScale});
    // As the preview, multiview and projectors do: the same source, outside the scene.
    struct Extra {
        obs_source_t* source;
        gs_texrender_t* target = nullptr;
    } extra{stage.avatar().source()};
    const auto draw = [](void* pointer, std::uint32_t, std::uint32_t) {
        auto& self = *static_cast<Extra*>(pointer);
        if (!self.target) self.target = gs_texrender_create(GS_BGRA, GS_ZS_NONE);
        for (int i = 0; i < 5; ++i) {
            gs_texrender_reset(self.target);
            if (!gs_texrender_begin(self.target, 256, 384)) continue;
            obs_source_video_render(self.source);
            gs_texrender_end(self.target);
        }
    };
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    obs_add_main_render_callback(draw, &extra);
    std::this_thread::sleep_for(300ms);
    const Take take = record(stage.recorder(), 3);
    obs_remove_main_render_callback(draw, &extra);
    obs_enter_graphics();
    gs_texrender_destroy(extra.target);
    obs_leave_graphics();
    int read = 0, different = 0, backwards = 0;
    for (std::size_t i = 0; i < take.frames.size(); ++i) {
        const SeenFrame& frame = take.frames[i];
        read += frame.card[0] ? 1 : 0;
        different += frame.card[0] != frame.card[1] ? 1 : 0;
        backwards += i > 0 && frame.card[0] && take.frames[i - 1].card[0] && *frame.card[0] < *take.frames[i - 1].card[0] ? 1 : 0;
    }
    CHECK(read > 80);
    CHECK(different == 0);
    CHECK(backwards == 0);
    CHECK(changes(take.frames, 0) <= 24 * 3 + 2);
    CHECK(changes(take.frames, 0) >= 24 * 3 * 9 / 10);
    CHECK(stage.close() == 0);
}

TEST_CASE("on a second canvas it is the same frame, uploaded once") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"delay_mode": "none"})");
    {
        const SecondCanvas upright(obs_scene_get_source(stage.scene().get()), 360, 640, kLeftView);
        REQUIRE(stage.avatar().wait_speaking().at("in_time"));
        watch_callbacks({"Avatar"});
        const Take take = record(stage.recorder(), 3);
        const int uploads = uploads_of("Avatar");
        const auto seen = upright.cards();
        int compared = 0, different = 0;
        for (const SeenFrame& frame : take.frames)
            if (const auto same_time = seen.find(frame.ns); same_time != seen.end() && frame.card[0]) {
                ++compared;
                different += same_time->second != frame.card[0] ? 1 : 0;
            }
        std::printf("second canvas: %d frames compared, %d uploads for %zu ticks\n", compared, uploads, watched("Avatar", WatchedCallback::tick).cpu_us.size());
        CHECK(compared > 60);
        CHECK(different == 0);
        CHECK(uploads > 24 * 3 / 2);
        CHECK(uploads <= 24 * 3 + 12);  // what was recorded and a little around it, not twice that
    }
    CHECK(stage.close() == 0);
}

TEST_CASE("a picture from the first moment on, and its size does not jump") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    {
        ShownScene scene;
        const SourcePtr background = make_background(0x204060, host.options());
        scene.add(background.get());
        Recorder recorder({kLeftView});
        REQUIRE(within(5s, [&] { return recorder.count() > 5; }));
        const auto start = os_gettime_ns();
        Avatar avatar("Avatar", "", "{}");
        const auto width = obs_source_get_width(avatar.source()), height = obs_source_get_height(avatar.source());
        scene.add(avatar.source());
        const auto made = os_gettime_ns();
        CHECK(width > 0);
        CHECK(height > 0);
        std::uint64_t first = 0;
        within(5s, [&] {
            const VideoFrame picture = recorder.picture();
            if (picture.pixels && !near(pixel(picture, 120, 180), {0x20, 0x40, 0x60}, 8)) first = recorder.frames().back().ns;
            return first != 0;
        });
        REQUIRE(first != 0);
        const nlohmann::json status = avatar.wait(20s, [](const auto& s) { return s.at("frames").at("shown").template get<int>() > 0; });
        const auto speaking = os_gettime_ns();
        std::printf("from adding the source: made after %.1f ms, first picture after %.1f ms, first frame of the engine after %.0f ms\n",
                    static_cast<double>(made - start) * 1e-6, (static_cast<double>(first) - static_cast<double>(start)) * 1e-6,
                    static_cast<double>(speaking - start) * 1e-6);
        CHECK(status.at("in_time"));
        if (!kSanitized) CHECK((static_cast<double>(first) - static_cast<double>(start)) * 1e-6 < 100);
        CHECK(obs_source_get_width(avatar.source()) == width);
        CHECK(obs_source_get_height(avatar.source()) == height);
    }
    CHECK(host.shut_down() == 0);
}

TEST_CASE("hidden it rests, shown it is there at once and goes on") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"pause_hidden": true})");
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    obs_sceneitem_set_visible(stage.avatar_item(), false);
    const nlohmann::json paused = stage.avatar().wait(12s, [](const auto& s) { return s.at("paused").template get<bool>(); });
    REQUIRE(paused.at("in_time"));
    std::this_thread::sleep_for(500ms);
    const auto before = stage.avatar().status();
    std::this_thread::sleep_for(1s);
    const auto after = stage.avatar().status();
    if (before.at("session").is_object() && after.at("session").is_object()) {
        const auto made = [](const auto& s) { return s.at("session").at("counters").at("frames_made").template get<int>(); };
        CHECK(made(after) - made(before) <= 4);  // the engine rests too
    }
    stage.recorder().clear();
    const auto shown_ns = os_gettime_ns();
    obs_sceneitem_set_visible(stage.avatar_item(), true);
    // At once: no more than two ticks without a picture.
    within(2s, [&] { return stage.recorder().count() > 15; });
    int blank = 0;
    for (const SeenFrame& frame : stage.recorder().frames())
        if (frame.ns > shown_ns + 70'000'000 && frame.ns < shown_ns + 500'000'000 && !frame.card[0]) ++blank;
    CHECK(blank == 0);
    // And live again.
    const auto awake_after = os_gettime_ns();
    CHECK(within(5s, [&] { return changes(stage.recorder().frames(), 0) > 10; }));
    std::printf("shown again: live after %.0f ms\n", static_cast<double>(os_gettime_ns() - awake_after) * 1e-6);
    CHECK_FALSE(stage.avatar().status().at("paused").get<bool>());
}

TEST_CASE("hidden without pausing it goes on") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"pause_hidden": false})");
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    obs_sceneitem_set_visible(stage.avatar_item(), false);
    std::this_thread::sleep_for(6500ms);
    CHECK_FALSE(stage.avatar().status().at("paused").get<bool>());
}

}  // namespace
}  // namespace mirrorme::testing

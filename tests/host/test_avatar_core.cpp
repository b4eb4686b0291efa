// The core on a test-card engine in this process, on the real clock: sound in, frames out at their time.

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "engine/test_card/card_picture.h"
#include "engine/test_card/test_card_engine.h"
#include "plugin/host/avatar_core.h"
#include "support/endless_opening.h"

namespace mirrorme {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMs = 1'000'000;

/// One engine in this process, which can be taken away.
class CardPort final : public EnginePort {
public:
    std::shared_ptr<Engine> engine(const EngineChoice& choice) override {
        const std::lock_guard lock(mutex);
        asked.insert(choice);
        return there ? card : nullptr;
    }
    EngineState state(const EngineChoice&) const override {
        EngineState state;
        state.program = "card";
        state.phase = there ? EngineState::Phase::running : EngineState::Phase::pausing;
        if (there) state.info = card->info();
        return state;
    }
    void report_hang(const EngineChoice&, const Engine*, const Remark&) override { ++hangs; }
    void report_work(const EngineChoice&, const Engine* engine) override { worked += engine == card.get(); }
    void restart(const EngineChoice&) override {}

    std::shared_ptr<Engine> card = std::make_shared<TestCardEngine>();
    std::atomic<bool> there{true};
    std::atomic<int> hangs{0}, worked{0};
    std::mutex mutex;
    std::set<EngineChoice> asked;
};

class TestHost final : public CoreHost {
public:
    void look_after(std::int64_t, const DelayStatus&, InputStatus& input, bool& applied, std::string&) override {
        input.state = InputStatus::State::attached;
        input.name = "voice";
        applied = true;
    }
    bool outputs_active() override { return recording; }
    void play(Heard, std::int64_t host_ns, std::span<const std::span<const float>> channels) override {
        const std::lock_guard lock(mutex);
        played.emplace_back(host_ns, std::vector<float>(channels[0].begin(), channels[0].end()));
    }
    void still(const VideoFrame& frame, const SessionInfo&) override { stills += frame.pixels != nullptr; }
    void changed(const AvatarStatus&) override { ++changes; }
    void gesture_event(const GestureEvent&) override {}
    std::string text(const char* key) const override { return key; }

    std::mutex mutex;
    std::vector<std::pair<std::int64_t, std::vector<float>>> played;
    std::atomic<int> stills{0}, changes{0};
    std::atomic<bool> recording{false};
};

/// Sound as a host gives it: blocks of 1024 at their time, a click of 100 ms each second.
class Voice {
public:
    explicit Voice(AudioTap& tap) : thread_([this, &tap] {
        const SteadyClock clock;
        const std::int64_t start_ns = clock.now_ns();
        std::vector<float> block(1024);
        for (std::int64_t n = 0; !stop_; n += 1024) {
            while (!stop_ && clock.now_ns() < start_ns + nanoseconds_of(n + 1024, {48000, 1})) std::this_thread::sleep_for(1ms);
            for (std::size_t i = 0; i < block.size(); ++i) {
                const std::int64_t at = n + static_cast<std::int64_t>(i);
                block[i] = at % 48000 < 4800 ? 0.5f * std::sin(static_cast<float>(at % 48) * 0.1309f) : 0.0f;
            }
            const float* plane = block.data();
            tap.push({std::span(&plane, 1), 1024, start_ns + nanoseconds_of(n, {48000, 1}), clock.now_ns(), false});
        }
    }) {}
    ~Voice() {
        stop_ = true;
        thread_.join();
    }

private:
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

/// What a graphics thread does, 60 times a second, for `time`.
std::vector<VideoFrame> watched(AvatarCore& core, std::chrono::milliseconds time) {
    const SteadyClock clock;
    std::vector<VideoFrame> seen;
    for (const std::int64_t end = clock.now_ns() + time.count() * kMs; clock.now_ns() < end; std::this_thread::sleep_for(16ms))
        core.presenter().present(clock.now_ns(), 16 * kMs, [&](const VideoFrame& frame) { seen.push_back(frame); });
    return seen;
}

std::shared_ptr<const AvatarConfig> config_with(void (*change)(AvatarConfig&)) {
    auto config = std::make_shared<AvatarConfig>();
    config->engine.image = std::string(MIRRORME_SOURCE_DIR) + "/data/avatars/ada.png";
    change(*config);
    return config;
}

}  // namespace

TEST_CASE("sound in, frames out, at the time promised") {
    CardPort port;
    TestHost host;
    const SteadyClock clock;
    AvatarCore core({{48000, 1}, port, host, clock, {}}, config_with([](AvatarConfig&) {}));
    core.start();
    std::vector<VideoFrame> seen;
    {
        const Voice voice(core.tap());
        watched(core, 1500ms);
        seen = watched(core, 3000ms);
    }
    const auto status = core.status();
    INFO(to_json(*status));
    CHECK(seen.size() > 60);  // 24 a second
    CHECK(host.stills == 1);
    CHECK(status->live);
    CHECK(status->delay.total_ns == status->info->latency.total_ns() + AvatarCore::kTransportNs);
    CHECK(std::abs(status->frames.lip_offset_ns) < 40e6);
    CHECK(port.hangs == 0);
    CHECK(port.worked == 1);
}

/// A core on a card, watched; `change` sets the config.
struct Scene {
    explicit Scene(void (*change)(AvatarConfig&) = [](AvatarConfig&) {})
        : config(config_with(change)),
          core({{48000, 1}, port, host, clock, std::string(MIRRORME_SOURCE_DIR) + "/data/demo/hello.wav"}, config) {
        core.start();
    }
    bool within(std::chrono::milliseconds time, const std::function<bool(const AvatarStatus&)>& holds) {
        for (const std::int64_t end = clock.now_ns() + time.count() * kMs; clock.now_ns() < end; std::this_thread::sleep_for(10ms))
            if (holds(*core.status())) return true;
        return holds(*core.status());
    }

    CardPort port;
    TestHost host;
    SteadyClock clock;
    std::shared_ptr<const AvatarConfig> config;
    AvatarCore core;
};

TEST_CASE("without any sound it lives all the same: silence is filled in, and nothing counts as late") {
    Scene scene;
    REQUIRE(scene.within(5s, [](const AvatarStatus& s) { return s.live; }));
    const std::size_t seen = watched(scene.core, 2000ms).size();
    const auto status = scene.core.status();
    INFO(to_json(*status));
    CHECK(seen > 38);  // 24 a second
    // A build that is slow in itself (sanitizers) may be late for reasons of its own.
    if (status->session->real_time_factor < 0.2) CHECK(status->session->degraded_level == DegradationLevel::full);
}

TEST_CASE("the shipped sentence is spoken and heard without a microphone") {
    Scene scene;
    REQUIRE(scene.within(5s, [](const AvatarStatus& s) { return s.live; }));
    scene.core.try_it();
    float widest = 0;
    for (const VideoFrame& frame : watched(scene.core, 3000ms)) widest = std::max(widest, read_card_mouth(frame));
    CHECK(widest > 0.1f);
    const std::lock_guard lock(scene.host.mutex);
    REQUIRE(!scene.host.played.empty());
    std::int64_t next_ns = scene.host.played.front().first;
    for (const auto& [host_ns, samples] : scene.host.played) {  // one piece after the other, without a hole
        CHECK(std::abs(host_ns - next_ns) < 25'000);
        next_ns = host_ns + nanoseconds_of(static_cast<std::int64_t>(samples.size()), {48000, 1});
    }
}

TEST_CASE("hidden it sleeps, shown it is awake within a chunk") {
    Scene scene;
    REQUIRE(scene.within(5s, [](const AvatarStatus& s) { return s.live; }));
    scene.core.set_showing(false);
    REQUIRE(scene.within(8s, [](const AvatarStatus& s) { return s.paused; }));
    CHECK_FALSE(scene.core.live());
    watched(scene.core, 500ms);
    const std::int64_t made = scene.core.status()->session->counters.frames_made;
    watched(scene.core, 1000ms);
    CHECK(scene.core.status()->session->counters.frames_made == made);
    scene.core.set_showing(true);
    CHECK(scene.within(1500ms, [](const AvatarStatus& s) { return s.live; }));
    CHECK(scene.port.hangs == 0);
}

TEST_CASE("an engine that is gone and comes back") {
    Scene scene;
    REQUIRE(scene.within(5s, [](const AvatarStatus& s) { return s.live; }));
    scene.port.there = false;
    scene.core.raw_command({CommandKind::gesture, "test-fail", scene.clock.now_ns(), nullptr});
    REQUIRE(scene.within(5s, [](const AvatarStatus& s) { return !s.session; }));
    CHECK(scene.within(5s, [](const AvatarStatus& s) { return !s.live; }));
    scene.port.card = std::make_shared<TestCardEngine>();
    scene.port.there = true;
    CHECK(scene.within(5s, [](const AvatarStatus& s) { return s.live; }));
    CHECK(scene.core.status()->session_error.empty());
}

TEST_CASE("an engine that never opens a session does not keep the avatar from going") {
    CardPort port;
    const auto endless = std::make_shared<mirrorme::testing::EndlessOpening>();
    port.card = endless;
    TestHost host;
    const SteadyClock clock;
    std::int64_t left_ns = 0;
    {
        AvatarCore core({{48000, 1}, port, host, clock, {}}, config_with([](AvatarConfig&) {}));
        core.start();
        while (endless->begun == 0) std::this_thread::sleep_for(1ms);
        left_ns = clock.now_ns();
    }
    CHECK(clock.now_ns() - left_ns < 2000 * kMs);
    CHECK(port.hangs == 0);
}

TEST_CASE("another picture opens another session, a live setting does not, and L stays while somebody records") {
    Scene scene;
    REQUIRE(scene.within(5s, [](const AvatarStatus& s) { return s.live; }));
    CHECK(scene.host.stills == 1);
    AvatarConfig changed = *scene.config;
    changed.engine.liveliness = 0.5;
    scene.core.set_config(std::make_shared<const AvatarConfig>(changed));
    watched(scene.core, 600ms);
    CHECK(scene.host.stills == 1);

    const std::int64_t total = scene.core.status()->delay.total_ns;
    scene.host.recording = true;
    changed.engine.seed = 9;
    changed.extra_delay_ms = 100;
    scene.core.set_config(std::make_shared<const AvatarConfig>(changed));
    CHECK(scene.within(5s, [&](const AvatarStatus&) { return scene.host.stills == 2; }));
    watched(scene.core, 400ms);
    CHECK(scene.core.status()->delay.total_ns == total);
    scene.host.recording = false;
    CHECK(scene.within(2s, [&](const AvatarStatus& s) { return s.delay.total_ns == total + 100 * kMs; }));
}

TEST_CASE("another device is another engine, which a slider that is being dragged starts once") {
    Scene scene;
    REQUIRE(scene.within(5s, [](const AvatarStatus& s) { return s.live; }));
    AvatarConfig changed = *scene.config;
    for (const double share : {0.9, 0.8, 0.7, 0.6, 0.5}) {
        changed.engine.device_share = share;
        scene.core.set_config(std::make_shared<const AvatarConfig>(changed));
        watched(scene.core, 200ms);
    }
    CHECK(scene.host.stills == 1);  // the old one plays on
    CHECK(scene.within(5s, [&](const AvatarStatus&) { return scene.host.stills == 2; }));
    const std::lock_guard lock(scene.port.mutex);
    CHECK(scene.port.asked == std::set<EngineChoice>{{}, {"--device-share", "0.5"}});
}

TEST_CASE("a picture that cannot be read is said, and the next one is taken") {
    Scene scene([](AvatarConfig& config) { config.engine.seed = -1; });
    CHECK(scene.within(5s, [](const AvatarStatus& s) { return s.severity == Severity::error && s.session_error.text.find("seed") != std::string::npos; }));
    AvatarConfig right = *scene.config;
    right.engine.seed = 1;
    scene.core.set_config(std::make_shared<const AvatarConfig>(right));
    CHECK(scene.within(5s, [](const AvatarStatus& s) { return s.live && s.session_error.empty(); }));
}

TEST_CASE("the voice is played by the core, all its channels, later by L") {
    Scene scene([](AvatarConfig& config) { config.delay = DelayMode::own; });
    {
        const Voice voice(scene.core.tap());
        REQUIRE(scene.within(5s, [](const AvatarStatus& s) { return s.live; }));
        watched(scene.core, 1200ms);
    }
    const std::int64_t now_ns = scene.clock.now_ns();
    const std::lock_guard lock(scene.host.mutex);
    REQUIRE(!scene.host.played.empty());
    float peak = 0;
    for (const auto& [host_ns, samples] : scene.host.played)
        for (const float s : samples) peak = std::max(peak, std::abs(s));
    CHECK(peak > 0.4f);
    CHECK(scene.host.played.back().first > now_ns);  // handed over before it is due
    CHECK(scene.host.played.back().first < now_ns + scene.core.status()->delay.total_ns);
}

}  // namespace mirrorme

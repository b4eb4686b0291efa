// The core on a test-card engine in this process, on the real clock: sound in, frames out at their time.

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/test_card/card_picture.h"
#include "engine/test_card/test_card_engine.h"
#include "plugin/host/avatar_core.h"

namespace mirrorme {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kMs = 1'000'000;

/// One engine in this process, which can be taken away.
class CardPort final : public EnginePort {
public:
    std::shared_ptr<Engine> engine(const std::string&) override { return there ? card : nullptr; }
    EngineState state(const std::string&) const override {
        EngineState state;
        state.program = "card";
        state.phase = there ? EngineState::Phase::running : EngineState::Phase::pausing;
        if (there) state.info = card->info();
        return state;
    }
    void report_hang(const std::string&, const Engine*, const std::string&) override { ++hangs; }
    void restart(const std::string&) override {}

    std::shared_ptr<Engine> card = std::make_shared<TestCardEngine>();
    std::atomic<bool> there{true};
    std::atomic<int> hangs{0};
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
}

}  // namespace mirrorme

// The rules between a key press and the engine's commands (Note [Gesture rules]). Time is made up: nothing here waits.

#include <catch2/catch_test_macros.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/track_io.h"
#include "engine/session/gesture_player.h"
#include "plugin/host/gesture_board.h"

using namespace mirrorme;
using nlohmann::json;

namespace {

constexpr std::int64_t kMs = 1'000'000, kSecond = 1000 * kMs;
constexpr std::int64_t kStart = 5000 * kSecond;

/// One second (24 frames at 24 fps); held, it stays in frames 6 to 12.
GesturePreset preset(const std::string& name, bool can_hold = true) {
    GesturePreset out;
    out.name = name;
    out.title = std::string(1, static_cast<char>(name[0] - 'a' + 'A')) + name.substr(1);
    KeyPointTrack track = make_track(TrackUnit::torso, {24, 1}, {point::kRightHand}, {});
    for (int i = 0; i < 24; ++i) track.values.insert(track.values.end(), {static_cast<float>(i), 1, 1});
    track.preset = TrackPreset{name, out.title, std::nullopt, 4, 6};
    if (can_hold) track.preset->hold = IndexSpan{6, 13};
    out.seconds = 1;
    out.can_hold = can_hold;
    out.file = name + ".json";
    out.track = std::make_shared<const KeyPointTrack>(std::move(track));
    return out;
}

std::shared_ptr<const GesturePresets> presets(const std::vector<std::string>& names) {
    GesturePresets all;
    for (const std::string& name : names) all.presets.push_back(preset(name));
    all.user_folder = "/somewhere/gestures";
    return std::make_shared<const GesturePresets>(std::move(all));
}

GestureSlot slot(int number, const std::string& name, GestureMode mode = GestureMode::tap) {
    GestureSlot out;
    out.slot = number;
    out.preset = name;
    out.mode = mode;
    return out;
}

struct Board : GestureBoard {
    std::int64_t now = kStart;
    explicit Board(const std::vector<GestureSlot>& slots = {}) {
        set_presets(presets({"alpha", "beta", "delta", "gamma"}));
        set_slots(slots);
    }
    void after(std::int64_t ns) { now += ns; }
    TriggerResult down(int number) { return press(number, now); }
    void up(int number) { release(number, now); }
    TriggerResult ask(std::string_view gesture, std::string_view action) { return trigger(gesture, action, now); }
    /// "hold alpha 0, stop alpha 250": kind, name, ms since the start.
    std::string told() {
        std::string out;
        for (const GestureCommand& c : take_due(now))
            out += (out.empty() ? "" : ", ") + std::string(name_of(c.kind)) + ' ' + c.gesture + ' ' + std::to_string((c.at_ns - kStart) / kMs);
        return out;
    }
    /// "started alpha, refused beta".
    std::string events() {
        take_due(now);
        return events_so_far();
    }
    std::string events_so_far() {
        std::string out;
        for (const GestureEvent& e : take_events()) out += (out.empty() ? "" : ", ") + std::string(name_of(e.kind)) + ' ' + e.gesture;
        return out;
    }
};

}  // namespace

TEST_CASE("a tap is acknowledged at once, stamped, and over when its track is", "[host]") {
    Board board({slot(1, "alpha")});
    board.after(123 * kMs);
    const TriggerResult result = board.down(1);
    CHECK(result.accepted);
    CHECK(result.problem.empty());
    CHECK(result.at_ns == kStart + 123 * kMs);
    CHECK(board.summary().playing == "alpha");
    board.up(1);
    CHECK(board.events_so_far() == "started alpha");

    board.after(900 * kMs);  // a worker that comes late still tells the moment of the press
    std::vector<GestureCommand> due = board.take_due(board.now);
    REQUIRE(due.size() == 1);
    CHECK(due[0].kind == CommandKind::gesture);
    CHECK(due[0].gesture == "alpha");
    CHECK(due[0].at_ns == kStart + 123 * kMs);
    REQUIRE(due[0].track);
    CHECK(due[0].track->preset->name == "alpha");
    CHECK(board.take_due(board.now).empty());
    CHECK(board.summary().playing == "alpha");

    board.after(100 * kMs);
    CHECK(board.events() == "finished alpha");
    CHECK(board.summary().playing.empty());
}

TEST_CASE("a key's auto-repeat does not trigger again", "[host]") {
    Board board({slot(1, "alpha"), slot(2, "beta", GestureMode::toggle)});
    CHECK(board.down(1).accepted);
    for (int i = 0; i < 40; ++i) {
        board.after(30 * kMs);
        CHECK_FALSE(board.down(1).accepted);
    }
    CHECK(board.told() == "gesture alpha 0");
    CHECK(board.events_so_far() == "started alpha, finished alpha");
    board.up(1);
    CHECK(board.down(1).accepted);

    // A toggle must not flutter either.
    CHECK(board.down(2).accepted);
    for (int i = 0; i < 3; ++i) CHECK_FALSE(board.down(2).accepted);
    CHECK(board.told() == "gesture alpha 1200, hold beta 1200");
}

TEST_CASE("rapid presses: while it is easing in once more is too soon, later it starts anew", "[host]") {
    Board board({slot(1, "alpha")});
    int accepted = 0;
    for (int i = 0; i < 20; ++i) {  // 25 presses a second for 0.8 s; easing in takes 4 frames = 167 ms
        accepted += board.down(1).accepted;
        board.up(1);
        board.after(40 * kMs);
    }
    CHECK(accepted == 4);
    CHECK(board.told() == "gesture alpha 0, gesture alpha 200, gesture alpha 400, gesture alpha 600");
    board.after(kSecond);
    CHECK(board.summary().playing == "alpha");  // nobody has let time pass
    CHECK(board.events().ends_with("finished alpha"));
    const TriggerResult first = board.down(1);
    board.up(1);
    board.after(kMs);
    const TriggerResult second = board.down(1);
    CHECK(first.accepted);
    CHECK_FALSE(second.accepted);
    CHECK(second.problem.text == "'Alpha' has only just begun.");
}

TEST_CASE("a held key holds; letting it go plays the way back", "[host]") {
    Board board({slot(1, "alpha", GestureMode::hold)});
    board.down(1);
    board.after(10 * kSecond);
    CHECK(board.told() == "hold alpha 0");
    CHECK(board.summary().playing == "alpha");
    board.up(1);
    CHECK(board.told() == "stop alpha 10000");
    CHECK(board.summary().playing == "alpha");
    // 10 s = 240 frames: to and fro in 6..12 (period 12) from 6, so 240 is at frame 12 - (234 % 12 - 6) = 12; 12 frames are left.
    board.after(499 * kMs);
    CHECK(board.events() == "started alpha");
    board.after(kMs);
    CHECK(board.events() == "finished alpha");
    board.up(1);  // a second release, as when focus is lost, is nothing
    CHECK(board.told().empty());
}

TEST_CASE("hold and release between two visits of the worker keep their order and moments", "[host]") {
    Board board({slot(1, "alpha", GestureMode::hold)});
    board.down(1);
    board.after(2 * kMs);
    board.up(1);
    board.after(kMs);
    CHECK(board.told() == "hold alpha 0, stop alpha 2");
    // A stamp from a thread that was overtaken does not turn time back.
    board.press(1, kStart);
    CHECK(board.take_due(board.now).front().at_ns == kStart + 3 * kMs);
}

TEST_CASE("two held keys: the later takes over, and each key lets go only of its own", "[host]") {
    Board board({slot(1, "alpha", GestureMode::hold), slot(2, "beta", GestureMode::hold)});
    board.down(1);
    board.after(500 * kMs);
    board.down(2);
    board.after(500 * kMs);
    board.up(1);
    CHECK(board.told() == "hold alpha 0, hold beta 500");
    CHECK(board.summary().playing == "beta");
    board.up(2);
    CHECK(board.told() == "stop beta 1000");
}

TEST_CASE("a toggle goes on, stays, and goes off", "[host]") {
    Board board({slot(3, "beta", GestureMode::toggle)});
    board.down(3);
    board.up(3);
    board.after(3600 * kSecond);
    CHECK(board.told() == "hold beta 0");
    board.down(3);
    board.up(3);
    CHECK(board.told() == "stop beta 3600000");
    board.after(2 * kSecond);
    CHECK(board.events() == "started beta, finished beta");
    CHECK(board.ask("beta", "toggle").accepted);
    CHECK(board.ask("beta", "toggle").accepted);
    CHECK(board.ask("beta", "toggle").accepted);  // on the way back: up again
    CHECK(board.told() == "hold beta 3602000, stop beta 3602000, hold beta 3602000");
    CHECK(board.ask("beta", "release").accepted);
    CHECK_FALSE(board.ask("beta", "release").accepted);
}

TEST_CASE("hold and toggle return by themselves", "[host]") {
    GestureSlot hold = slot(1, "alpha", GestureMode::hold), toggle = slot(2, "beta", GestureMode::toggle);
    hold.return_s = 1.5;
    toggle.return_s = 2;
    Board board({hold, toggle});
    board.down(1);
    board.after(1499 * kMs);
    CHECK(board.told() == "hold alpha 0");
    board.after(501 * kMs);  // noticed late, told for the moment it was due
    CHECK(board.told() == "stop alpha 1500");
    board.up(1);
    CHECK(board.told().empty());

    board.ask("slot_02", "toggle");
    board.after(60 * kSecond);
    CHECK(board.told() == "hold beta 2000, stop beta 4000");
    CHECK(board.summary().playing.empty());
    CHECK(board.ask("beta", "toggle").accepted);  // on again, not off
    CHECK(board.told() == "hold beta 62000");
}

TEST_CASE("a tap has no auto-return", "[host]") {
    GestureSlot tap = slot(1, "alpha");
    tap.return_s = 0.2;
    Board board({tap});
    board.down(1);
    board.after(5 * kSecond);
    CHECK(board.told() == "gesture alpha 0");
}

TEST_CASE("equal or higher priority takes over, lower waits for the end", "[host]") {
    GestureSlot high = slot(1, "alpha"), low = slot(2, "beta"), lower = slot(3, "gamma");
    high.priority = 5;
    lower.priority = -5;
    Board board({high, low, lower});
    board.down(1);
    board.after(100 * kMs);
    CHECK(board.down(3).accepted);
    board.after(100 * kMs);
    CHECK(board.down(2).accepted);
    CHECK(board.summary().queued == 2);
    CHECK(board.told() == "gesture alpha 0");
    CHECK(board.events_so_far() == "started alpha, queued gamma, queued beta");
    board.after(5 * kSecond);  // the higher one of those that wait comes first, at the moment the one before ended
    CHECK(board.told() == "gesture beta 1000, gesture gamma 2000");
    CHECK(board.events_so_far() == "finished alpha, started beta, finished beta, started gamma, finished gamma");

    board.up(2);
    board.up(1);
    board.down(2);
    board.after(300 * kMs);
    board.down(1);
    CHECK(board.told() == "gesture beta 5200, gesture alpha 5500");
    CHECK(board.events_so_far() == "started beta, finished beta, started alpha");
    CHECK(board.ask("delta", "tap").accepted);  // in no slot: priority 0
    CHECK(board.summary().queued == 1);
}

TEST_CASE("of equals that wait the oldest comes first", "[host]") {
    GestureSlot high = slot(1, "alpha");
    high.priority = 1;
    Board board({high});
    board.down(1);
    board.ask("gamma", "tap");
    board.ask("beta", "tap");
    board.ask("delta", "tap");
    board.after(10 * kSecond);
    CHECK(board.told() == "gesture alpha 0, gesture gamma 1000, gesture beta 2000, gesture delta 3000");
}

TEST_CASE("a hold that waits begins when its turn comes, or never when its key is let go", "[host]") {
    GestureSlot high = slot(1, "alpha");
    high.priority = 1;
    Board board({high, slot(2, "beta", GestureMode::hold), slot(3, "gamma", GestureMode::hold), slot(4, "delta", GestureMode::toggle)});
    board.down(1);
    board.down(2);
    board.down(3);
    board.after(100 * kMs);
    board.up(2);
    CHECK(board.events_so_far() == "started alpha, queued beta, queued gamma, refused beta");
    board.after(3 * kSecond);
    CHECK(board.told() == "gesture alpha 0, hold gamma 1000");
    board.up(3);
    CHECK(board.told() == "stop gamma 3100");

    board.after(3 * kSecond);
    board.ask("slot_01", "tap");
    board.down(4);
    CHECK(board.summary().queued == 1);
    board.up(4);
    board.down(4);  // off again before it was on
    CHECK(board.summary().queued == 0);
    board.after(3 * kSecond);
    CHECK(board.told() == "gesture alpha 6100");
}

TEST_CASE("a tap that waited too long is refused, a hold is not", "[host]") {
    GestureSlot high = slot(1, "alpha", GestureMode::toggle);
    high.priority = 1;
    Board board({high, slot(2, "beta"), slot(3, "gamma", GestureMode::hold)});
    board.down(1);
    board.down(2);
    board.down(3);
    board.after(GestureBoard::kWaitLimitNs - 1);
    CHECK(board.events() == "started alpha, queued beta, queued gamma");
    board.after(1);
    CHECK(board.events() == "refused beta");
    CHECK(board.summary().queued == 1);
    board.ask("alpha", "release");
    board.after(2 * kSecond);
    CHECK(board.told().find("hold gamma") != std::string::npos);
}

TEST_CASE("cooldown counts from start to start of one preset, whoever asks", "[host]") {
    GestureSlot cool = slot(1, "alpha");
    cool.cooldown_ms = 3000;
    Board board({cool, slot(2, "alpha"), slot(3, "beta")});
    CHECK(board.down(1).accepted);
    board.up(1);
    board.after(1750 * kMs);
    const TriggerResult again = board.down(1);
    board.up(1);
    CHECK_FALSE(again.accepted);
    CHECK(again.problem.text == "'Alpha' can be played again in 1.3 s.");
    CHECK_FALSE(board.ask("alpha", "tap").accepted);  // by name: the first slot's rules
    CHECK(board.events() == "started alpha, finished alpha, refused alpha, refused alpha");
    CHECK(board.down(3).accepted);  // another preset is free
    board.after(1250 * kMs);
    CHECK(board.down(1).accepted);
    board.after(500 * kMs);
    CHECK(board.down(2).accepted);  // this slot has no cooldown
}

TEST_CASE("a toggle can be switched off during its cooldown", "[host]") {
    GestureSlot cool = slot(1, "alpha", GestureMode::toggle);
    cool.cooldown_ms = 60000;
    Board board({cool});
    CHECK(board.ask("slot_01", "").accepted);
    board.after(kSecond);
    CHECK(board.ask("slot_01", "").accepted);
    CHECK(board.told() == "hold alpha 0, stop alpha 1000");
    board.after(5 * kSecond);
    CHECK_FALSE(board.ask("slot_01", "").accepted);
}

TEST_CASE("the queue is bounded, and a preset waits once", "[host]") {
    std::vector<std::string> names{"boss"};
    for (int i = 0; i < 12; ++i) names.push_back("g" + std::string(1, static_cast<char>('a' + i)));
    GestureSlot boss = slot(1, "boss", GestureMode::toggle);
    boss.priority = 10;
    Board board;
    board.set_presets(presets(names));
    board.set_slots({boss});
    board.down(1);
    for (std::size_t i = 1; i <= GestureBoard::kQueueLimit; ++i) CHECK(board.ask(names[i], "tap").accepted);
    CHECK(board.ask(names[3], "tap").problem.text == "'" + std::string("Gc") + "' is waiting already.");
    const TriggerResult full = board.ask(names[GestureBoard::kQueueLimit + 1], "tap");
    CHECK_FALSE(full.accepted);
    CHECK(full.problem.text == "8 gestures are waiting already.");
    CHECK(board.summary().queued == GestureBoard::kQueueLimit);

    board.events();
    CHECK(board.ask("", "stop").accepted);
    CHECK(board.summary().queued == 0);
    board.after(5 * kSecond);
    CHECK(board.told() == "stop boss 0");
    CHECK(board.summary().playing.empty());
}

TEST_CASE("a script run wild is refused beyond so many a second", "[host]") {
    Board board;
    std::size_t accepted = 0;
    const std::string names[] = {"alpha", "beta", "gamma", "delta"};
    for (int i = 0; i < 1000; ++i) {
        accepted += board.ask(names[i % 4], "tap").accepted;
        board.after(kMs);
    }
    CHECK(accepted == GestureBoard::kStartsPerSecond);
    CHECK(board.take_due(board.now).size() == accepted);
    for (int i = 0; i < 1000; ++i) {  // and in any second after
        accepted += board.ask(names[i % 4], "tap").accepted;
        board.after(kMs);
    }
    CHECK(accepted == 2 * GestureBoard::kStartsPerSecond);
    board.after(kMs);
    CHECK(board.ask("alpha", "tap").accepted);
    CHECK(board.ask("alpha", "stop").accepted);
}

TEST_CASE("stop eases out what plays, named or not", "[host]") {
    Board board;
    board.ask("alpha", "tap");
    board.after(300 * kMs);
    const TriggerResult wrong = board.ask("beta", "stop");
    CHECK_FALSE(wrong.accepted);
    CHECK(wrong.problem.text == "'Beta' is not playing.");
    CHECK(board.ask("alpha", "stop").accepted);
    CHECK(board.ask("alpha", "stop").accepted);  // once is enough for the engine
    CHECK(board.told() == "gesture alpha 0, stop alpha 300");
    board.after(249 * kMs);  // it fades for 6 frames
    CHECK(board.events() == "started alpha");
    board.after(kMs);
    CHECK(board.events() == "finished alpha");
    CHECK(board.ask("", "stop").accepted);  // nothing plays: fine
    CHECK(board.told().empty());
    CHECK_FALSE(board.ask("", "release").accepted);
}

TEST_CASE("what is not there is refused with a sentence", "[host]") {
    Board board({slot(2, "omega")});
    CHECK(board.ask("alfa", "tap").problem.text == "There is no gesture called 'alfa'. Did you mean 'alpha'?");
    CHECK(board.ask("", "tap").problem.text == "No gesture was named.");
    CHECK(board.ask("slot_01", "tap").problem.text == "Slot 1 has no gesture.");
    CHECK(board.ask("slot_02", "tap").problem.text == "Slot 2 has the gesture 'omega', which is not there.");
    CHECK(board.ask("slot_17", "tap").problem.text == "There is no gesture called 'slot_17'.");
    CHECK(board.ask("alpha", "tapp").problem.text == "There is no action called 'tapp'. Did you mean 'tap'?");
    CHECK(board.ask("alpha", "explode").problem.text == "There is no action called 'explode'. Use tap, hold, toggle, release or stop.");
    CHECK_FALSE(board.press(0, board.now).accepted);
    CHECK_FALSE(board.press(99, board.now).accepted);
    CHECK_FALSE(board.press(-1, board.now).accepted);
    board.release(99, board.now);
    board.release(-1, board.now);
    CHECK(board.told().empty());
    board.take_events();

    // Bytes of any kind come back as plain text of bounded length.
    const std::string hostile = std::string("\xff\xfe\x01\n'\"") + std::string(100000, 'x');
    const TriggerResult refused = board.ask(hostile, hostile);
    CHECK_FALSE(refused.accepted);
    CHECK(refused.problem.text.size() < 200);
    CHECK(refused.problem.text.find('\n') == std::string::npos);
    CHECK_NOTHROW(json(refused.problem.text).dump());
    const std::vector<GestureEvent> events = board.take_events();
    REQUIRE(events.size() == 1);
    CHECK(events[0].kind == GestureEventKind::refused);
    CHECK(events[0].reason == refused.problem.text);
    CHECK_NOTHROW(json(events[0].gesture).dump());
}

TEST_CASE("an engine that cannot make gestures refuses them with its reason", "[host]") {
    Board board;
    board.set_unavailable("This model has no hands.");
    CHECK(board.ask("alpha", "hold").problem.text == "This model has no hands.");
    board.set_unavailable({});
    CHECK(board.ask("alpha", "hold").accepted);
    board.set_unavailable("The engine is starting.");
    CHECK(board.ask("alpha", "release").accepted);  // letting go always works
}

TEST_CASE("a new session is told of what is held, and of nothing that is past", "[host]") {
    GestureSlot toggle = slot(1, "alpha", GestureMode::toggle);
    toggle.return_s = 10;
    Board board({toggle});
    board.ask("beta", "tap");
    board.after(500 * kMs);
    board.down(1);
    board.after(4 * kSecond);
    board.begin_session(board.now);
    CHECK(board.told() == "hold alpha 4500");
    board.after(20 * kSecond);
    CHECK(board.told() == "stop alpha 10500");  // still ten seconds after it was pressed

    board.ask("beta", "tap");
    board.begin_session(board.now);
    CHECK(board.told().empty());
}

TEST_CASE("commands and events that nobody takes are bounded", "[host]") {
    Board board;
    for (int i = 0; i < 1000; ++i) {
        board.ask(i % 2 ? "alpha" : "beta", "hold");
        board.after(100 * kMs);
        board.ask("nobody", "tap");
    }
    const GestureBoard::Summary summary = board.summary();
    CHECK(summary.lost > 0);
    const std::vector<GestureCommand> due = board.take_due(board.now);
    CHECK(due.size() == GestureBoard::kCommandLimit);
    CHECK(due.back().gesture == "alpha");  // the newest are kept
    CHECK(board.take_events().size() == GestureBoard::kEventLimit);
}

TEST_CASE("slots are clamped, and what plays goes on when they change", "[host]") {
    GestureSlot wild = slot(1, std::string(1000, 'x'));
    wild.return_s = 1e300;
    wild.priority = 1000;
    wild.cooldown_ms = -5;
    Board board({wild, slot(0, "alpha"), slot(17, "alpha"), slot(2, "alpha", GestureMode::hold)});
    const json state = json::parse(board.state_json());
    REQUIRE(state["slots"].size() == 2);
    CHECK(state["slots"][0]["preset"].get<std::string>().size() == 64);
    CHECK(state["slots"][0]["return_s"] == 60);
    CHECK(state["slots"][0]["priority"] == 10);
    CHECK(state["slots"][0]["cooldown_ms"] == 0);

    board.down(2);
    board.set_slots({});
    board.set_presets(presets({"beta"}));
    CHECK(board.summary().playing == "alpha");
    board.after(kSecond);
    board.up(2);
    CHECK(board.told() == "hold alpha 0, stop alpha 1000");
    CHECK_FALSE(board.down(2).accepted);
}

TEST_CASE("every shipped gesture has a ready-made slot", "[host]") {
    GestureLibrary library(std::string(MIRRORME_SOURCE_DIR) + "/data/gestures", "/nowhere");
    library.rescan();
    const auto shipped = library.presets();
    const std::vector<GestureSlot> slots = default_gesture_slots(*shipped);
    CHECK(slots.size() == shipped->presets.size());
    Board board(slots);
    board.set_presets(shipped);
    for (int i = 0; i < static_cast<int>(slots.size()); ++i) {
        CHECK(slots[static_cast<std::size_t>(i)].slot == i + 1);
        CHECK(board.down(i + 1).accepted);
        board.up(i + 1);
        board.after(100 * kMs);
    }
    CHECK(default_gesture_slots(*presets({"alpha", "wave"})).size() == 1);
}

TEST_CASE("the state in JSON is what the contract says", "[host]") {
    GestureSlot second = slot(2, "beta", GestureMode::toggle);
    second.return_s = 2.5;
    second.priority = -3;
    second.cooldown_ms = 250;
    Board board({slot(1, "alpha"), second});
    board.ask("alpha", "tap");
    const json state = json::parse(board.state_json());
    CHECK(state.size() == 5);
    CHECK(state["presets"].size() == 4);
    CHECK(state["presets"][0] == json{{"name", "alpha"}, {"title", "Alpha"}, {"seconds", 1.0}, {"can_hold", true}, {"file", "alpha.json"}, {"user", false}});
    CHECK(state["slots"] == json::array({{{"slot", 1}, {"preset", "alpha"}, {"mode", "tap"}, {"return_s", 0}, {"priority", 0}, {"cooldown_ms", 0}},
                                         {{"slot", 2}, {"preset", "beta"}, {"mode", "toggle"}, {"return_s", 2.5}, {"priority", -3}, {"cooldown_ms", 250}}}));
    CHECK(state["playing"] == "alpha");
    CHECK(state["queued"] == 0);
    CHECK(state["folder"] == "/somewhere/gestures");
    CHECK(board.title_of(2) == "Beta");
    CHECK(board.title_of(3).empty());
    CHECK(board.title_of(0).empty());
}

TEST_CASE("the board knows when the engine's gesture is over", "[host]") {
    // Driven with the same commands, the engine's player stops asking for a pose when the board says finished, to a frame.
    struct Case {
        const char* what;
        bool can_hold, held;
        std::int64_t let_go_ms;  // after the start; -1 = never
    };
    for (const Case c : {Case{"tap", true, false, -1}, Case{"tap, stopped", true, false, 400}, Case{"held shortly", true, true, 100}, Case{"held", true, true, 1300}, Case{"held, let go on the way down", true, true, 1600},
                         Case{"held for long", true, true, 7777}, Case{"held without a span", false, true, 2500}, Case{"stopped near its end", true, false, 900}}) {
        INFO(c.what);
        GesturePresets all;
        all.presets.push_back(preset("alpha", c.can_hold));
        Board board;
        board.set_presets(std::make_shared<const GesturePresets>(std::move(all)));
        GesturePlayer player({24, 1});
        board.ask("alpha", c.held ? "hold" : "tap");
        std::int64_t finished_frame = -1, over_frame = -1;
        for (FrameIndex frame = 0; frame < 24 * 15; ++frame) {
            const std::int64_t at = kStart + nanoseconds_of(frame, Rational{24, 1});
            if (c.let_go_ms >= 0 && board.now < kStart + c.let_go_ms * kMs && at >= kStart + c.let_go_ms * kMs)
                board.trigger("alpha", c.held ? "release" : "stop", kStart + c.let_go_ms * kMs);
            board.now = at;
            for (const GestureCommand& command : board.take_due(board.now))
                REQUIRE(player.add(command.kind, command.gesture, ticks_in(command.at_ns - kStart, Rational{24, 1}), command.track));
            for (const GestureEvent& event : board.take_events())
                if (event.kind == GestureEventKind::finished) finished_frame = frame;
            player.pose_at(frame);
            if (over_frame < 0 && player.playing().empty()) over_frame = frame;
        }
        REQUIRE(finished_frame > 0);
        REQUIRE(over_frame > 0);
        CHECK(std::abs(finished_frame - over_frame) <= 2);
    }
}

TEST_CASE("many threads at once lose nothing and break nothing", "[host]") {
    Board board({slot(1, "alpha"), slot(2, "beta", GestureMode::hold), slot(3, "gamma", GestureMode::toggle)});
    std::atomic<std::int64_t> clock{kStart};
    std::atomic<int> started{0}, finished{0};
    std::atomic<bool> done{false}, torn{false};
    const auto count = [&] {
        for (const GestureEvent& e : board.take_events()) {
            started += e.kind == GestureEventKind::started;
            finished += e.kind == GestureEventKind::finished;
        }
    };
    std::vector<std::thread> keys;
    for (int k = 1; k <= 3; ++k)
        keys.emplace_back([&, k] {
            for (int i = 0; i < 2000; ++i) {
                board.press(k, clock += 5 * kMs);
                board.release(k, clock += 5 * kMs);
            }
        });
    std::thread reader([&] {
        while (!done) {
            if (json::parse(board.state_json()).size() != 5) torn = true;
            board.title_of(2);
        }
    });
    std::thread worker([&] {
        while (!done) {
            board.take_due(clock);
            count();
        }
    });
    for (std::thread& key : keys) key.join();
    done = true;
    worker.join();
    reader.join();
    board.trigger("", "stop", clock);
    board.take_due(clock + 100 * kSecond);
    count();
    CHECK(started > 0);
    CHECK_FALSE(torn);
    CHECK(board.summary().playing.empty());
    if (board.summary().lost == 0) CHECK(started == finished);
}

// Made, changed, stored, asked and thrown away: nothing is lost and nothing is left.
#include <catch2/catch_test_macros.hpp>

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "obs/host/real_time.h"
#include "obs/host/rivals.h"
#include "obs/host/stage.h"
#include "obs/host/watch.h"
#include "support/sanitized.h"
#include "support/temp_folder.h"
#include "support/within.h"

namespace mirrorme::testing {
namespace {

using namespace std::chrono_literals;

nlohmann::json settings_of(obs_source_t* source) {
    const DataPtr settings(obs_source_get_settings(source));
    return nlohmann::json::parse(obs_data_get_json(settings.get()));
}

TEST_CASE("settings come back as they were stored") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    {
        const std::string chosen = R"({"delay_mode": "own", "extra_delay_ms": 35, "size": "2x", "pause_hidden": false, "background": "#00b140",
            "liveliness": 0.5, "gate_threshold_db": -37.5, "gate_hold_ms": 420, "mirror": true, "framing": "face", "seed": 77, "audio_source": "Nobody",
            "audio_input": "source", "record_events": true,
            "gesture_slots": [{"slot": 3, "preset": "wave", "mode": "hold", "return_s": 2, "priority": 1, "cooldown_ms": 500}]})";
        DataPtr saved;
        {
            const Avatar avatar("Avatar", "", chosen);
            saved.reset(obs_save_source(avatar.source()));
        }
        const std::string text = obs_data_get_json(saved.get());
        const DataPtr read(obs_data_create_from_json(text.c_str()));
        const SourcePtr again(obs_load_source(read.get()));
        REQUIRE(again);
        obs_source_load(again.get());
        const nlohmann::json before = nlohmann::json::parse(chosen), after = settings_of(again.get());
        for (const auto& [key, value] : before.items()) {
            if (key == "gesture_slots") continue;
            CAPTURE(key);
            CHECK(after.value(key, nlohmann::json()) == value);
        }
        REQUIRE(after.contains("gesture_slots"));
        bool found = false;
        for (const auto& slot : after.at("gesture_slots")) found = found || (slot.at("slot") == 3 && slot.at("preset") == "wave" && slot.at("mode") == "hold");
        CHECK(found);
        CHECK(after.at("settings_version") == 1);
    }
    CHECK(host.shut_down() == 0);
}

DataPtr read_data(const std::string& json) { return DataPtr(obs_data_create_from_json(json.c_str())); }

/// All sources, as a scene collection stores them.
nlohmann::json saved_sources() {
    const DataPtr holder(obs_data_create());
    obs_data_array_t* all = obs_save_sources();
    obs_data_set_array(holder.get(), "sources", all);
    obs_data_array_release(all);
    return nlohmann::json::parse(obs_data_get_json(holder.get()));
}

/// Opens and closes a scene collection in an OBS of its own; what OBS stores then.
nlohmann::json reopened(const nlohmann::json& sources, bool with_module) {
    ObsHost host({.with_avatar = with_module});
    nlohmann::json stored;
    {
        const DataPtr holder = read_data(sources.dump());
        obs_data_array_t* all = obs_data_get_array(holder.get(), "sources");
        std::vector<SourcePtr> kept;
        obs_load_sources(
            all, [](void* to, obs_source_t* source) { static_cast<std::vector<SourcePtr>*>(to)->emplace_back(obs_source_get_ref(source)); }, &kept);
        obs_data_array_release(all);
        stored = saved_sources();
        for (const SourcePtr& source : kept)
            if (obs_scene_t* scene = obs_scene_from_source(source.get())) obs_scene_prune_sources(scene);
    }
    CHECK(host.shut_down() == 0);
    return stored;
}

const nlohmann::json& named(const nlohmann::json& sources, const std::string& name) {
    for (const auto& source : sources.at("sources"))
        if (source.at("name") == name) return source;
    throw std::runtime_error("no source " + name);
}

TEST_CASE("opened once without the module, a scene collection keeps the avatar's settings, keys and place") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    nlohmann::json first;
    {
        ObsHost host;
        {
            ShownScene scene;
            const Avatar avatar("Avatar", "Mic", R"({"delay_mode": "own", "liveliness": 0.5, "gesture_slots": [{"slot": 3, "preset": "wave", "mode": "hold"}]})");
            scene.add(avatar.source(), {40, 20, 0.5f});
            first = saved_sources();
        }
        CHECK(host.shut_down() == 0);
    }
    for (auto& source : first.at("sources")) {
        if (source.at("name") != "Avatar") continue;
        source["mixers"] = 5;
        source["volume"] = 0.25;
        source["hotkeys"]["mirrorme.gesture_03"] = nlohmann::json::parse(R"([{"control": true, "key": "OBS_KEY_F7"}])");
    }
    const nlohmann::json with = reopened(first, true), without = reopened(with, false), again = reopened(without, true);
    CHECK(named(with, "Avatar").at("hotkeys").at("mirrorme.gesture_03").at(0).at("key") == "OBS_KEY_F7");
    for (const auto* later : {&without, &again}) {
        CAPTURE(later == &without);
        for (const char* part : {"id", "settings", "hotkeys", "private_settings", "volume", "balance", "muted", "sync", "monitoring_type"}) {
            CAPTURE(part);
            CHECK(named(*later, "Avatar").at(part) == named(with, "Avatar").at(part));
        }
        CHECK(named(*later, "Scene").at("settings").at("items") == named(with, "Scene").at("settings").at("items"));
    }
    CHECK(named(with, "Avatar").at("settings").at("liveliness") == 0.5);
    CHECK(named(again, "Avatar").at("mixers") == named(with, "Avatar").at("mixers"));  // libobs forgets those, we do not
}

TEST_CASE("settings of nonsense are survived") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    {
        const Avatar avatar("Avatar", "", R"({"delay_mode": "sideways", "extra_delay_ms": -99999999, "size": 7, "background": "#zzzzzz", "liveliness": 1e30,
            "seed": -1, "crop": "a,b", "eyes": "1,2,3", "image": "/nowhere/at/all.png", "gesture_slots": [{"slot": 99}, 5, {"preset": {}}],
            "audio_input": "track_77", "bundle": "/nowhere", "settings_version": 4000, "gate_hold_ms": 100000000})");
        std::this_thread::sleep_for(500ms);
        CHECK(avatar.status().is_object());
        CHECK(obs_source_get_width(avatar.source()) > 0);
    }
    CHECK(host.shut_down() == 0);
}

TEST_CASE("procs answer, also what they do not know") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage;
    const nlohmann::json status = stage.avatar().wait_speaking();
    INFO(status.dump(1));
    REQUIRE(status.at("in_time"));
    CHECK(status.at("version") == 1);
    for (const char* key : {"message", "severity", "engine", "session", "info", "delay", "audio", "frames", "gesture", "paused", "lip_offset_ms"}) {
        CAPTURE(key);
        CHECK(status.contains(key));
    }
    CHECK(status.at("session").at("memory").at("held_bytes") > 1 << 20);
    const nlohmann::json gestures = stage.avatar().gestures();
    INFO(gestures.dump(1));
    CHECK(std::any_of(gestures.at("presets").begin(), gestures.at("presets").end(), [](const auto& p) { return p.at("name") == "wave"; }));
    CHECK(stage.avatar().trigger("wave").accepted);
    const Reply unknown = stage.avatar().trigger("no such gesture");
    CHECK_FALSE(unknown.accepted);
    CHECK_FALSE(unknown.problem.empty());
    CHECK_FALSE(stage.avatar().trigger("wave", "somersault").accepted);
    CHECK_FALSE(stage.avatar().trigger(std::string(100'000, 'x')).accepted);
    const std::string diagnostics = stage.avatar().diagnostics();
    CHECK(diagnostics.size() > 100);
    CHECK(diagnostics.find(std::getenv("HOME") ? std::getenv("HOME") : "/root") == std::string::npos);
}

TEST_CASE("what it has to say, it says in OBS's language") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    const TempFolder folder;
    put(folder / "mirrorme", "no program");
    ObsHost host({.engine = folder / "mirrorme", .language = "de-DE"});
    {
        const Avatar avatar("Avatar", "", "{}");
        CHECK(avatar.trigger("wavee").problem == "Es gibt keine Geste namens „wavee“. War „wave“ gemeint?");
        const nlohmann::json status = avatar.wait(8s, [](const auto& s) { return s.at("engine").at("error").template get<std::string>().starts_with("Nicht lesbar: "); });
        INFO(status.dump(1));
        CHECK(status.at("in_time"));
        CHECK(status.at("engine").at("error_code") == "error_unreadable");
    }
    CHECK(host.shut_down() == 0);
}

/// Inodes of the sockets that `process` has open.
std::set<std::string> sockets_of(std::int64_t process) {
    std::set<std::string> inodes;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(process) + "/fd")) {
        std::error_code gone;
        const std::string target = std::filesystem::read_symlink(entry, gone).string();
        if (target.starts_with("socket:[")) inodes.insert(target.substr(8, target.size() - 9));
    }
    return inodes;
}

/// Of those, the ones of the internet's protocols.
int internet_sockets(std::int64_t process) {
    const std::set<std::string> ours = sockets_of(process);
    int count = 0;
    for (const char* table : {"tcp", "tcp6", "udp", "udp6", "raw", "raw6"}) {
        std::ifstream file(std::string("/proc/net/") + table);
        std::string line;
        while (std::getline(file, line)) {
            std::istringstream fields(line);
            std::string field;
            for (int i = 0; i < 10; ++i) fields >> field;  // the tenth is the inode
            count += ours.contains(field) ? 1 : 0;
        }
    }
    return count;
}

TEST_CASE("no port is opened to the network") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage;
    const nlohmann::json status = stage.avatar().wait_speaking();
    REQUIRE(status.at("in_time"));
    CHECK_FALSE(sockets_of(status.at("engine").at("process").get<std::int64_t>()).empty());  // the private one
    CHECK(internet_sockets(status.at("engine").at("process").get<std::int64_t>()) == 0);
    CHECK(internet_sockets(::getpid()) == 0);
}

TEST_CASE("a gesture by hotkey is on the screen, at the moment of the press") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage(R"({"delay_mode": "none", "gesture_slots": [{"slot": 1, "preset": "wave", "mode": "tap"}]})");
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    std::this_thread::sleep_for(500ms);
    // By the name it is registered with.
    struct Search {
        obs_source_t* source;
        obs_hotkey_id found = OBS_INVALID_HOTKEY_ID;
        std::string names{};
    } search{stage.avatar().source()};
    obs_enum_hotkeys(
        [](void* pointer, obs_hotkey_id id, obs_hotkey_t* key) {
            auto& self = *static_cast<Search*>(pointer);
            self.names += std::string(obs_hotkey_get_name(key)) + " ";
            if (std::string(obs_hotkey_get_name(key)).find("gesture_01") != std::string::npos) self.found = id;
            return true;
        },
        &search);
    INFO(search.names);
    REQUIRE(search.found != OBS_INVALID_HOTKEY_ID);
    obs_hotkey_enable_callback_rerouting(true);
    const auto lit = [&] {  // the card's square at the lower right
        const VideoFrame picture = stage.recorder().picture();
        return picture.pixels && pixel(picture, 230, 350).r > 200;
    };
    CHECK_FALSE(lit());
    const auto pressed = std::chrono::steady_clock::now();
    obs_hotkey_trigger_routed_callback(search.found, true);
    obs_hotkey_trigger_routed_callback(search.found, false);
    CHECK(within(5s, lit));
    const double after = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - pressed).count();
    const double total = stage.avatar().status().at("delay").at("total_ms").get<double>();
    std::printf("gesture by hotkey: on the screen after %.0f ms, L = %.0f ms\n", after, total);
    CHECK(after > total - 150);
    CHECK(after < total + 400);
    CHECK(within(5s, [&] { return !lit(); }));
    obs_hotkey_enable_callback_rerouting(false);
}

TEST_CASE("properties are there, quick, and may be asked for by any thread") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage;
    stage.avatar().wait_speaking();
    double slowest = 0;
    int items = 0, buttons = 0;
    std::thread other([&] {
        for (int round = 0; round < 20; ++round) {
            const auto start = std::chrono::steady_clock::now();
            obs_properties_t* properties = obs_source_properties(stage.avatar().source());
            slowest = std::max(slowest, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
            items = 0;
            const std::function<void(obs_properties_t*)> visit = [&](obs_properties_t* list) {
                for (obs_property_t* p = obs_properties_first(list); p; obs_property_next(&p), ++items) {
                    if (obs_property_get_type(p) == OBS_PROPERTY_GROUP) visit(obs_property_group_content(p));
                    if (obs_property_get_type(p) != OBS_PROPERTY_BUTTON || round != 0) continue;
                    ++buttons;
                    obs_property_button_clicked(p, stage.avatar().source());
                }
            };
            visit(properties);
            obs_properties_destroy(properties);
        }
    });
    other.join();
    std::printf("properties: %d of them, %d buttons, opened in %.1f ms at most\n", items, buttons, slowest);
    CHECK(items > 15);
    CHECK(buttons >= 2);
    CHECK(stage.avatar().wait_speaking(20s).at("in_time"));  // after every button was pressed, "restart" among them
    CHECK(stage.close() == 0);
}

TEST_CASE("made, changed and thrown away many times: nothing is left") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage;
    REQUIRE(stage.avatar().wait_speaking().at("in_time"));
    double early = 0;
    std::size_t threads = 0, descriptors = 0;
    constexpr int kRounds = 40, kSettled = 15, kHalfway = 27;
    double halfway = 0;
    for (int round = 0; round < kRounds; ++round) {
        Avatar avatar("Other", round % 3 ? "Voice" : "Nobody", R"({"delay_mode": "none"})");
        obs_sceneitem_t* item = stage.scene().add(avatar.source(), {400, 0, kCardScale});
        std::this_thread::sleep_for(std::chrono::milliseconds(10 + round % 7 * 25));
        avatar.set(R"({"background": "matte", "extra_delay_ms": 20})");
        avatar.set(R"({"audio_source": "Voice", "seed": )" + std::to_string(round) + "}");
        if (round % 2) avatar.trigger("wave");
        std::this_thread::sleep_for(std::chrono::milliseconds(round % 5 * 20));
        obs_sceneitem_remove(item);
        obs_source_remove(avatar.source());
        avatar.release();
        while (obs_wait_for_destroy_queue()) {
        }
        if (round == kHalfway) halfway = resident_mb();
        if (round != kSettled) continue;
        early = resident_mb();
        threads = count_of("task");
        descriptors = count_of("fd");
    }
    std::this_thread::sleep_for(500ms);
    const double late = resident_mb();
    std::printf("40 avatars made and thrown away: memory %.1f -> %.1f -> %.1f MB, threads %zu -> %zu, descriptors %zu -> %zu\n", early, halfway, late, threads,
                count_of("task"), descriptors, count_of("fd"));
    // What avatars leave behind, each of them leaves. A thread's first use of its allocator (24 MB in one run of many) is seen once. The address sanitizer keeps
    // what was freed.
    if (!kSanitized) CHECK(std::min(halfway - early, late - halfway) < 5);
    CHECK(count_of("task") <= threads + 2);
    CHECK(count_of("fd") <= descriptors + 4);
    CHECK(stage.close() == 0);
}

TEST_CASE("on OBS's threads: nothing allocated or locked while sound comes, little time spent drawing") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    Stage stage;
    {
        const Rivals rivals(stage);
        REQUIRE(stage.avatar().wait_speaking().at("in_time"));
        watch_callbacks({"Avatar", Rivals::kStill, Rivals::kAnimated});
        std::this_thread::sleep_for(4s);
        const AudioDeeds deeds = audio_deeds();
        std::printf("audio callback: %lld calls, %lld allocations, %lld locks, longest %.0f us\n", static_cast<long long>(deeds.calls),
                    static_cast<long long>(deeds.allocations), static_cast<long long>(deeds.locks), deeds.longest_us);
        CHECK(deeds.calls > 300);
        CHECK(deeds.allocations == 0);
        CHECK(deeds.locks == 0);
        print_call_times({"Avatar", Rivals::kStill, Rivals::kAnimated});
        CHECK(watched("Avatar", WatchedCallback::render).cpu_us.size() > 60);
    }
}

}  // namespace
}  // namespace mirrorme::testing

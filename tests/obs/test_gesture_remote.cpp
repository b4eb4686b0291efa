// Gestures from outside: keys as OBS keeps and calls them, and obs-websocket's requests and events.
// The obs-websocket here is a stand-in that offers what the real one's plugin API offers; the real one is in real/.
#include <catch2/catch_test_macros.hpp>

#include <callback/calldata.h>
#include <callback/proc.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "obs/host/avatar.h"
#include "obs/host/obs_host.h"
#include "support/within.h"

namespace mirrorme::testing {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

// ---- keys ----------------------------------------------------------------------------------------------------

struct KeySeen {
    obs_hotkey_id id = OBS_INVALID_HOTKEY_ID;
    std::string description;
};
/// The hotkeys of a source by their names.
std::map<std::string, KeySeen> keys_of(obs_source_t* source) {
    struct Search {
        const char* name;
        std::map<std::string, KeySeen> found{};
    } search{obs_source_get_name(source)};
    obs_enum_hotkeys(
        [](void* pointer, obs_hotkey_id id, obs_hotkey_t* key) {
            auto& self = *static_cast<Search*>(pointer);
            if (obs_hotkey_get_registerer_type(key) != OBS_HOTKEY_REGISTERER_SOURCE) return true;
            auto* weak = static_cast<obs_weak_source_t*>(obs_hotkey_get_registerer(key));
            const SourcePtr owner(obs_weak_source_get_source(weak));
            if (owner && std::string(obs_source_get_name(owner.get())) == self.name)
                self.found[obs_hotkey_get_name(key)] = {id, obs_hotkey_get_description(key)};
            return true;
        },
        &search);
    std::erase_if(search.found, [](const auto& entry) { return !entry.first.starts_with("mirrorme."); });
    return search.found;
}

constexpr const char* kSlots = R"({"gesture_slots": [{"slot": 1, "preset": "wave", "mode": "tap"}, {"slot": 2, "preset": "point", "mode": "hold"},
                                                     {"slot": 16, "preset": "ok", "mode": "toggle"}]})";

bool plays(const Avatar& avatar, const std::string& gesture) {
    return within(5s, [&] { return avatar.gestures().at("playing") == gesture; });
}

TEST_CASE("a source has one key for each slot and one to stop, with names that never change") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    {
        Avatar avatar("Avatar", "", kSlots);
        CHECK(within(5s, [&] { return keys_of(avatar.source())["mirrorme.gesture_01"].description == "Gesture 01: Wave"; }));
        auto keys = keys_of(avatar.source());
        CHECK(keys.size() == 17);
        CHECK(keys["mirrorme.gesture_02"].description == "Gesture 02: Point");
        CHECK(keys["mirrorme.gesture_03"].description == "Gesture 03");
        CHECK(keys["mirrorme.gesture_16"].description == "Gesture 16: OK");
        CHECK(keys["mirrorme.stop"].description == "Stop gesture");
        avatar.set(R"({"gesture_slots": [{"slot": 3, "preset": "cheer", "mode": "tap"}]})");
        CHECK(within(5s, [&] { return keys_of(avatar.source())["mirrorme.gesture_03"].description == "Gesture 03: Cheer"; }));
        keys = keys_of(avatar.source());
        CHECK(keys["mirrorme.gesture_01"].description == "Gesture 01");
        CHECK(keys.size() == 17);
    }
    CHECK(host.shut_down() == 0);
}

TEST_CASE("keys tap, hold, toggle and stop") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    {
        Avatar avatar("Avatar", "", kSlots);
        obs_hotkey_enable_callback_rerouting(true);
        auto keys = keys_of(avatar.source());
        const auto down = [&](const char* name) { obs_hotkey_trigger_routed_callback(keys[name].id, true); };
        const auto up = [&](const char* name) { obs_hotkey_trigger_routed_callback(keys[name].id, false); };
        REQUIRE(within(5s, [&] { return avatar.gestures().at("slots").size() == 3; }));

        down("mirrorme.gesture_01");
        CHECK(avatar.gestures().at("playing") == "wave");  // at once, whatever the engine is doing
        up("mirrorme.gesture_01");
        CHECK(avatar.gestures().at("playing") == "wave");
        down("mirrorme.gesture_02");
        CHECK(avatar.gestures().at("playing") == "point");
        std::this_thread::sleep_for(4s);  // longer than the gesture
        CHECK(avatar.gestures().at("playing") == "point");
        up("mirrorme.gesture_02");
        CHECK(plays(avatar, ""));
        down("mirrorme.gesture_16");
        up("mirrorme.gesture_16");
        CHECK(avatar.gestures().at("playing") == "ok");
        down("mirrorme.stop");
        CHECK(plays(avatar, ""));
        down("mirrorme.gesture_05");  // an empty slot
        CHECK(avatar.gestures().at("playing") == "");
    }
    CHECK(host.shut_down() == 0);
}

TEST_CASE("OBS keeps the keys with the source") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    {
        DataPtr saved;
        {
            Avatar avatar("Avatar", "", kSlots);
            obs_key_combination combination{INTERACT_SHIFT_KEY | INTERACT_CONTROL_KEY, OBS_KEY_F7};
            auto keys = keys_of(avatar.source());
            obs_hotkey_load_bindings(keys["mirrorme.gesture_02"].id, &combination, 1);
            saved.reset(obs_save_source(avatar.source()));
        }
        const json stored = json::parse(obs_data_get_json(saved.get()));
        CHECK(stored.at("hotkeys").at("mirrorme.gesture_02").at(0).at("key") == "OBS_KEY_F7");
        const SourcePtr again(obs_load_source(saved.get()));
        REQUIRE(again);
        struct Search {
            obs_hotkey_id id;
            int keys = 0;
        } search{keys_of(again.get())["mirrorme.gesture_02"].id};
        obs_enum_hotkey_bindings(
            [](void* pointer, std::size_t, obs_hotkey_binding_t* binding) {
                auto& self = *static_cast<Search*>(pointer);
                if (obs_hotkey_binding_get_hotkey_id(binding) != self.id) return true;
                self.keys += obs_hotkey_binding_get_key_combination(binding).key == OBS_KEY_F7;
                return true;
            },
            &search);
        CHECK(search.keys == 1);
    }
    CHECK(host.shut_down() == 0);
}

TEST_CASE("no key is called once its source is gone") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    {
        obs_hotkey_enable_callback_rerouting(true);
        std::atomic<bool> done{false};
        std::atomic<obs_hotkey_id> newest{0};
        std::thread presses([&] {  // a key that repeats while sources come and go
            bool down = false;
            while (!done) {
                for (obs_hotkey_id back = 0; back < 40; ++back)
                    if (newest >= back) obs_hotkey_trigger_routed_callback(newest - back, down);
                down = !down;
            }
        });
        for (int round = 0; round < 15; ++round) {
            Avatar avatar("Avatar", "", kSlots);
            newest = keys_of(avatar.source())["mirrorme.stop"].id;
            if (round % 3 == 0) avatar.set(R"({"gesture_slots": []})");
            std::this_thread::sleep_for(20ms);
        }
        const SourcePtr hidden(obs_source_create_private(kAvatarId, "Private", nullptr));  // has no keys, and needs none
        CHECK(hidden);
        done = true;
        presses.join();
    }
    CHECK(host.shut_down() == 0);
}

// ---- obs-websocket -------------------------------------------------------------------------------------------

/// What obs-websocket offers to plugins: a proc handler found through libobs's, vendors, requests, events.
class Websocket {
public:
    using Request = void (*)(obs_data_t*, obs_data_t*, void*);
    struct Callback {
        Request function;
        void* data;
    };

    Websocket() : procs_(proc_handler_create()) {
        proc_handler_add(procs_, "bool vendor_register(in string name, out ptr vendor)", vendor_register, this);
        proc_handler_add(procs_, "bool vendor_request_register(in ptr vendor, in string type, in ptr callback)", request_register, this);
        proc_handler_add(procs_, "bool vendor_event_emit(in ptr vendor, in string type, in ptr data)", event_emit, this);
        proc_handler_add(obs_get_proc_handler(), "bool obs_websocket_api_get_ph(out ptr ph)", get_ph, this);
        obs_post_load_modules();  // as OBS does when all modules are there
    }
    ~Websocket() { unload(); }
    Websocket(const Websocket&) = delete;
    Websocket& operator=(const Websocket&) = delete;

    /// As the real one does when OBS closes: when the last source is gone, before or after the avatar's module. An avatar that is still being destroyed
    /// tells of its gestures until its worker has ended.
    void unload() {
        if (procs_ == nullptr) return;
        while (obs_wait_for_destroy_queue()) {
        }
        proc_handler_destroy(procs_);
        procs_ = nullptr;
    }

    json call(const std::string& type, obs_data_t* request) const {
        const auto found = requests_.find(type);
        if (found == requests_.end()) return {{"ok", false}, {"error", "no request " + type}};
        const DataPtr response(obs_data_create());
        found->second.function(request, response.get(), found->second.data);
        return json::parse(obs_data_get_json(response.get()));
    }
    json call(const std::string& type, const char* request_json = "{}") const {
        const DataPtr request(obs_data_create_from_json(request_json));
        return call(type, request.get());
    }
    std::vector<json> events() const {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    std::vector<std::string> vendors, request_names;

private:
    static Websocket& self(void* pointer) { return *static_cast<Websocket*>(pointer); }
    static void get_ph(void* pointer, calldata_t* data) { calldata_set_ptr(data, "ph", self(pointer).procs_); }
    static void vendor_register(void* pointer, calldata_t* data) {
        self(pointer).vendors.emplace_back(calldata_string(data, "name"));
        calldata_set_ptr(data, "vendor", pointer);
        calldata_set_bool(data, "success", true);
    }
    static void request_register(void* pointer, calldata_t* data) {
        const std::string type = calldata_string(data, "type");
        self(pointer).requests_[type] = *static_cast<Callback*>(calldata_ptr(data, "callback"));
        self(pointer).request_names.push_back(type);
        calldata_set_bool(data, "success", calldata_ptr(data, "vendor") == pointer);
    }
    static void event_emit(void* pointer, calldata_t* data) {
        json event = json::parse(obs_data_get_json(static_cast<obs_data_t*>(calldata_ptr(data, "data"))));
        event["type"] = calldata_string(data, "type");
        const std::lock_guard lock(self(pointer).mutex_);
        self(pointer).events_.push_back(std::move(event));
    }

    proc_handler_t* procs_;
    std::map<std::string, Callback> requests_;
    mutable std::mutex mutex_;
    std::vector<json> events_;
};

TEST_CASE("obs-websocket lists, triggers, stops and tells") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    Websocket websocket;
    CHECK(websocket.vendors == std::vector<std::string>{"obs-mirrorme"});
    CHECK(websocket.request_names == std::vector<std::string>{"list", "trigger", "stop", "state"});
    CHECK(websocket.call("list") == json{{"ok", false}, {"error", "There is no avatar."}, {"avatars", json::array()}});
    {
        Avatar avatar("Ada", "", kSlots);
        REQUIRE(within(5s, [&] { return avatar.gestures().at("slots").size() == 3; }));

        const json list = websocket.call("list");
        INFO(list.dump(1));
        CHECK(list.at("ok") == true);
        CHECK(list.at("source") == "Ada");
        CHECK(list.at("presets").size() >= 13);
        CHECK(list.at("slots").size() == 3);
        CHECK(list.at("playing") == "");
        CHECK_FALSE(list.contains("folder"));
        CHECK_FALSE(list.contains("error"));

        CHECK(websocket.call("trigger", R"({"gesture": "point", "action": "hold"})") == json{{"ok", true}, {"source", "Ada"}});
        CHECK(websocket.call("list").at("playing") == "point");
        CHECK(websocket.call("trigger", R"({"source": "Ada", "gesture": "slot_16"})").at("ok") == true);  // the slot's toggle
        CHECK(websocket.call("list").at("playing") == "ok");
        CHECK(websocket.call("stop", R"({"gesture": "wave"})").at("error") == "'Wave' is not playing.");
        CHECK(websocket.call("stop").at("ok") == true);
        CHECK(plays(avatar, ""));

        const json state = websocket.call("state");
        INFO(state.dump(1));
        CHECK(state.at("ok") == true);
        CHECK(state.at("state").at("version") == 1);
        CHECK(state.at("state").at("engine").contains("state"));

        const auto told = [&](const std::string& gesture, const std::string& event) {
            return within(5s, [&] {
                const std::vector<json> events = websocket.events();
                return std::find(events.begin(), events.end(), json{{"type", "gesture"}, {"source", "Ada"}, {"gesture", gesture}, {"event", event}}) != events.end();
            });
        };
        CHECK(told("point", "started"));
        CHECK(told("point", "finished"));
        CHECK(told("ok", "started"));
        CHECK(told("ok", "finished"));
    }
    websocket.unload();
    CHECK(host.shut_down() == 0);
}

TEST_CASE("several avatars: a request says which one it means") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    Websocket websocket;
    {
        Avatar ada("Ada", ""), bruno("Bruno \xe2\x98\xba", "");
        const SourcePtr other = make_background(0, host.options());
        const json unsaid = websocket.call("trigger", R"({"gesture": "wave"})");
        CHECK(unsaid.at("error") == "There are several avatars: say which one in 'source'.");
        CHECK(unsaid.at("avatars").size() == 2);
        CHECK(websocket.call("trigger", R"({"gesture": "wave", "source": "Bruno ☺"})") == json{{"ok", true}, {"source", "Bruno ☺"}});
        CHECK(bruno.gestures().at("playing") == "wave");
        CHECK(ada.gestures().at("playing") == "");
        CHECK(websocket.call("state", R"({"source": "Background"})").at("error") == "There is no avatar of that name.");
        CHECK(websocket.call("state", R"({"source": "Carl"})").at("avatars").size() == 2);
        bruno.release();
        CHECK(within(5s, [&] { return websocket.call("list").at("ok") == true; }));
    }
    websocket.unload();
    CHECK(host.shut_down() == 0);
}

TEST_CASE("whatever comes in, there is a reply") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    Websocket websocket;
    {
        Avatar avatar("Ada", "");
        const auto problem = [&](const char* type, const std::string& request) {
            const json reply = websocket.call(type, request.c_str());
            CHECK(reply.at("ok") == false);
            return reply.at("error").get<std::string>();
        };
        CHECK(problem("trigger", "{}") == "Say which gesture in 'gesture': a name or slot_01 to slot_16.");
        CHECK(problem("trigger", R"({"gesture": 7})") == "'gesture' must be text.");
        CHECK(problem("trigger", R"({"gesture": ["wave"]})") == "'gesture' must be text.");
        CHECK(problem("trigger", R"({"gesture": {"name": "wave"}})") == "'gesture' must be text.");
        CHECK(problem("trigger", R"({"gesture": true})") == "'gesture' must be text.");
        CHECK(problem("trigger", R"({"gesture": "wave", "action": 1e300})") == "'action' must be text.");
        CHECK(problem("trigger", R"({"gesture": "wave", "action": "explode"})").find("no action called 'explode'") != std::string::npos);
        CHECK(problem("trigger", R"({"gesture": "wave", "source": {}})") == "'source' must be text.");
        CHECK(problem("trigger", "{\"gesture\": \"" + std::string(1'000'000, 'x') + "\"}") == "'gesture' is too long.");
        CHECK(problem("trigger", R"({"gesture": "../../etc/passwd"})") == "There is no gesture called '../../etc/passwd'.");
        CHECK(problem("stop", R"({"gesture": "slot_99"})") == "There is no gesture called 'slot_99'.");
        CHECK(websocket.call("list", static_cast<obs_data_t*>(nullptr)).at("ok") == true);  // no request at all
        // Bytes that no JSON has, as a client in another encoding may bring them: the reply is sound text.
        const DataPtr bytes(obs_data_create());
        obs_data_set_string(bytes.get(), "gesture", "\xff\xfe\x80wave");
        CHECK(websocket.call("trigger", bytes.get()).at("error") == "There is no gesture called '???wave'.");
        obs_data_set_string(bytes.get(), "source", "\xff\xfe");
        CHECK(websocket.call("state", bytes.get()).at("error") == "There is no avatar of that name.");
    }
    websocket.unload();
    CHECK(host.shut_down() == 0);
}

TEST_CASE("requests from many threads while avatars come and go, and after the module has closed") {
    if (const std::string why = missing_here(); !why.empty()) SKIP(why);
    ObsHost host;
    Websocket websocket;
    {
        std::atomic<bool> done{false};
        std::atomic<int> answered{0}, accepted{0}, wrong{0};
        std::vector<std::thread> clients;
        for (int c = 0; c < 3; ++c)
            clients.emplace_back([&, c] {
                const char* const types[] = {"list", "trigger", "stop", "state"};
                for (int i = c; !done; ++i) {
                    const json reply = websocket.call(types[i % 4], R"({"gesture": "wave"})");
                    ++answered;
                    accepted += reply.at("ok") == true;
                    wrong += reply.at("ok") == false && !reply.contains("error");
                }
            });
        for (int round = 0; round < 10; ++round) {
            Avatar avatar("Ada", "");
            std::this_thread::sleep_for(30ms);
        }
        done = true;
        for (std::thread& client : clients) client.join();
        CHECK(answered > 20);
        CHECK(accepted > 0);
        CHECK(wrong == 0);
    }
    websocket.unload();
    CHECK(host.shut_down() == 0);
    // obs-websocket does not wait for requests: one may be on its way when the module has closed.
    CHECK(websocket.call("list") == json{{"ok", false}, {"error", "OBS is closing."}});
}

}  // namespace
}  // namespace mirrorme::testing

#include "plugin/websocket_vendor.h"

#include <array>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/log.h"
#include "plugin/obs_handle.h"

namespace mirrorme {

/// One request or event under way: while it lives, unload() waits. False when unload() was there first.
class VendorCall {
public:
    explicit VendorCall(WebsocketVendor& vendor) : vendor_(vendor) { vendor_.calls_.fetch_add(1); }
    ~VendorCall() {
        vendor_.calls_.fetch_sub(1);
        vendor_.calls_.notify_all();
    }
    VendorCall(const VendorCall&) = delete;
    VendorCall& operator=(const VendorCall&) = delete;
    explicit operator bool() const noexcept { return vendor_.open_.load(); }

private:
    WebsocketVendor& vendor_;
};

namespace {

using nlohmann::json;

constexpr const char* kVendorName = "obs-mirrorme";
constexpr const char* kAvatarId = "mirrorme_avatar";  // for ever (README.md)
constexpr std::size_t kTextLimit = 512;  // bytes of a field

// What obs-websocket's procs take (its plugin API, version 1 and later). The struct is copied while it is registered.
using RequestFunction = void (*)(obs_data_t* request, obs_data_t* response, void* data);
struct RequestCallback {
    RequestFunction function;
    void* data;
};

class Calldata {
public:
    Calldata() { calldata_init(&data_); }
    ~Calldata() { calldata_free(&data_); }
    Calldata(const Calldata&) = delete;
    Calldata& operator=(const Calldata&) = delete;
    operator calldata_t*() noexcept { return &data_; }
    std::string text(const char* name) {
        const char* value = nullptr;
        return calldata_get_string(&data_, name, &value) && value ? value : "";
    }

private:
    calldata_t data_;
};

/// What a client did wrong; what() goes into its reply.
class Refusal : public std::exception {
public:
    explicit Refusal(std::string why) : why_(std::move(why)) {}
    const char* what() const noexcept override { return why_.c_str(); }

private:
    std::string why_;
};

/// A field that may be absent (""). Throws Refusal for another type or more than kTextLimit bytes.
std::string text_field(obs_data_t* request, const char* name) {
    obs_data_item_t* item = request ? obs_data_item_byname(request, name) : nullptr;
    if (!item) return {};
    const obs_data_type type = obs_data_item_gettype(item);
    const char* text = type == OBS_DATA_STRING ? obs_data_item_get_string(item) : nullptr;
    const std::string value = text ? std::string(text, strnlen(text, kTextLimit + 1)) : std::string();
    obs_data_item_release(&item);
    if (type != OBS_DATA_STRING && type != OBS_DATA_NULL) throw Refusal(std::string("'") + name + "' must be text.");
    if (value.size() > kTextLimit) throw Refusal(std::string("'") + name + "' is too long.");
    return value;
}

bool is_avatar(obs_source_t* source) {
    const char* id = obs_source_get_unversioned_id(source);
    return id && std::strcmp(id, kAvatarId) == 0 && !obs_source_removed(source);
}

std::vector<obs::Source> all_avatars() {
    std::vector<obs::Source> found;
    obs_enum_sources(
        [](void* out, obs_source_t* source) {
            if (is_avatar(source)) static_cast<std::vector<obs::Source>*>(out)->emplace_back(obs_source_get_ref(source));
            return true;
        },
        &found);
    std::erase(found, nullptr);
    return found;
}

/// The avatar a request is for; never null. Throws Refusal, with the names there are in the response.
obs::Source avatar_of(obs_data_t* request, obs_data_t* response) {
    const std::string name = text_field(request, "source");
    std::vector<obs::Source> all = all_avatars();
    if (name.empty() && all.size() == 1) return std::move(all.front());
    for (obs::Source& avatar : all)
        if (!name.empty() && obs::name_of(avatar.get()) == name) return std::move(avatar);
    const obs::DataArray names(obs_data_array_create());
    for (const obs::Source& avatar : all) {
        const obs::Data entry(obs_data_create());
        obs_data_set_string(entry.get(), "name", obs::name_of(avatar.get()).c_str());
        obs_data_array_push_back(names.get(), entry.get());
    }
    obs_data_set_array(response, "avatars", names.get());
    if (!name.empty()) throw Refusal("There is no avatar of that name.");
    throw Refusal(all.empty() ? "There is no avatar." : "There are several avatars: say which one in 'source'.");
}

/// JSON that obs_data can carry: it has lists of objects only, and no null.
json carried(const json& value) {
    if (value.is_object()) {
        json out = json::object();
        for (const auto& [key, entry] : value.items())
            if (!entry.is_null()) out[key] = carried(entry);
        return out;
    }
    if (!value.is_array()) return value;
    json out = json::array();
    std::string text;
    for (const json& entry : value) {
        if (entry.is_object()) out.push_back(carried(entry));
        else text += (text.empty() ? "" : ", ") + (entry.is_string() ? entry.get<std::string>() : entry.dump());
    }
    if (text.empty()) return out;
    return text;
}

/// What `proc` of the avatar says. Throws Refusal when it says nothing.
json asked(obs_source_t* avatar, const char* proc) {
    Calldata data;
    const bool called = proc_handler_call(obs_source_get_proc_handler(avatar), proc, data);
    const std::string text = data.text("json");
    if (!called || text.empty()) throw Refusal("The avatar does not answer.");
    return carried(json::parse(text));
}

void add_fields(obs_data_t* response, const json& fields) {
    const obs::Data data(obs_data_create_from_json(fields.dump().c_str()));
    if (data) obs_data_apply(response, data.get());
}

void act(obs_source_t* avatar, const std::string& gesture, const std::string& action) {
    Calldata data;
    calldata_set_string(data, "gesture", gesture.c_str());
    calldata_set_string(data, "action", action.c_str());
    if (!proc_handler_call(obs_source_get_proc_handler(avatar), "mirrorme_trigger", data)) throw Refusal("The avatar does not answer.");
    if (calldata_bool(data, "accepted")) return;
    const std::string problem = data.text("problem");
    throw Refusal(problem.empty() ? "The gesture was refused." : problem);
}

// ---- the requests: each fills the reply, or throws --------------------------------------------------------------

void list(obs_source_t* avatar, obs_data_t*, obs_data_t* response) {
    json fields = asked(avatar, "mirrorme_gestures");
    fields.erase("folder");  // where somebody's files lie is nobody's business on the net
    add_fields(response, fields);
}

void trigger(obs_source_t* avatar, obs_data_t* request, obs_data_t*) {
    const std::string gesture = text_field(request, "gesture"), action = text_field(request, "action");
    if (gesture.empty()) throw Refusal("Say which gesture in 'gesture': a name or slot_01 to slot_16.");
    act(avatar, gesture, action);
}

void stop(obs_source_t* avatar, obs_data_t* request, obs_data_t*) { act(avatar, text_field(request, "gesture"), "stop"); }

void state(obs_source_t* avatar, obs_data_t*, obs_data_t* response) { add_fields(response, json{{"state", asked(avatar, "mirrorme_status")}}); }

using Request = void (*)(obs_source_t* avatar, obs_data_t* request, obs_data_t* response);

/// From obs-websocket's thread to one of the functions above. Nothing thrown gets out; whatever comes in, there is a reply.
template <Request Fill>
void answer(obs_data_t* request, obs_data_t* response, void* vendor) noexcept {
    if (!response) return;
    const VendorCall call(*static_cast<WebsocketVendor*>(vendor));
    std::string problem;
    try {
        if (!call) throw Refusal("OBS is closing.");
        const obs::Source avatar = avatar_of(request, response);
        obs_data_set_string(response, "source", obs::name_of(avatar.get()).c_str());
        Fill(avatar.get(), request, response);
    } catch (const Refusal& refusal) {
        problem = refusal.what();
    } catch (const std::exception& e) {
        log_error(std::string("obs-websocket request: ") + e.what());
        problem = "The request failed.";
    }
    obs_data_set_bool(response, "ok", problem.empty());
    if (!problem.empty()) obs_data_set_string(response, "error", problem.c_str());
}

struct NamedRequest {
    const char* name;
    RequestFunction function;
};
constexpr std::array<NamedRequest, 4> kRequests{{{"list", answer<list>}, {"trigger", answer<trigger>}, {"stop", answer<stop>}, {"state", answer<state>}}};

proc_handler_t* websocket_procs() {
    Calldata data;
    if (!proc_handler_call(obs_get_proc_handler(), "obs_websocket_api_get_ph", data)) return nullptr;
    return static_cast<proc_handler_t*>(calldata_ptr(data, "ph"));
}

}  // namespace

void WebsocketVendor::load() {
    if (open_) return;
    procs_ = websocket_procs();
    if (!procs_) return log_info("obs-websocket is not there: gestures can be triggered by hotkeys and scripts only");
    Calldata named;
    calldata_set_string(named, "name", kVendorName);
    proc_handler_call(procs_, "vendor_register", named);
    vendor_ = calldata_ptr(named, "vendor");
    if (!vendor_) return log_warning("obs-websocket took no vendor: gestures cannot be triggered through it");
    open_ = true;
    for (const NamedRequest& request : kRequests) {
        RequestCallback callback{request.function, this};
        Calldata data;
        calldata_set_ptr(data, "vendor", vendor_);
        calldata_set_string(data, "type", request.name);
        calldata_set_ptr(data, "callback", &callback);
        proc_handler_call(procs_, "vendor_request_register", data);
        if (!calldata_bool(data, "success")) log_warning(std::string("obs-websocket did not take the request ") + request.name);
    }
    signal_handler_connect(obs_get_signal_handler(), "source_create", source_created, this);
    obs_enum_sources(listen_to, this);
}

void WebsocketVendor::unload() {
    if (!vendor_) return;
    signal_handler_disconnect(obs_get_signal_handler(), "source_create", source_created, this);
    obs_enum_sources(forget, this);
    open_ = false;
    for (int calls = calls_; calls != 0; calls = calls_) calls_.wait(calls);
    // Modules unload one after another: when obs-websocket went first, its procs are gone, and the requests with them.
    if (obs_get_module("obs-websocket"))
        for (const NamedRequest& request : kRequests) {
            Calldata data;
            calldata_set_ptr(data, "vendor", vendor_);
            calldata_set_string(data, "type", request.name);
            proc_handler_call(procs_, "vendor_request_unregister", data);
        }
    vendor_ = nullptr;
    procs_ = nullptr;
}

void WebsocketVendor::source_created(void* self, calldata_t* data) noexcept {
    if (auto* source = static_cast<obs_source_t*>(calldata_ptr(data, "source"))) listen_to(self, source);
}

bool WebsocketVendor::listen_to(void* self, obs_source_t* source) {
    if (is_avatar(source)) signal_handler_connect(obs_source_get_signal_handler(source), "mirrorme_gesture", gesture_signalled, self);
    return true;
}

bool WebsocketVendor::forget(void* self, obs_source_t* source) {
    if (is_avatar(source)) signal_handler_disconnect(obs_source_get_signal_handler(source), "mirrorme_gesture", gesture_signalled, self);
    return true;
}

void WebsocketVendor::gesture_signalled(void* self, calldata_t* data) noexcept {
    auto& vendor = *static_cast<WebsocketVendor*>(self);
    const VendorCall call(vendor);
    auto* source = static_cast<obs_source_t*>(calldata_ptr(data, "source"));
    if (!call || !source) return;
    const auto text = [&](const char* name) {
        const char* value = nullptr;
        return calldata_get_string(data, name, &value) && value ? value : "";
    };
    const obs::Data event(obs_data_create());
    const char* name = obs_source_get_name(source);
    obs_data_set_string(event.get(), "source", name ? name : "");
    obs_data_set_string(event.get(), "gesture", text("gesture"));
    obs_data_set_string(event.get(), "event", text("event"));
    Calldata emit;
    calldata_set_ptr(emit, "vendor", vendor.vendor_);
    calldata_set_string(emit, "type", "gesture");
    calldata_set_ptr(emit, "data", event.get());
    proc_handler_call(vendor.procs_, "vendor_event_emit", emit);
}

}  // namespace mirrorme

#include "plugin/source_procs.h"

#include <util/platform.h>

#include <exception>
#include <filesystem>

#include "core/log.h"
#include "core/version.h"
#include "plugin/avatar_source.h"

namespace mirrorme {
namespace {

/// Nothing that is thrown may reach libobs.
template <class Do>
void guarded(void* self, Do&& what) noexcept {
    try {
        what(*static_cast<AvatarSource*>(self));
    } catch (const std::exception& e) {
        log_error(std::string("proc: ") + e.what());
    }
}

std::string text_of(calldata_t* data, const char* name) {
    const char* text = nullptr;
    return calldata_get_string(data, name, &text) && text ? text : "";
}

void status(void* self, calldata_t* data) {
    guarded(self, [&](AvatarSource& source) { calldata_set_string(data, "json", to_json(*source.core().status()).c_str()); });
}

void gestures(void* self, calldata_t* data) {
    guarded(self, [&](AvatarSource& source) { calldata_set_string(data, "json", source.core().board().state_json().c_str()); });
}

/// A test card's faults are gestures it alone knows.
bool is_fault(AvatarSource& source, const std::string& gesture) {
    return gesture.starts_with("test-") && source.core().status()->engine.info.backend == "test_card";
}

void trigger(void* self, calldata_t* data) {
    guarded(self, [&](AvatarSource& source) {
        const std::string gesture = text_of(data, "gesture");
        const auto now_ns = static_cast<std::int64_t>(os_gettime_ns());
        TriggerResult result{true, {}, now_ns};
        if (is_fault(source, gesture)) source.core().raw_command({CommandKind::gesture, gesture, now_ns, nullptr});
        else result = source.core().board().trigger(gesture, text_of(data, "action"), now_ns);
        calldata_set_bool(data, "accepted", result.accepted);
        calldata_set_string(data, "problem", source.said(result.problem).c_str());
    });
}

void restart_engine(void* self, calldata_t*) {
    guarded(self, [](AvatarSource& source) { source.restart_engine(); });
}
void recalibrate(void* self, calldata_t*) {
    guarded(self, [](AvatarSource& source) { source.core().recalibrate(); });
}
void try_it(void* self, calldata_t*) {
    guarded(self, [](AvatarSource& source) { source.core().try_it(); });
}
void diagnose(void* self, calldata_t* data) {
    guarded(self, [&](AvatarSource& source) { calldata_set_string(data, "text", diagnostics(source).c_str()); });
}

}  // namespace

void add_source_procs(AvatarSource& source) {
    proc_handler_t* procs = obs_source_get_proc_handler(source.source());
    proc_handler_add(procs, "void mirrorme_status(out string json)", status, &source);
    proc_handler_add(procs, "void mirrorme_gestures(out string json)", gestures, &source);
    proc_handler_add(procs, "void mirrorme_trigger(in string gesture, in string action, out bool accepted, out string problem)", trigger, &source);
    proc_handler_add(procs, "void mirrorme_restart_engine()", restart_engine, &source);
    proc_handler_add(procs, "void mirrorme_recalibrate()", recalibrate, &source);
    proc_handler_add(procs, "void mirrorme_try_it()", try_it, &source);
    proc_handler_add(procs, "void mirrorme_diagnostics(out string text)", diagnose, &source);
    signal_handler_t* signals = obs_source_get_signal_handler(source.source());
    signal_handler_add(signals, "void mirrorme_state(ptr source, string json)");
    signal_handler_add(signals, "void mirrorme_gesture(ptr source, string gesture, string event)");
}

std::string diagnostics(const AvatarSource& source) {
    const std::shared_ptr<const AvatarConfig> config = source.config();
    std::string text = "obs-mirrorme " + std::string(version()) + ", libobs " + obs_get_version_string() + "\n";
    visit_settings([&](const SettingInfo& info, auto) {
        std::string value = setting_text(config->engine, info.name);
        if (info.kind == SettingKind::path) value = std::filesystem::path(value).filename().string();  // folders say who somebody is
        text += std::string(info.name) + " = " + value + '\n';
    });
    text += "delay_mode = " + std::string(name_of(config->delay)) + ", extra_delay_ms = " + std::to_string(config->extra_delay_ms) + '\n';
    return text + to_json(*source.core().status()) + '\n';
}

}  // namespace mirrorme

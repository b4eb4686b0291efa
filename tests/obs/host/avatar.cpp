#include "obs/host/avatar.h"

#include <callback/calldata.h>
#include <callback/proc.h>
#include <signal.h>

#include <cstdio>

#include "support/within.h"

namespace mirrorme::testing {
namespace {

/// Calls a proc of `source` that answers with the string `out`.
nlohmann::json ask(obs_source_t* source, const char* proc) {
    calldata_t data;
    calldata_init(&data);
    nlohmann::json answer;
    if (proc_handler_call(obs_source_get_proc_handler(source), proc, &data)) {
        const char* text = calldata_string(&data, "json");
        if (text) answer = nlohmann::json::parse(text, nullptr, false);
    }
    calldata_free(&data);
    return answer;
}

}  // namespace

nlohmann::json avatar_settings(const std::string& voice) {
    nlohmann::json settings{{"size", "1x"}};
    if (!voice.empty()) settings.update({{"audio_input", "source"}, {"audio_source", voice}});
    return settings;
}

Avatar::Avatar(const std::string& name, const std::string& voice, const std::string& settings_json) {
    nlohmann::json settings = avatar_settings(voice);
    settings.update(nlohmann::json::parse(settings_json));
    source_ = make_source(kAvatarId, name, settings.dump());
}

nlohmann::json Avatar::status() const { return ask(source(), "mirrorme_status"); }
nlohmann::json Avatar::gestures() const { return ask(source(), "mirrorme_gestures"); }

std::string Avatar::diagnostics() const {
    calldata_t data;
    calldata_init(&data);
    std::string text;
    if (proc_handler_call(obs_source_get_proc_handler(source()), "mirrorme_diagnostics", &data))
        if (const char* answer = calldata_string(&data, "text")) text = answer;
    calldata_free(&data);
    return text;
}

Reply Avatar::trigger(const std::string& gesture, const std::string& action) const {
    calldata_t data;
    calldata_init(&data);
    calldata_set_string(&data, "gesture", gesture.c_str());
    calldata_set_string(&data, "action", action.c_str());
    Reply reply;
    if (proc_handler_call(obs_source_get_proc_handler(source()), "mirrorme_trigger", &data)) {
        reply.accepted = calldata_bool(&data, "accepted");
        if (const char* problem = calldata_string(&data, "problem")) reply.problem = problem;
    } else {
        reply.problem = "there is no proc mirrorme_trigger";
    }
    calldata_free(&data);
    return reply;
}

void Avatar::call(const char* proc) const {
    calldata_t data;
    calldata_init(&data);
    proc_handler_call(obs_source_get_proc_handler(source()), proc, &data);
    calldata_free(&data);
}

nlohmann::json Avatar::wait(std::chrono::milliseconds limit, const std::function<bool(const nlohmann::json&)>& pleases) const {
    nlohmann::json last;
    const bool in_time = within(limit, [&] {
        last = status();
        return last.is_object() && pleases(last);
    });
    if (!last.is_object()) last = nlohmann::json::object();
    last["in_time"] = in_time;
    return last;
}

nlohmann::json Avatar::wait_speaking(std::chrono::milliseconds limit) const {
    nlohmann::json seen = wait(limit, [](const nlohmann::json& now) {
        return now.at("engine").at("state") == "running" && now.at("session").is_object() && now.at("frames").at("shown").get<int>() > 12;
    });
    if (!seen.at("in_time")) std::fprintf(stderr, "no frames in %lld ms: %s\n", static_cast<long long>(limit.count()), seen.dump(1).c_str());
    return seen;
}

void kill_engine(const nlohmann::json& status) {
    const auto process = status.at("engine").at("process").get<pid_t>();
    if (process > 1) ::kill(process, SIGKILL);
}

}  // namespace mirrorme::testing

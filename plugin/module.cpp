// The module as OBS loads it: what it owns, and for how long.

#include <obs-module.h>

#include <exception>
#include <filesystem>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>

#include "core/log.h"
#include "core/version.h"
#include "plugin/avatar_source.h"
#include "plugin/module_state.h"
#include "plugin/websocket_vendor.h"

OBS_DECLARE_MODULE()
OBS_MODULE_USE_DEFAULT_LOCALE("obs-mirrorme", "en-US")

namespace mirrorme {
namespace {

// The two globals of the plugin: what lives from load to unload, and what must outlive that (plugin/websocket_vendor.h).
std::unique_ptr<ModuleState> state;
constinit WebsocketVendor vendor;

void to_obs_log(LogLevel level, std::string_view message) {
    const int at = level == LogLevel::error ? LOG_ERROR : level == LogLevel::warning ? LOG_WARNING : level == LogLevel::debug ? LOG_DEBUG : LOG_INFO;
    blog(at, "[obs-mirrorme] %.*s", static_cast<int>(message.size()), message.data());
}

std::string module_file(const char* name) { return obs::taken(obs_module_file(name)); }

/// A file or folder of this user's, in the module's own folder, which is made when missing.
std::string config_path(const char* name) {
    const std::filesystem::path path = obs::taken(obs_module_config_path(name));
    std::error_code failed;
    std::filesystem::create_directories(path.parent_path(), failed);
    if (failed) log_warning(path.parent_path().string() + ": cannot be made (" + failed.message() + ")");
    return path.string();
}

/// The engine's log starts anew with OBS.
std::string fresh_log() {
    const std::string log = config_path("engine.log");
    std::error_code ignored;
    std::filesystem::remove(log, ignored);
    return log;
}

/// Further arguments of the engine, for tests: separated by spaces.
std::vector<std::string> engine_arguments() {
    std::vector<std::string> arguments;
    const char* given = std::getenv("MIRRORME_ENGINE_ARGUMENTS");
    std::istringstream words(given ? given : "");
    for (std::string word; words >> word;) arguments.push_back(word);
    return arguments;
}

void load() {
    set_log_receiver(to_obs_log);
    EngineHub::Options engine;
    const std::filesystem::path binary = obs_get_module_binary_path(obs_current_module());
    std::error_code ignored;
    engine.program = find_engine_program(std::filesystem::absolute(binary, ignored).parent_path(), engine.problem);
    engine.arguments = engine_arguments();
    engine.log = fresh_log();
    if (engine.program.empty()) log_error("no engine: " + engine.problem.text);
    ModulePaths paths{module_file("gestures"), config_path("gestures"), module_file("avatars"), module_file("demo/hello.wav"), {}};
    paths.places = {module_file("avatars/ada.png"), config_path("takes")};
    state = std::make_unique<ModuleState>(std::move(engine), std::move(paths));
    state->gestures.rescan();
    register_avatar_source();
    log_info(std::string(version()) + " for libobs " + std::to_string(LIBOBS_API_MAJOR_VER) + ", running in " + obs_get_version_string());
}

}  // namespace

ModuleState& module_state() { return *state; }

}  // namespace mirrorme

const char* obs_module_name() { return "MirrorMe"; }
const char* obs_module_description() { return obs_module_text("Description"); }
const char* obs_module_author() { return "The obs-mirrorme authors"; }

bool obs_module_load() {
    try {
        mirrorme::load();
        return true;
    } catch (const std::exception& e) {
        blog(LOG_ERROR, "[obs-mirrorme] cannot be used: %s", e.what());
        return false;
    }
}

void obs_module_post_load() {
    try {
        mirrorme::vendor.load();
    } catch (const std::exception& e) {
        blog(LOG_WARNING, "[obs-mirrorme] no remote control: %s", e.what());
    }
}

void obs_module_unload() {
    mirrorme::vendor.unload();
    mirrorme::state.reset();
    mirrorme::set_log_receiver(nullptr);
}

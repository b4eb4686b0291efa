#pragma once
// What the module owns while OBS runs. The only instance is in module.cpp.

#include <memory>
#include <string>
#include <utility>

#include "plugin/delay_book.h"
#include "plugin/engine_hub.h"
#include "plugin/gesture_hotkeys.h"
#include "plugin/host/gesture_library.h"
#include "plugin/source_settings.h"

namespace mirrorme {

/// Where the module's own files are, and its user's.
struct ModulePaths {
    std::string gestures, user_gestures, avatars;  // folders
    std::string try_it_clip;                       // WAV
    SourcePlaces places;
};

struct ModuleState {
    ModuleState(EngineHub::Options engine, ModulePaths given)
        : paths(std::move(given)), engines(std::move(engine)), gestures(paths.gestures, paths.user_gestures, translated_gesture_title) {}

    const ModulePaths paths;
    EngineHub engines;
    DelayBook delays;
    GestureLibrary gestures;
};

/// Valid between obs_module_load and obs_module_unload.
ModuleState& module_state();

}  // namespace mirrorme

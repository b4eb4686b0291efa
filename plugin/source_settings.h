#pragma once
// What OBS stores for a source, and the snapshot made of it. Keys: plugin/README.md.

#include <obs-module.h>

#include <memory>
#include <string>

#include "plugin/host/avatar_config.h"

namespace mirrorme {

inline constexpr int kSourceSettingsVersion = 1;

/// Where things are when a setting does not say: folders of this installation and of this user.
struct SourcePlaces {
    std::string first_avatar;    // picture used when none is chosen
    std::string events_folder;
};

void set_source_defaults(obs_data_t* settings, const GesturePresets& presets);
/// Brings settings of an older version to this one, in place. Newer ones are read as far as they are known.
void migrate_source_settings(obs_data_t* settings);
/// Never fails: what is out of range or unreadable is replaced by its default, and said once in the log.
std::shared_ptr<const AvatarConfig> read_source_settings(obs_data_t* settings, const SourcePlaces& places);

}  // namespace mirrorme

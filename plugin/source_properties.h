#pragma once
// What OBS's own properties window shows for a source. Any thread: snapshots only, no waiting, no widgets.

#include <obs-module.h>

namespace mirrorme {

class AvatarSource;

/// `source` may be null: OBS asks for the properties of a type as well.
obs_properties_t* source_properties(AvatarSource* source);

/// The picture and folders that are no longer where the settings say, for OBS to ask for.
obs_missing_files_t* source_missing_files(AvatarSource* source);

}  // namespace mirrorme

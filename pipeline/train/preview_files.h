#pragma once
// Samples of a run as files that a person can open. Needs FFmpeg: a build without it has no such file.

#include <filesystem>

#include "train/training_task.h"

namespace mirrorme {

/// FOLDER/NAME.png for one picture, FOLDER/NAME.mp4 with sound for a clip. Throws Error.
void write_preview_file(const std::filesystem::path& folder, const Preview& preview);

}  // namespace mirrorme

#pragma once
// A video of one speaker as footage (train/footage.h), read with the key-point net.

#include <filesystem>
#include <functional>

#include "codec/motion/points_net.h"
#include "train/footage.h"

namespace mirrorme {

/// Pictures at 24 fps (each the nearest of the video's), sound at 16 kHz; a video without sound gives silence. The face is followed
/// from frame to frame and looked for again when it is lost. `progress` is told how much is done, 0 .. 1, where the file says how
/// long it is. Throws Error: what VideoReader throws.
Footage track_footage(PointsNet& net, const std::filesystem::path& video, const std::function<void(double)>& progress);

}  // namespace mirrorme

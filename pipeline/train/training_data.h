#pragma once
// Training data shown to people and written for other machines: `mirrorme train data`.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include "train/motion_clips.h"
#include "train/training_task.h"

namespace mirrorme {

struct DataPreviewOptions {
    std::uint64_t data_seed = 1;
    int characters = 64;    // on the contact sheet
    int clips = 4;          // performed side by side in the video
    int seconds = 12;       // of the video
};

/// What a stage would be trained on: a sheet of characters in random poses, and a clip of some of them speaking (the first
/// one is heard). Deterministic. `progress` is told how much is done, 0 .. 1.
std::vector<Preview> preview_training_data(const PerformanceMaker& performances, const DataPreviewOptions& options, const std::function<void(double)>& progress);

}  // namespace mirrorme

#include "train/motion_parts.h"

#include <span>
#include <vector>

#include "core/sha256.h"
#include "train/codec_poses.h"
#include "train/training_task.h"
#include "weights/bundle.h"

namespace mirrorme {

void fit_parts(PartMap& map, const PerformanceMaker& performances, const PartFitOptions& options) {
    std::vector<PartMapImpl::Clip> clips(static_cast<std::size_t>(options.clips));
    for (int i = 0; i < options.clips; ++i) {
        TrainingRng rng(item_seed(options.data_seed, i, 0));
        PerformanceOptions wanted;
        wanted.frames = options.frames;
        wanted.gesture_share = options.gesture_share;
        const Performance performance = performances(item_seed(options.data_seed, i, 1), wanted);
        const Performer performer(character_seed(rng, CharacterSet::training));
        const View view = any_view(rng, View{}.width, View{}.height);
        PartMapImpl::Clip& clip = clips[static_cast<std::size_t>(i)];
        clip.reference = performer.key_points(reference_pose(rng), view);
        for (const PerformerPose& pose : performance.poses) clip.frames.push_back(performer.key_points(pose, view));
    }
    map->fit(clips);
}

std::string hash_of(const PartMap& map) {
    Sha256 hash;
    for (const NamedTensor& item : tensors_of(*map, "", torch::kHalf)) {
        const torch::Tensor numbers = item.tensor.to(torch::kCPU).contiguous();
        hash.update(std::as_bytes(std::span(static_cast<const char*>(numbers.data_ptr()), numbers.nbytes())));
    }
    return hash.hex();
}

}  // namespace mirrorme

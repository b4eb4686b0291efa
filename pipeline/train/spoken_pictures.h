#pragma once
// Generated motion as pictures against pictures of the truth: what of a mouth survives denoiser and renderer together.

#include <string>
#include <utility>
#include <vector>

#include "codec/motion/renderer.h"
#include "train/motion_clips.h"
#include "train/motion_metrics.h"
#include "train/mouth_reader.h"
#include "train/training_task.h"

namespace mirrorme {

struct SpokenPictures {
    std::vector<std::pair<std::string, double>> figures;
    Preview sheet;  // rows of: reference, truth, generated
};

/// Every clip's mouth drawn with the truth's head, eyes and body: generated, of another clip (shuffled), held as in the reference (held), and the truth's own
/// (the renderer's limit); and the reference picture itself (still). Each is judged in the mouth's box against the performer's drawing, and read by `reader` (null = not read): how what it
/// reads follows the true key points; "..._reader" on the performer's own drawings. Clips are held-out ones; `tracks` in face units of
/// their references, frame 0 = the clip's frame `first`. `every`: of how many frames one is drawn.
SpokenPictures judge_spoken_pictures(Renderer& renderer, MouthReader reader, const std::vector<MotionClip>& clips, const std::vector<MotionTrack>& tracks, int first, int every);

}  // namespace mirrorme

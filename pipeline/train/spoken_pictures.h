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

// Note [The truth's head]
// How a mouth lies in the picture depends on where the head has turned to: a turned or nodding face is no flat one, and what the head's affine map does not
// explain is the mouth's own motion. Live, head and mouth come from one mind. A mouth that was generated with one head and is put on another's is
// off by that alone (SSIM 0.657 against 0.772 for mini 0.1.5), which says nothing about lips. So where mouths are compared with the truth's pictures the model is told the truth's
// head, eyes and body as what it remembers, a chunk late as always, and speaks with them; the same with another clip's sound shows what that alone gives away.

/// Mouths generated with the truth's head, eyes and body (RolloutOptions::Rest::truth), from the clip's own sound and from another's; a track a clip, in face
/// units of its reference, frame 0 = the clip's frame `first`.
struct SpokenMouths {
    std::vector<MotionTrack> own, shuffled;
};

/// Who draws and who looks.
struct PictureJudges {
    Renderer renderer;
    MouthReader reader;  // null = pictures are not read
};

/// Every clip's mouth drawn with the truth's head, eyes and body: generated, from another clip's sound (shuffled), held as in the reference (held), and the truth's own
/// (the renderer's limit); and the reference picture itself (still). Each is judged in the mouth's box against the performer's drawing, and read: how what is
/// read follows the true key points; "..._reader" on the performer's own drawings. Clips are held-out ones. `every`: of how many frames one is drawn.
SpokenPictures judge_spoken_pictures(PictureJudges judges, const std::vector<MotionClip>& clips, const SpokenMouths& spoken, int first, int every);

}  // namespace mirrorme

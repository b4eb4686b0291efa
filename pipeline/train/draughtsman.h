#pragma once
// Frames as the codec shows them, one at a time and without a stream: for figures.

#include <torch/torch.h>

#include <vector>

#include "codec/motion/frame_stage.h"
#include "codec/motion/renderer.h"
#include "train/motion_clips.h"

namespace mirrorme {

/// Planar premultiplied RGBA [1, 4, H, W] of interleaved floats; a copy.
torch::Tensor planar(const float* rgba, kernels::Size size);

/// The clip's reference picture, cut out.
ReferenceLayer reference_of(const MotionClip& clip, const Performer& performer);
/// The performer's own drawing of the clip's frame `at`, over grey: [1, 3, H, W].
torch::Tensor true_picture(const MotionClip& clip, const Performer& performer, std::size_t at);

class Draughtsman {
public:
    Draughtsman(Renderer& renderer, kernels::Size size);
    /// `target` in pixels of the reference, over grey: [1, 3, H, W].
    torch::Tensor draw(const ReferenceLayer& reference, const KeyPointFrame& target);

private:
    Renderer& renderer_;
    kernels::Size size_;
    FrameStage stage_;
};

}  // namespace mirrorme

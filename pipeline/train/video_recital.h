#pragma once
// What a picture model makes of the very clips that it has learned, as a stream from each clip's reference picture, against the clips: does the mouth
// follow the sound, does the face mask hold it still, do the hands follow the key points. See Note [Told otherwise] in the .cpp.

#include <torch/torch.h>

#include <memory>
#include <string>
#include <vector>

#include "codec/vae/ltx_vae.h"
#include "denoise/dit_model.h"
#include "denoise/rectified_flow.h"
#include "features/audio_frontend.h"
#include "train/training_task.h"
#include "train/video_clips.h"

namespace mirrorme {

/// Clips told to a model in one way, and what it made of them.
struct Recitation {
    std::string name;      // "own_sound", ...
    torch::Tensor frames;  // [N, 3, F, H, W] 0..1
};

struct RecitalModules {
    DitModel denoiser{nullptr};
    AudioFrontEnd audio{nullptr};
    LtxVae vae{nullptr};
    SamplerConfig sampler;
};

class VideoRecital {
public:
    /// Whole clips of one length, at least two. `gated`: the face's cells alone hear; `posed`: gestures are asked for. The modules are shared and not changed.
    VideoRecital(RecitalModules modules, std::vector<std::shared_ptr<const VideoClip>> clips, bool gated, bool posed);

    /// Runs every way of telling. Without gradients; takes as long as the clips' frames do.
    std::vector<Recitation> recite();
    /// Figures of each: errors are root mean squares in 8-bit steps, correlations are means over the clips in which lips move.
    Metrics figures(const std::vector<Recitation>& made) const;
    /// A sheet a clip: truth, then a row for each.
    std::vector<Preview> sheets(const std::vector<Recitation>& made, const std::string& name) const;

private:
    Conditioning told() const;
    torch::Tensor stream(const Conditioning& told) const;  // -> [N, 3, F, H, W]
    torch::Tensor decode(const torch::Tensor& latents) const;
    torch::Tensor encode(const torch::Tensor& bytes) const;
    /// The clips' arms backwards in time.
    Conditioning reversed_arms(Conditioning told) const;

    RecitalModules modules_;
    std::vector<std::shared_ptr<const VideoClip>> clips_;
    bool gated_, posed_;
    int latents_, temporal_;
    torch::Tensor truth_;  // [N, 3, F, H, W] 0..1
    torch::Tensor lips_;   // [N, F]
    torch::Tensor mouth_;  // [N, H, W] bool
    torch::Tensor hands_;  // [N, F, H, W] bool
};

}  // namespace mirrorme

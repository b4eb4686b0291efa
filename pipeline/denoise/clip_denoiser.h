#pragma once
// Makes the latents of a clip window by window, every frame of a window seeing every other. Windows of any length; one that holds the whole clip is
// LTX's own way of making it. See Note [Windows that join] in the .cpp.

#include <torch/torch.h>

#include <cstdint>
#include <vector>

#include "core/time.h"
#include "denoise/guidance.h"
#include "denoise/rectified_flow.h"

namespace mirrorme {

/// One thread. The model is shared, its weights must not change meanwhile. Every function runs without gradients.
class ClipDenoiser {
public:
    /// Any attention mode: the windows are made with `bidirectional`. `used`: StreamSetup::used.
    ClipDenoiser(DitModel model, const SamplerConfig& sampler, const GuidanceConfig& guidance, ClipWindow window, torch::Tensor used = {});

    /// Latent frames [latents.first, latents.end), the first window's or at most stride() after the last ones, told of themselves alone; the identity is
    /// in `told`. -> [B, C, n, h, w] float32. The same calls give the same bits on one device.
    torch::Tensor run(IndexSpan latents, const Conditioning& told, std::uint64_t seed);
    /// A new clip.
    void restart(FirstLatent start);

    const std::vector<double>& times() const { return times_; }  // since the first run

private:
    torch::Tensor velocity(const torch::Tensor& x, double time, const Conditioning& told, LatentIndex first);

    DitModel model_;
    SamplerConfig sampler_;
    GuidanceConfig guidance_;
    ClipWindow window_;
    torch::Tensor used_;

    FirstLatent start_ = FirstLatent::still;
    LatentIndex next_ = 0;
    std::vector<double> times_;
    std::vector<torch::Tensor> trail_;  // the last O latent frames as they were at each step
    Conditioning told_;                 // of them
};

}  // namespace mirrorme

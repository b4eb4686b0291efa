#pragma once
// What a decode by windows loses against a decode of the whole clip, and what it costs: how a bundle's window is chosen.

#include <functional>
#include <span>
#include <vector>

#include "codec/vae/vae_stream.h"

namespace mirrorme {

/// Of the latents that are counted: as many are left out at each end as the widest of the windows looks back, because a clip's ends
/// lack the past or the future that a stream has.
struct DecodeContextScore {
    VaeWindow window;
    double psnr_db = 0;        // of all pictures, 0..1
    double worst_db = 0;       // of the worst picture
    double seam_db = 0;        // of the change from the last picture of one window to the first of the next
    double seconds = 0;        // of one window
    double delay_frames = 0;   // that a picture waits for its forward context
};

inline constexpr double kHighestPsnr = 100;  // no difference that 8 bits could show

/// Latents that a clip must have for these windows.
int64_t fewest_latents(std::span<const VaeWindow> windows);

/// latents [1, C, f, h, w], normalised; f >= fewest_latents(windows). `done`: windows measured so far, after each; the first comes after the whole decode.
std::vector<DecodeContextScore> measure_decode_context(LtxVae vae, const torch::Tensor& latents, std::span<const VaeWindow> windows,
                                                       const std::function<void(std::size_t done)>& told);

}  // namespace mirrorme

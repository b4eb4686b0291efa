#pragma once
// LTX-Video's autoencoder on streams. Encoding is exact, because the encoder only looks back. The published decoders look 21 to 30 latents into
// the future, so they are run on windows: near what the whole clip would give, the nearer the more context a window has.

#include <torch/torch.h>

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "codec/vae/ltx_vae.h"
#include "ops/captured_work.h"

namespace mirrorme {

/// Encodes a stream exactly: however the frames are cut, the latents are those of one call on the whole clip. What it remembers does not grow.
class VaeStreamEncoder {
public:
    explicit VaeStreamEncoder(LtxVae vae) : vae_(std::move(vae)) {}
    /// First call: 1 + 8n frames, later calls: 8n. Returns normalised posterior means [B, latent, f, h, w].
    torch::Tensor push(const torch::Tensor& video);
    void reset() { cache_ = {}; }

private:
    LtxVae vae_;
    VaeStreamCache cache_;
};

/// One window of a decode.
struct VaeWindow {
    int context_back = 3;      // latents decoded again before the new ones, >= 1
    int context_forward = 0;   // latents that must have arrived beyond the ones shown: delay against accuracy
    int cross_fade = 0;        // frames blended with the previous window's forward frames, <= 8 * context_forward
    int step = 1;              // latents that a window adds
    double timestep = 0.05;    // decode timestep of 0.9.1 and later
    double noise_scale = 0;    // s: normalised latents are decoded as (1 - s) z + s noise; published with 0.9.1 and later: 0.025
    std::uint64_t seed = 0;    // of all noise
};

// Note [Windows of a decode]
// With r frames a latent, latents i .. i + n - 1 decode to r (n - 1) + 1 frames, and frame k of them is frame r i + k of the whole
// decode. A window's first latent therefore gives one frame where the whole decode has r, so there is always one latent of context
// before those that are shown: of latents a .. b, decoded from a - back to b + forward, frames r back - r + 1 .. r (back + b - a) are kept.
// (Cutting the tail instead, as diffusers' temporal tiles do, shows everything one frame late and fades between neighbours.)
//
// A window is `step` latents at whole multiples of `step` since the stream's start, whatever push() brings at once. So pictures do not depend on
// how latents come, and memory is that of one window: back + step + forward latents, and their activations.
//
// The forward latents' frames are decoded anyway. They are what the next window shows first, seen with less future: fading from them
// to it hides the step between two windows. Where there is no forward context there is nothing to fade from.
//
// Noise depends on the seed and on the latent's index, or on its place among the pictures that 0.9.1 injects, which are one set a stream:
// a latent that is decoded in several windows looks the same in each.

/// [1, 3, n, H, W] in -1..1 -> [n, H, W, 4] uint8 BGRA, opaque.
torch::Tensor bgra_of(const torch::Tensor& video);

/// Normalised latents [1, latent, c, h, w], the stream's from `first` on, with the window's noise mixed in.
torch::Tensor with_decode_noise(const torch::Tensor& latents, int64_t first, const VaeWindow& window);

/// What every decode of a stream shares; owned by the work that is recorded (Note [What may stand in captured work]).
struct VaeDecodeCall {
    LtxVae vae;
    VaeWindow window;
    std::shared_ptr<std::vector<torch::Tensor>> noise = std::make_shared<std::vector<torch::Tensor>>();  // that 0.9.1 injects, one set a stream

    /// Normalised latents -> the last convolution's output; `cache`: of a causal decoder's stream, or null.
    torch::Tensor patches(const torch::Tensor& latents, VaeStreamCache* cache) const;
    /// bgra_of their video, in one pass where the device has it.
    torch::Tensor pixels(const torch::Tensor& patches) const;
};

/// Decodes normalised latents as they come. With context_forward = f, frames of a latent appear f latents later. Memory is that of a window.
class VaeStreamDecoder {
public:
    VaeStreamDecoder(LtxVae vae, VaeWindow window);
    /// [1, latent, c, h, w] -> [1, 3, n, H, W] in -1..1; n = 0 while a window's latents have not all come.
    torch::Tensor push(const torch::Tensor& latents);
    /// The same frames as bgra_of() gives them, [n, H, W, 4]; for windows without a cross-fade. On a device the last step of the decode makes them.
    torch::Tensor push_pixels(const torch::Tensor& latents);
    /// The frames still held back for want of future; the stream is over afterwards.
    torch::Tensor flush();
    /// A new stream in the same memory.
    void restart();
    /// Latents kept between calls: at most context_back + step - 1 + context_forward.
    int64_t held() const { return held_.defined() ? held_.size(2) : 0; }

private:
    enum class Form { video, pixels };
    std::vector<torch::Tensor> windows_of(const torch::Tensor& latents, Form form);
    torch::Tensor decode_next(int64_t count, int64_t forward, Form form);
    /// Frames [first, end) of the decode of `latents` latents of held_; video: all of them. As captured work where there is such.
    torch::Tensor decode_held(int64_t latents, int64_t first, int64_t end, Form form);
    torch::Tensor joined(const std::vector<torch::Tensor>& parts) const;

    LtxVae vae_;
    VaeWindow window_;
    torch::Tensor held_;            // noisy latents: context_back old ones, then those not shown yet
    int64_t old_ = 0;               // how many of held_ are already shown
    int64_t pushed_ = 0;            // latents since the stream's start
    bool started_ = false;          // a window has been shown
    torch::Tensor forward_frames_;  // of the last window, for the cross-fade
    struct Decode;
    struct FixedWindow {
        torch::Tensor in, out;
    };
    std::shared_ptr<const Decode> decode_;
    std::map<WorkKey, FixedWindow> fixed_;
    CapturedWork work_;
};

}  // namespace mirrorme

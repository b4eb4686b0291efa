#pragma once
// Exact decoding of streams for autoencoders whose decoder looks back alone ("causal_decoder" in their configuration).

#include <torch/torch.h>

#include <cstdint>
#include <memory>

#include "codec/vae/vae_stream.h"
#include "ops/captured_work.h"

namespace mirrorme {

// Note [Decoding without context]
// A causal decoder's convolutions look two frames back. Each remembers the last two frames of its input, so a latent is decoded once and nothing is
// decoded again: the frames are those of one decode of the whole stream. They come a latent at a time, the first as one frame and every later one as r,
// however many are pushed at once: then the same operations run on the same memory for each, a device records them once, and no result depends on
// how a stream was cut.

/// Memory does not grow. One thread.
class VaeCausalDecoder {
public:
    /// Of `window` what every decode has: timestep, noise, seed. The decoder must be causal.
    VaeCausalDecoder(LtxVae vae, const VaeWindow& window);
    /// Normalised latents [1, latent, c, h, w] -> [1, 3, n, H, W] in -1..1.
    torch::Tensor push(const torch::Tensor& latents);
    /// The same frames as bgra_of() gives them, [n, H, W, 4].
    torch::Tensor push_pixels(const torch::Tensor& latents);

    /// A new stream in the same memory.
    void restart();

    const CapturedWork::Counts& counts() const { return work_.counts(); }

private:
    enum class Form { video, pixels };
    torch::Tensor decode(const torch::Tensor& latents, Form form, int64_t frames_axis);

    struct Stream;
    VaeWindow window_;
    std::shared_ptr<Stream> stream_;
    int64_t pushed_ = 0;           // latents since the stream's start
    torch::Tensor in_, out_;       // of recorded work: one latent, its frames
    CapturedWork work_;
};

}  // namespace mirrorme

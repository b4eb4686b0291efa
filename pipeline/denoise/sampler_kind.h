#pragma once
// Choices about sampling that commands make, without torch.

namespace mirrorme {

enum class SamplerKind {
    euler,       // follows the velocity
    stochastic,  // goes to x0 and noises afresh
};

/// Windows in which a clip is made.
struct ClipWindow {
    int latents = 16;  // W: latent frames of a window
    int overlap = 4;   // O: of them, those of the window before; 0 <= O < W

    int stride() const { return latents - overlap; }
};

}  // namespace mirrorme

#pragma once
// Where latent cells lie in time and space, and the rotations that tell the transformer.
// Source: LTX-Video symmetric_patchifier.py and transformer3d.py (coordinates, frequencies).

#include <torch/torch.h>

#include <vector>

#include "denoise/dit_config.h"
#include "ops/norm_rope.h"

namespace mirrorme {

/// What a stream's first latent frame stands for: one picture, or r frames like every other.
enum class FirstLatent { still, moving };

/// Size of a latent frame in cells.
struct LatentGrid {
    int64_t h = 1, w = 1;
    int64_t tokens() const { return h * w; }
};

/// Number of the video frame at which latent frame `latent` lies: r * latent, or 0, 1, 1 + r, 1 + 2r ... after a still start.
/// Latent frames before the stream's start have negative numbers.
double frame_number(double latent, FirstLatent start, int temporal);

/// Seconds, rows and columns in pixels of the tokens of `frames` latent frames: [3, frames * S] float32, frame-major.
/// frame_numbers: one per latent frame, as frame_number gives them.
torch::Tensor token_coordinates(const std::vector<double>& frame_numbers, const LatentGrid& grid, const DitConfig& config);

/// The LTX rotation of a vector of `width` channels at coordinates [3, N] or [B, 3, N], computed in the coordinates' precision
/// (the published models use float32, which is 4e-3 off at the highest frequencies: follow them to match them).
RopeTable rope_table(const torch::Tensor& coordinates, const DitConfig& config);

/// The same for what only time tells apart (sound): row and column 0, `tokens` tokens a latent frame.
RopeTable time_rope_table(const std::vector<double>& frame_numbers, int64_t tokens, const DitConfig& config);

}  // namespace mirrorme

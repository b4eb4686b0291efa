#pragma once
// Blinks, glances and turns of the head for a sampler of one or two steps. See Note [Chance is told by noise] in the .cpp.

#include <torch/torch.h>

#include <span>

#include "core/keypoints.h"

namespace mirrorme {

/// What happens by chance in a latent frame, in this order. Rows are [kChances]; NaN = nothing is told.
enum class Chance {
    blink,   // where in the latent the eyes are most shut, 0 begin .. 1 end; kNoBlink
    gaze_x,  // the others: what could not be foreseen, as a normal number
    gaze_y,
    yaw,
    roll,
};
inline constexpr int kChances = 5;
inline constexpr float kNoBlink = -1;

/// [L, kChances] for L latents of `temporal` frames; any unit of length. Nothing is told of the first one but its blink.
torch::Tensor chances_of(std::span<const KeyPointFrame> frames, int temporal);

/// Makes noise [B, C, T', 1, S] tell the chances [B, T', kChances] of its latents, in channels that codec `motion` leaves empty.
void tell_chances(const torch::Tensor& chances, torch::Tensor& noise);

}  // namespace mirrorme

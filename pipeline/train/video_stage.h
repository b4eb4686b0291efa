#pragma once
// Stages face, half_body, hands and stream of models whose codec is `vae`.

#include <memory>
#include <string>

#include "train/stages.h"

namespace mirrorme {

/// Whether the config, or else the bundle or stage before, has codec `vae`.
bool trains_on_pictures(const StageInput& input);

/// Sizes come from the config's "modules" (denoiser, audio, sampler, codec, and vae where codec says nothing of it) and, where it says nothing of one, from the bundle or stage that was given with
/// --init; weights from there. Throws Error: usage (no autoencoder's weights), mismatch (modules that do not belong together, a rate other than
/// the performers' 24 frames a second).
std::unique_ptr<TrainingTask> make_video_task(const std::string& stage, const StageInput& input);

}  // namespace mirrorme

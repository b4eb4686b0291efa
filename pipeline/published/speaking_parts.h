#pragma once
// What a published video model lacks to be one of ours: the transformer's further modules, and ears. Note [A published model learns to speak] in the .cpp.

#include "denoise/dit_config.h"
#include "published/import_bundle.h"

namespace mirrorme {

/// Turns the further modules on, in sizes that follow from the transformer's, and makes it one that streams. `temporal`, `stride`: of its autoencoder.
void fit_speaking_parts(DitConfig& config, int temporal, int stride);

/// Adds what is missing: the denoiser's modules beside LTX's, and the section "audio" with the backbone `mel` where no other was imported. Nothing without
/// a denoiser. Values are made when they are written, a block at a time. Throws Error: mismatch (an autoencoder whose frames no audio encoder follows).
void add_speaking_parts(const ImportRequest& request, BundleDraft& draft);

}  // namespace mirrorme

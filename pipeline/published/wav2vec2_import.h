#pragma once
// wav2vec2 as transformers publishes it -> the bundle's section "audio".

#include "published/import_bundle.h"

namespace mirrorme {

/// A folder with config.json, model.safetensors and, if it is there, preprocessor_config.json. The encoder behind the backbone is new: it is
/// written with its initial values, in the sizes that the draft's denoiser and codec ask for. Throws Error: usage (no folder), not_found, and
/// what wav2vec2_config_from_json and read_wav2vec2 throw.
void add_wav2vec2(const std::filesystem::path& path, const ImportRequest& request, BundleDraft& draft);

}  // namespace mirrorme

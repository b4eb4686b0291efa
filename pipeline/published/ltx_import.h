#pragma once
// LTX-Video as published -> the bundle's sections "denoiser", "sampler" and "codec". Source of names and versions: LTX-Video and diffusers (single_file_utils.py).

#include "published/import_bundle.h"

namespace mirrorme {

/// `path`: a single file (transformer and autoencoder, told apart by their prefixes), a diffusers pipeline's folder (transformer/, vae/), or the
/// folder of one of its models.
void add_ltx(const std::filesystem::path& path, const ImportRequest& request, BundleDraft& draft);

}  // namespace mirrorme

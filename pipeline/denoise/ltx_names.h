#pragma once
// Names of the transformer's tensors in LTX-Video's published single files, and ours (the diffusers layout). Nothing is transposed
// or split between the two. Source: diffusers single_file_utils.py, convert_ltx_to_diffusers.py.

#include <optional>
#include <string>
#include <string_view>

namespace mirrorme {

/// Of the transformer's tensors in a single file.
inline constexpr const char* kTransformerPrefix = "model.diffusion_model.";

/// "model.diffusion_model.patchify_proj.weight" -> "proj_in.weight"; nothing for a tensor of another part of the file (the VAE).
std::optional<std::string> transformer_name_of_single_file(std::string_view name);
/// The way back: "proj_in.weight" -> "model.diffusion_model.patchify_proj.weight".
std::string single_file_name_of_transformer(std::string_view name);

}  // namespace mirrorme

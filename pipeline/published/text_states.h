#pragma once
// A prompt in a bundle: what a text encoder made of it elsewhere, stored once, so that no text encoder is needed to train or to run.

#include <torch/torch.h>

#include <filesystem>
#include <string>

#include "published/import_bundle.h"

namespace mirrorme {

/// The bundle's tensor [L, D]: states of the prompt's own tokens. Padding is cut off at import: attention gives it a weight of exactly zero.
inline constexpr const char* kTextStates = "text.states";

/// A safetensors file as diffusers' prompt encoding leaves it: prompt_embeds or encoder_hidden_states, [L, D] or [1, L, D], and, where tokens are padding,
/// prompt_attention_mask or encoder_attention_mask, [L] or [1, L] of 1 and 0. D must be the transformer's caption_channels. Throws Error.
void add_text_states(const std::filesystem::path& path, const ImportRequest& request, BundleDraft& draft);

/// States [L, D] as a denoiser is told them, [1, L, D]. Throws Error mismatch naming `subject` when a transformer of `caption_channels` takes no such text.
torch::Tensor checked_text(const torch::Tensor& states, int caption_channels, const std::string& subject);

}  // namespace mirrorme

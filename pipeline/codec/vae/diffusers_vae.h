#pragma once
// The autoencoder in the diffusers layout: nested blocks instead of a list, and other names for the same tensors.
// Source: diffusers autoencoder_kl_ltx.py, convert_ltx_to_diffusers.py.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "codec/vae/vae_config.h"

namespace mirrorme {

struct DiffusersVae {
    VaeConfig config;
    /// Name of each block of config's lists, after "encoder." and "decoder.": "down_blocks.0.downsamplers.0".
    std::vector<std::string> encoder, decoder;
};

/// A config.json of AutoencoderKLLTXVideo; absent fields have that class's defaults. Throws Error naming the field: unreadable, mismatch, unsupported.
DiffusersVae diffusers_vae_from_json(const nlohmann::json& json, const std::string& subject);

/// Our name of a tensor of the autoencoder -> its name in this layout: "encoder.down_blocks.2.norm3.norm.weight" -> "encoder.down_blocks.0.conv_out.norm3.weight".
std::string diffusers_vae_name(const DiffusersVae& vae, const std::string& ours);

}  // namespace mirrorme

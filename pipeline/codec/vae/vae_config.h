#pragma once
// Sizes of LTX-Video's autoencoder: what its published configuration classes can describe. Published versions are block lists over a base
// width: 0.9.0, 0.9.1 and 0.9.5 (0.9.6 .. 0.9.8 ship the 0.9.5 autoencoder).

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace mirrorme {

enum class VaeVersion { none = 0, v0_9_0, v0_9_1, v0_9_5 };

enum class VaeBlockKind {
    none = 0,
    residual,          // "res_x": a run of residual blocks at one width
    residual_widen,    // "res_x_y": one residual block that changes the width
    strided_conv,      // "compress_*" of an encoder: divides the axes by `stride`
    space_to_depth,    // "compress_*_res" of an encoder: the same, with a skip
    depth_to_space,    // "compress_*" of a decoder: multiplies the axes by `stride`
};

struct VaeBlockSpec {
    VaeBlockKind kind = VaeBlockKind::none;
    int in_channels = 0;
    int out_channels = 0;
    int layers = 1;               // residual: blocks in the run
    int stride_t = 2, stride_hw = 2;  // of what changes the size: 1 or 2
    bool inject_noise = false;    // residual, 0.9.1 decoder
    bool skip = false;            // depth_to_space: adds the rearranged input (0.9.1+)
};

struct VaeConfig {
    int latent_channels = 128;
    int patch = 4;              // pixels per patch side
    int encoder_channels = 128; // width after encoder.conv_in
    int decoder_channels = 128; // width after decoder.conv_in
    /// In the order data passes them; position = index in the published names `down_blocks.N` / `up_blocks.N`.
    std::vector<VaeBlockSpec> encoder_blocks, decoder_blocks;
    bool timestep_conditioning = false;  // 0.9.1+
    bool causal_decoder = false;
    double norm_eps = 1e-6;              // of the norm before a widening

    int encoder_out_channels() const { return encoder_blocks.empty() ? encoder_channels : encoder_blocks.back().out_channels; }
    int decoder_out_channels() const { return decoder_blocks.empty() ? decoder_channels : decoder_blocks.back().out_channels; }
    bool injects_noise() const;
    int spatial_stride() const;   // pixels per latent cell
    int temporal_stride() const;  // frames per latent frame, after the first
};

/// A published version; published widths are 128 and 128.
VaeConfig published_vae(VaeVersion version, int base_channels = 128, int latent_channels = 128);

/// As LTX-Video's files have it under `vae` ("latent_channels", "patch_size", "encoder_blocks" and "decoder_blocks" or "blocks", ...), or short for a
/// published version: {"version": "0.9.5", "base_channels": 128, "latent_channels": 128}. Throws Error naming the field: unreadable, mismatch, unsupported.
VaeConfig vae_config_from_json(const nlohmann::json& json, const std::string& subject = "vae config");
/// In LTX-Video's form.
nlohmann::json to_json(const VaeConfig& config);

/// Checks that lists and widths belong together. Throws Error mismatch naming `subject` and the block.
void check_vae(const VaeConfig& config, const std::string& subject);

inline constexpr int kVaeSpatialStride = 32;  // of every published version
inline constexpr int kVaeTemporalStride = 8;

}  // namespace mirrorme

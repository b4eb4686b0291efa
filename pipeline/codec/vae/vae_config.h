#pragma once
// Sizes of LTX-Video's autoencoder. The block lists follow the published files of versions 0.9.0, 0.9.1 and 0.9.5
// (0.9.6 .. 0.9.8 ship the 0.9.5 autoencoder); any other size is the same lists over another base width.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace mirrorme {

enum class VaeVersion { none = 0, v0_9_0, v0_9_1, v0_9_5 };

enum class VaeBlockKind {
    none = 0,
    residual,          // "res_x": a run of residual blocks at one width
    residual_widen,    // "res_x_y": one residual block that changes the width
    strided_conv,      // halves time, height and width (0.9.0, 0.9.1 encoders)
    space_to_depth,    // halves the axes of `stride`, with a skip (0.9.5 encoder)
    depth_to_space,    // doubles time, height and width
};

struct VaeBlockSpec {
    VaeBlockKind kind = VaeBlockKind::none;
    int in_channels = 0;
    int out_channels = 0;
    int layers = 1;               // residual: blocks in the run
    int stride_t = 2, stride_hw = 2;  // space_to_depth
    bool inject_noise = false;    // residual, 0.9.1 decoder
    bool skip = false;            // depth_to_space: adds the rearranged input (0.9.1+)
};

struct VaeConfig {
    VaeVersion version = VaeVersion::v0_9_5;
    int base_channels = 128;      // published: 128
    int latent_channels = 128;    // published: 128

    bool timestep_conditioning() const { return version != VaeVersion::v0_9_0; }
    /// In the order data passes them; position = index in the published names `down_blocks.N` / `up_blocks.N`.
    std::vector<VaeBlockSpec> encoder_blocks() const;
    std::vector<VaeBlockSpec> decoder_blocks() const;
    int encoder_out_channels() const;  // width before encoder.conv_out
    int decoder_in_channels() const;   // width after decoder.conv_in
};

/// {"version": "0.9.5", "base_channels": 128, "latent_channels": 128}; throws Error(mismatch) naming the field.
VaeConfig vae_config_from_json(const nlohmann::json& json);
nlohmann::json to_json(const VaeConfig& config);

inline constexpr int kVaePatch = 4;           // pixels per patch side
inline constexpr int kVaeSpatialStride = 32;  // pixels per latent cell
inline constexpr int kVaeTemporalStride = 8;  // frames per latent frame, after the first

}  // namespace mirrorme

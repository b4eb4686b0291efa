#include "codec/vae/vae_config.h"

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace mirrorme {
namespace {

using enum VaeBlockKind;

VaeBlockSpec run(int channels, int layers, bool noise = false) {
    return {.kind = residual, .in_channels = channels, .out_channels = channels, .layers = layers, .inject_noise = noise};
}
VaeBlockSpec widen(int in, int out) { return {.kind = residual_widen, .in_channels = in, .out_channels = out}; }
VaeBlockSpec down(int channels) { return {.kind = strided_conv, .in_channels = channels, .out_channels = channels}; }
VaeBlockSpec fold(int in, int out, int t, int hw) {
    return {.kind = space_to_depth, .in_channels = in, .out_channels = out, .stride_t = t, .stride_hw = hw};
}
VaeBlockSpec up(int in, int out) {
    return {.kind = depth_to_space, .in_channels = in, .out_channels = out, .skip = in != out};
}

struct VersionName {
    VaeVersion version;
    const char* name;
};
constexpr VersionName kVersions[] = {{VaeVersion::v0_9_0, "0.9.0"}, {VaeVersion::v0_9_1, "0.9.1"}, {VaeVersion::v0_9_5, "0.9.5"}};

}  // namespace

std::vector<VaeBlockSpec> VaeConfig::encoder_blocks() const {
    const int b = base_channels;
    if (version == VaeVersion::v0_9_5)
        return {run(b, 4),     fold(b, 2 * b, 1, 2),     run(2 * b, 6), fold(2 * b, 4 * b, 2, 1), run(4 * b, 6),
                fold(4 * b, 8 * b, 2, 2), run(8 * b, 2), fold(8 * b, 16 * b, 2, 2), run(16 * b, 2)};
    return {run(b, 4),   down(b),         widen(b, 2 * b), run(2 * b, 3), down(2 * b), widen(2 * b, 4 * b),
            run(4 * b, 3), down(4 * b), run(4 * b, 3),   run(4 * b, 4)};
}

std::vector<VaeBlockSpec> VaeConfig::decoder_blocks() const {
    const int b = base_channels;
    if (version == VaeVersion::v0_9_0)
        return {run(4 * b, 4), run(4 * b, 3), up(4 * b, 4 * b), run(4 * b, 3), widen(4 * b, 2 * b),
                up(2 * b, 2 * b), run(2 * b, 3), widen(2 * b, b), up(b, b), run(b, 4)};
    const bool noise = version == VaeVersion::v0_9_1;
    const int layers[4] = {noise ? 8 : 5, noise ? 7 : 5, noise ? 6 : 5, 5};
    return {run(8 * b, layers[0]),        up(8 * b, 4 * b), run(4 * b, layers[1], noise), up(4 * b, 2 * b),
            run(2 * b, layers[2], noise), up(2 * b, b),     run(b, layers[3], noise)};
}

int VaeConfig::encoder_out_channels() const { return encoder_blocks().back().out_channels; }
int VaeConfig::decoder_in_channels() const { return decoder_blocks().front().in_channels; }

VaeConfig vae_config_from_json(const nlohmann::json& json) {
    VaeConfig config;
    const std::string wanted = json.value("version", "0.9.5");
    config.version = VaeVersion::none;
    for (const auto& [version, name] : kVersions)
        if (wanted == name) config.version = version;
    if (config.version == VaeVersion::none)
        throw Error(ErrorCode::mismatch, "vae config, field version", "'" + wanted + "' is not a known autoencoder version",
                    "Known are 0.9.0, 0.9.1 and 0.9.5 (0.9.6 to 0.9.8 use 0.9.5).");
    config.base_channels = json.value("base_channels", 128);
    config.latent_channels = json.value("latent_channels", 128);
    if (config.base_channels < 4 || config.base_channels > 1024 || config.base_channels % 4 != 0)
        throw Error(ErrorCode::mismatch, "vae config, field base_channels", std::to_string(config.base_channels) + " is out of range",
                    "Give a multiple of 4 from 4 to 1024.");
    if (config.latent_channels < 1 || config.latent_channels > 1024)
        throw Error(ErrorCode::mismatch, "vae config, field latent_channels", std::to_string(config.latent_channels) + " is out of range",
                    "Give 1 to 1024.");
    return config;
}

nlohmann::json to_json(const VaeConfig& config) {
    const char* name = "";
    for (const auto& entry : kVersions)
        if (entry.version == config.version) name = entry.name;
    return {{"version", name}, {"base_channels", config.base_channels}, {"latent_channels", config.latent_channels}};
}

}  // namespace mirrorme

#include "codec/vae/vae_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_fields.h"

namespace mirrorme {
namespace {

using enum VaeBlockKind;
using nlohmann::json;

constexpr int kMostChannels = 65536;
constexpr std::size_t kMostBlocks = 64;

enum class Side { encoder, decoder };

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

struct StrideName {
    const char* name;
    int t, hw;
};
constexpr StrideName kStrides[] = {{"compress_all", 2, 2}, {"compress_time", 2, 1}, {"compress_space", 1, 2}};

VaeConfig short_form(const JsonObject& object) {
    const std::string wanted = object.has("version") ? object.text("version") : "0.9.5";
    const auto number = [&](const char* key, int low, int high) { return object.has(key) ? static_cast<int>(object.integer(key, low, high)) : 128; };
    const int base = number("base_channels", 4, 1024), latent = number("latent_channels", 1, 1024);
    if (base % 4 != 0) object.wrong("base_channels", std::to_string(base) + " is out of range", "Give a multiple of 4 from 4 to 1024.");
    for (const auto& [version, name] : kVersions)
        if (wanted == name) return published_vae(version, base, latent);
    object.wrong("version", "'" + wanted + "' is not a known autoencoder version", "Known are 0.9.0, 0.9.1 and 0.9.5 (0.9.6 to 0.9.8 use 0.9.5).");
}

/// One entry of a published list, such as ["res_x", 4] or ["compress_all", {"residual": true, "multiplier": 2}].
struct Entry {
    std::string name;
    json parameters = json::object();
};

std::vector<Entry> entries_of(const JsonObject& object, const char* list) {
    std::vector<Entry> entries;
    for (const json& item : object.array(object.has(list) ? list : "blocks", kMostBlocks)) {
        if (!item.is_array() || item.size() != 2 || !item[0].is_string() || !(item[1].is_object() || item[1].is_number_integer()))
            object.wrong(list, "holds something that is not [name, layers] or [name, {...}]");
        entries.push_back({item[0].get<std::string>(), item[1].is_object() ? item[1] : json{{"num_layers", item[1]}}});
    }
    return entries;
}

/// The block `entry` becomes; one of its widths is known: an encoder's input, a decoder's output. `Error` names `list`.
class BlockReader {
public:
    BlockReader(const JsonObject& object, const char* list, Side side) : object_(object), list_(list), side_(side) {}

    VaeBlockSpec read(const Entry& entry, int known) const {
        const JsonObject parameters(entry.parameters, object_.subject(), std::string(list_) + "." + entry.name);
        const auto number = [&](const char* key, int fallback) { return parameters.has(key) ? static_cast<int>(parameters.integer(key, 1, kMostChannels)) : fallback; };
        const auto flag = [&](const char* key) { return parameters.has(key) && parameters.flag(key); };
        VaeBlockSpec block{.in_channels = known, .out_channels = known};
        if (entry.name == "res_x") {
            block.kind = residual;
            block.layers = parameters.has("num_layers") ? static_cast<int>(parameters.integer("num_layers", 0, 64)) : 1;
            block.inject_noise = flag("inject_noise");
            return block;
        }
        const bool folded = entry.name.ends_with("_res");
        if (entry.name == "res_x_y") {
            block.kind = residual_widen;
            if (flag("inject_noise")) parameters.wrong("inject_noise", "is not possible where the width changes");
        } else {
            const std::string stride = folded ? entry.name.substr(0, entry.name.size() - 4) : entry.name;
            const auto known_stride = std::find_if(std::begin(kStrides), std::end(kStrides), [&](const StrideName& s) { return stride == s.name; });
            if (known_stride == std::end(kStrides) || (folded && side_ == Side::decoder))
                object_.wrong(list_, "has a block '" + entry.name + "', which is not known", "Give an autoencoder of the LTX-Video 0.9 family.");
            block.stride_t = known_stride->t;
            block.stride_hw = known_stride->hw;
            block.kind = side_ == Side::decoder ? depth_to_space : folded ? space_to_depth : strided_conv;
            block.skip = side_ == Side::decoder && flag("residual");
        }
        if (block.kind == strided_conv) return block;
        const int multiplier = number("multiplier", block.kind == depth_to_space ? 1 : 2);
        (side_ == Side::encoder ? block.out_channels : block.in_channels) = number(side_ == Side::encoder ? "out_channels" : "in_channels", known * multiplier);
        return block;
    }

private:
    const JsonObject& object_;
    const char* list_;
    Side side_;
};

void refuse_other_autoencoders(const JsonObject& object) {
    const auto want = [&](const char* field, const json& value) {
        if (object.has(field) && object.raw(field) != value)
            object.wrong(field, "is " + object.raw(field).dump() + ", and only " + value.dump() + " is known", "Give an autoencoder of the LTX-Video 0.9 family.");
    };
    want("dims", 3);
    want("in_channels", 3);
    want("out_channels", 3);
    want("norm_layer", "pixel_norm");
    want("latent_log_var", "uniform");
    want("use_quant_conv", false);
    want("spatial_padding_mode", "zeros");
    want("normalize_latent_channels", false);
}

json parameters_of(const VaeBlockSpec& block, Side side) {
    json parameters = json::object();
    if (block.kind == residual) {
        parameters["num_layers"] = block.layers;
        if (block.inject_noise) parameters["inject_noise"] = true;
    }
    if (block.kind == residual_widen || block.kind == space_to_depth || (block.kind == depth_to_space && block.in_channels != block.out_channels)) {
        const int wide = side == Side::encoder ? block.out_channels : block.in_channels, narrow = side == Side::encoder ? block.in_channels : block.out_channels;
        if (wide % narrow == 0) parameters["multiplier"] = wide / narrow;
        else parameters[side == Side::encoder ? "out_channels" : "in_channels"] = wide;
    }
    if (block.skip) parameters["residual"] = true;
    return parameters;
}

json list_of(const std::vector<VaeBlockSpec>& blocks, Side side) {
    json list = json::array();
    for (const VaeBlockSpec& block : blocks) {
        std::string name = block.kind == residual ? "res_x" : "res_x_y";
        for (const StrideName& stride : kStrides)
            if (block.kind != residual && block.kind != residual_widen && block.stride_t == stride.t && block.stride_hw == stride.hw) name = stride.name;
        if (block.kind == space_to_depth) name += "_res";
        list.push_back({name, parameters_of(block, side)});
    }
    if (side == Side::decoder) std::reverse(list.begin(), list.end());  // published lists are in the encoder's order
    return list;
}

int product_of_strides(const std::vector<VaeBlockSpec>& blocks, int VaeBlockSpec::*stride) {
    int product = 1;
    for (const VaeBlockSpec& block : blocks)
        if (block.kind != residual && block.kind != residual_widen) product *= block.*stride;
    return product;
}

}  // namespace

bool VaeConfig::injects_noise() const {
    return std::any_of(decoder_blocks.begin(), decoder_blocks.end(), [](const VaeBlockSpec& block) { return block.inject_noise; });
}
int VaeConfig::spatial_stride() const { return patch * product_of_strides(encoder_blocks, &VaeBlockSpec::stride_hw); }
int VaeConfig::temporal_stride() const { return product_of_strides(encoder_blocks, &VaeBlockSpec::stride_t); }

VaeConfig published_vae(VaeVersion version, int b, int latent_channels) {
    VaeConfig config;
    config.latent_channels = latent_channels;
    config.encoder_channels = b;
    config.timestep_conditioning = version != VaeVersion::v0_9_0;
    if (version == VaeVersion::v0_9_5)
        config.encoder_blocks = {run(b, 4),     fold(b, 2 * b, 1, 2),     run(2 * b, 6), fold(2 * b, 4 * b, 2, 1), run(4 * b, 6),
                                 fold(4 * b, 8 * b, 2, 2), run(8 * b, 2), fold(8 * b, 16 * b, 2, 2), run(16 * b, 2)};
    else
        config.encoder_blocks = {run(b, 4),   down(b),         widen(b, 2 * b), run(2 * b, 3), down(2 * b), widen(2 * b, 4 * b),
                                 run(4 * b, 3), down(4 * b), run(4 * b, 3),   run(4 * b, 4)};
    if (version == VaeVersion::v0_9_0) {
        config.decoder_blocks = {run(4 * b, 4), run(4 * b, 3), up(4 * b, 4 * b), run(4 * b, 3), widen(4 * b, 2 * b),
                                 up(2 * b, 2 * b), run(2 * b, 3), widen(2 * b, b), up(b, b), run(b, 4)};
    } else {
        const bool noise = version == VaeVersion::v0_9_1;
        const int layers[4] = {noise ? 8 : 5, noise ? 7 : 5, noise ? 6 : 5, 5};
        config.decoder_blocks = {run(8 * b, layers[0]),        up(8 * b, 4 * b), run(4 * b, layers[1], noise), up(4 * b, 2 * b),
                                 run(2 * b, layers[2], noise), up(2 * b, b),     run(b, layers[3], noise)};
    }
    config.decoder_channels = config.decoder_blocks.front().in_channels;
    return config;
}

VaeConfig vae_config_from_json(const json& value, const std::string& subject) {
    const JsonObject object(value, subject);
    if (!object.has("encoder_blocks") && !object.has("blocks")) return short_form(object);
    refuse_other_autoencoders(object);
    const auto number = [&](const char* key, int low, int high, int fallback) { return object.has(key) ? static_cast<int>(object.integer(key, low, high)) : fallback; };
    VaeConfig config;
    config.latent_channels = number("latent_channels", 1, kMostChannels, 128);
    config.patch = number("patch_size", 1, 16, 1);
    config.encoder_channels = number("encoder_base_channels", 1, kMostChannels, 128);
    config.timestep_conditioning = object.has("timestep_conditioning") && object.flag("timestep_conditioning");
    config.causal_decoder = object.has("causal_decoder") && object.flag("causal_decoder");
    config.norm_eps = object.has("norm_eps") ? object.number("norm_eps", 0, 1) : 1e-6;
    int width = config.encoder_channels;
    const BlockReader encoder(object, "encoder_blocks", Side::encoder), decoder(object, "decoder_blocks", Side::decoder);
    for (const Entry& entry : entries_of(object, "encoder_blocks")) {
        config.encoder_blocks.push_back(encoder.read(entry, width));
        width = config.encoder_blocks.back().out_channels;
    }
    width = number("decoder_base_channels", 1, kMostChannels, 128);  // after the last block
    for (const Entry& entry : entries_of(object, "decoder_blocks")) {
        config.decoder_blocks.insert(config.decoder_blocks.begin(), decoder.read(entry, width));
        width = config.decoder_blocks.front().in_channels;
    }
    config.decoder_channels = width;
    check_vae(config, subject);
    return config;
}

json to_json(const VaeConfig& config) {
    return {{"latent_channels", config.latent_channels},
            {"patch_size", config.patch},
            {"encoder_base_channels", config.encoder_channels},
            {"decoder_base_channels", config.decoder_out_channels()},
            {"encoder_blocks", list_of(config.encoder_blocks, Side::encoder)},
            {"decoder_blocks", list_of(config.decoder_blocks, Side::decoder)},
            {"timestep_conditioning", config.timestep_conditioning},
            {"causal_decoder", config.causal_decoder},
            {"norm_eps", config.norm_eps}};
}

void check_vae(const VaeConfig& config, const std::string& subject) {
    const auto check_side = [&](const std::vector<VaeBlockSpec>& blocks, int width, const char* list) {
        for (std::size_t i = 0; i < blocks.size(); ++i) {
            const VaeBlockSpec& block = blocks[i];
            const auto refuse = [&](const std::string& problem) {
                throw Error(ErrorCode::mismatch, subject + ", " + list + "[" + std::to_string(i) + "]", problem, "Give an autoencoder of the LTX-Video 0.9 family.");
            };
            if (block.in_channels != width) refuse("takes " + std::to_string(block.in_channels) + " channels and is given " + std::to_string(width));
            const int cells = block.stride_t * block.stride_hw * block.stride_hw;
            if (block.kind == strided_conv && block.in_channels != block.out_channels) refuse("cannot change the number of channels");
            if (block.kind == space_to_depth && (block.out_channels % cells != 0 || block.in_channels * cells % block.out_channels != 0))
                refuse("has numbers of channels that do not divide");
            if (block.kind == depth_to_space && (block.in_channels % block.out_channels != 0 || (block.skip && (block.in_channels % cells != 0 || block.out_channels % (block.in_channels / cells) != 0))))
                refuse("has numbers of channels that do not divide");
            width = block.out_channels;
        }
    };
    check_side(config.encoder_blocks, config.encoder_channels, "encoder_blocks");
    check_side(config.decoder_blocks, config.decoder_channels, "decoder_blocks");
    VaeConfig mirrored = config;
    mirrored.encoder_blocks = config.decoder_blocks;
    if (mirrored.spatial_stride() != config.spatial_stride() || mirrored.temporal_stride() != config.temporal_stride())
        throw Error(ErrorCode::mismatch, subject + ", decoder_blocks", "enlarge by another factor than encoder_blocks reduce", "Give an autoencoder of the LTX-Video 0.9 family.");
}

}  // namespace mirrorme

#include "codec/vae/diffusers_vae.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/json_fields.h"

namespace mirrorme {
namespace {

using enum VaeBlockKind;
using nlohmann::json;

constexpr std::size_t kMostBlocks = 16;
constexpr const char* kFamily = "Give an autoencoder of the LTX-Video 0.9 family.";


std::vector<int> integers(const JsonObject& object, const char* key, std::vector<int> fallback) {
    if (!object.has(key)) return fallback;
    std::vector<int> values;
    for (const json& item : object.array(key, kMostBlocks + 1)) {
        if (!item.is_number_integer() || item < 0 || item > 65536) object.wrong(key, "holds something that is no count");
        values.push_back(item.get<int>());
    }
    return values;
}

std::vector<bool> flags(const JsonObject& object, const char* key, std::vector<bool> fallback) {
    if (!object.has(key)) return fallback;
    std::vector<bool> values;
    for (const json& item : object.array(key, kMostBlocks + 1)) {
        if (!item.is_boolean()) object.wrong(key, "holds something that is neither true nor false");
        values.push_back(item.get<bool>());
    }
    return values;
}

std::vector<std::string> texts(const JsonObject& object, const char* key, std::vector<std::string> fallback) {
    if (!object.has(key)) return fallback;
    std::vector<std::string> values;
    for (const json& item : object.array(key, kMostBlocks + 1)) {
        if (!item.is_string()) object.wrong(key, "holds something that is no text");
        values.push_back(item.get<std::string>());
    }
    return values;
}

template <class T>
void want_at_least(const JsonObject& object, const char* key, const std::vector<T>& list, std::size_t count) {
    if (list.size() < count) object.wrong(key, "has " + std::to_string(list.size()) + " entries, and " + std::to_string(count) + " are needed");
}

class Builder {
public:
    Builder(std::vector<VaeBlockSpec>& blocks, std::vector<std::string>& names) : blocks_(blocks), names_(names) {}
    void add(const VaeBlockSpec& block, std::string name) {
        blocks_.push_back(block);
        names_.push_back(std::move(name));
    }

private:
    std::vector<VaeBlockSpec>& blocks_;
    std::vector<std::string>& names_;
};

VaeBlockSpec run(int channels, int layers, bool noise = false) {
    return {.kind = residual, .in_channels = channels, .out_channels = channels, .layers = layers, .inject_noise = noise};
}

void build_encoder(const JsonObject& object, DiffusersVae& vae) {
    const std::vector<int> channels = integers(object, "block_out_channels", {128, 256, 512, 512}), layers = integers(object, "layers_per_block", {4, 3, 3, 3, 4});
    const std::vector<bool> scaling = flags(object, "spatio_temporal_scaling", {true, true, true, false});
    const std::vector<std::string> kinds = texts(object, "down_block_types", std::vector<std::string>(4, "LTXVideoDownBlock3D"));
    const std::vector<std::string> ways = texts(object, "downsample_type", std::vector<std::string>(4, "conv"));
    if (channels.empty() || kinds.empty()) object.wrong("block_out_channels", "is empty");
    const bool later = kinds.back() == "LTXVideo095DownBlock3D";
    const std::size_t count = channels.size() - (later ? 1 : 0);
    want_at_least(object, "down_block_types", kinds, count);
    want_at_least(object, "spatio_temporal_scaling", scaling, count);
    want_at_least(object, "layers_per_block", layers, count + 1);
    if (later) want_at_least(object, "downsample_type", ways, count);

    Builder builder(vae.config.encoder_blocks, vae.encoder);
    int width = vae.config.encoder_channels = channels.front();
    for (std::size_t i = 0; i < count; ++i) {
        const int in = width;
        width = channels[std::min(i + 1, channels.size() - 1)];
        const std::string name = "down_blocks." + std::to_string(i);
        builder.add(run(in, layers[i]), name);
        if (kinds[i] != "LTXVideoDownBlock3D" && kinds[i] != "LTXVideo095DownBlock3D") object.wrong("down_block_types", "names '" + kinds[i] + "', which is not known", kFamily);
        const bool earlier = kinds[i] == "LTXVideoDownBlock3D";
        if (scaling[i] && (earlier || ways[i] == "conv")) {
            builder.add({.kind = strided_conv, .in_channels = in, .out_channels = in}, name + ".downsamplers.0");
        } else if (scaling[i]) {
            if (ways[i] != "spatial" && ways[i] != "temporal" && ways[i] != "spatiotemporal") object.wrong("downsample_type", "names '" + ways[i] + "', which is not known", kFamily);
            builder.add({.kind = space_to_depth, .in_channels = in, .out_channels = width, .stride_t = ways[i] == "spatial" ? 1 : 2, .stride_hw = ways[i] == "temporal" ? 1 : 2},
                        name + ".downsamplers.0");
        }
        if (earlier && in != width) builder.add({.kind = residual_widen, .in_channels = in, .out_channels = width}, name + ".conv_out");
    }
    builder.add(run(width, layers.back()), "mid_block");
}

void build_decoder(const JsonObject& object, DiffusersVae& vae) {
    std::vector<int> channels = integers(object, "decoder_block_out_channels", {128, 256, 512, 512}), layers = integers(object, "decoder_layers_per_block", {4, 3, 3, 3, 4});
    std::vector<int> factors = integers(object, "upsample_factor", {1, 1, 1, 1});
    std::vector<bool> scaling = flags(object, "decoder_spatio_temporal_scaling", {true, true, true, false});
    std::vector<bool> noise = flags(object, "decoder_inject_noise", std::vector<bool>(5, false)), skip = flags(object, "upsample_residual", std::vector<bool>(4, false));
    const std::size_t count = channels.size();
    if (count == 0) object.wrong("decoder_block_out_channels", "is empty");
    // The file has them in the encoder's order; the decoder walks the lists from their ends.
    for (auto* list : {&channels, &layers, &factors}) std::reverse(list->begin(), list->end());
    for (auto* list : {&scaling, &noise, &skip}) std::reverse(list->begin(), list->end());
    want_at_least(object, "decoder_layers_per_block", layers, count + 1);
    want_at_least(object, "decoder_inject_noise", noise, count + 1);
    want_at_least(object, "decoder_spatio_temporal_scaling", scaling, count);
    want_at_least(object, "upsample_residual", skip, count);
    want_at_least(object, "upsample_factor", factors, count);

    Builder builder(vae.config.decoder_blocks, vae.decoder);
    int width = vae.config.decoder_channels = channels.front();
    builder.add(run(width, layers.front(), noise.front()), "mid_block");
    for (std::size_t i = 0; i < count; ++i) {
        if (factors[i] < 1) object.wrong("upsample_factor", "holds a factor that is not positive");
        const int in = width / factors[i], out = channels[i] / factors[i];
        const std::string name = "up_blocks." + std::to_string(i);
        if (in != out && (factors[i] != 1 || vae.config.timestep_conditioning || noise[i + 1]))
            object.wrong("decoder_block_out_channels", "changes the width of block " + std::to_string(i) + ", which goes with neither upsample_factor nor conditioning nor noise", kFamily);
        if (in != out) builder.add({.kind = residual_widen, .in_channels = in, .out_channels = out}, name + ".conv_in");
        if (scaling[i]) builder.add({.kind = depth_to_space, .in_channels = out * factors[i], .out_channels = out, .skip = skip[i]}, name + ".upsamplers.0");
        width = out;
        builder.add(run(width, layers[i + 1], noise[i + 1]), name);
    }
}

/// `name` with the first segment-wise occurrence of `from` replaced.
void replace(std::string& name, std::string_view from, std::string_view to) {
    if (const std::size_t at = name.find(from); at != std::string::npos) name.replace(at, from.size(), to);
}

}  // namespace

DiffusersVae diffusers_vae_from_json(const json& value, const std::string& subject) {
    const JsonObject object(value, subject);
    const auto want = [&](const char* field, const json& known) {
        if (object.has(field) && !object.raw(field).is_null() && object.raw(field) != known)
            object.wrong(field, "is " + object.raw(field).dump() + ", and only " + known.dump() + " is known", kFamily);
    };
    want("in_channels", 3);
    want("out_channels", 3);
    want("patch_size_t", 1);
    want("encoder_causal", true);
    want("scaling_factor", 1.0);
    DiffusersVae vae;
    const auto flag = [&](const char* key) { return object.has(key) && object.flag(key); };
    vae.config.latent_channels = object.has("latent_channels") ? static_cast<int>(object.integer("latent_channels", 1, 65536)) : 128;
    vae.config.patch = object.has("patch_size") ? static_cast<int>(object.integer("patch_size", 1, 16)) : 4;
    vae.config.timestep_conditioning = flag("timestep_conditioning");
    vae.config.causal_decoder = flag("decoder_causal");
    vae.config.norm_eps = object.has("resnet_norm_eps") ? object.number("resnet_norm_eps", 0, 1) : 1e-6;
    build_encoder(object, vae);
    build_decoder(object, vae);
    check_vae(vae.config, subject);
    return vae;
}

std::string diffusers_vae_name(const DiffusersVae& vae, const std::string& ours) {
    if (ours == "per_channel_statistics.mean-of-means") return "latents_mean";
    if (ours == "per_channel_statistics.std-of-means") return "latents_std";
    std::string name = ours;
    for (const auto& [list, names] : {std::pair{std::string("encoder.down_blocks."), &vae.encoder}, {std::string("decoder.up_blocks."), &vae.decoder}}) {
        if (!name.starts_with(list)) continue;
        const std::size_t dot = name.find('.', list.size());
        const auto index = static_cast<std::size_t>(std::stoul(name.substr(list.size(), dot - list.size())));
        name = list.substr(0, 8) + names->at(index) + name.substr(dot);
    }
    replace(name, ".res_blocks.", ".resnets.");
    replace(name, ".norm3.norm.", ".norm3.");
    replace(name, ".conv_shortcut.", ".conv_shortcut.conv.");
    replace(name, "decoder.last_time_embedder.", "decoder.time_embedder.");
    replace(name, "decoder.last_scale_shift_table", "decoder.scale_shift_table");
    return name;
}

}  // namespace mirrorme

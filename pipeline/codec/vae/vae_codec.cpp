#include "codec/vae/vae_codec.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "codec/vae/vae_causal_stream.h"
#include "core/error.h"
#include "core/json_fields.h"
#include "ops/lent.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr double kPublishedNoiseScale = 0.025;  // with a decode timestep of 0.05

/// One of two: a decoder that looks ahead works by windows, a causal one goes on from what it remembers.
struct VaeDecodeCache : DecodeCache {
    VaeDecodeCache(const LtxVae& vae, const VaeWindow& window) {
        if (vae->config().causal_decoder) causal.emplace(vae, window);
        else windowed.emplace(vae, window);
    }
    Tensor push_pixels(const Tensor& latents) { return causal ? causal->push_pixels(latents) : windowed->push_pixels(latents); }

    bool restart() override {
        if (causal) causal->restart();
        else windowed->restart();
        return true;
    }

    std::optional<VaeStreamDecoder> windowed;
    std::optional<VaeCausalDecoder> causal;
};

/// Straight RGBA bytes -> [1, 3, 1, H, W] in -1..1, transparent parts over mid grey.
Tensor video_of(const RgbaImage& image) {
    const Tensor rgba = torch::from_blob(const_cast<std::uint8_t*>(image.pixels.data()), {image.height, image.width, 4}, torch::kByte)
                            .to(torch::kFloat)
                            .div(255);
    const Tensor alpha = rgba.slice(2, 3, 4);
    return ((rgba.slice(2, 0, 3) * alpha + 0.5 * (1 - alpha)) * 2 - 1).permute({2, 0, 1}).contiguous().view({1, 3, 1, image.height, image.width});
}

/// Where and in what the codec computes; the encoder may be elsewhere.
torch::TensorOptions options_of(const LtxVae& vae) { return vae->decoder->parameters().front().options().requires_grad(false); }

int checked_size(const nlohmann::json& json, const char* field, int fallback, int stride) {
    const int size = json.value(field, fallback);
    if (size < stride || size > 4096 || size % stride != 0)
        throw Error(ErrorCode::mismatch, std::string("codec config, field ") + field, std::to_string(size) + " is not a usable size",
                    "Give a multiple of " + std::to_string(stride) + " up to 4096.");
    return size;
}

}  // namespace

VaeCodecConfig vae_codec_config_from_json(const nlohmann::json& json) {
    VaeCodecConfig config;
    config.vae = vae_config_from_json(json.value("vae", nlohmann::json::object()), "codec config, field vae");
    if (config.vae.timestep_conditioning) config.window.noise_scale = kPublishedNoiseScale;
    const JsonObject codec(json, "codec config");
    if (codec.has("window")) {
        const JsonObject window = codec.object("window");
        if (window.has("context_back")) config.window.context_back = static_cast<int>(window.integer("context_back", 1, 64));
        if (window.has("timestep")) config.window.timestep = window.number("timestep", 0, 1);
        if (window.has("noise_scale")) config.window.noise_scale = window.number("noise_scale", 0, 0.99);
    }
    config.width = checked_size(json, "width", config.width, config.vae.spatial_stride());
    config.height = checked_size(json, "height", config.height, config.vae.spatial_stride());
    return config;
}

nlohmann::json to_json(const VaeCodecConfig& config) {
    return {{"kind", "vae"},
            {"vae", to_json(config.vae)},
            {"window", {{"context_back", config.window.context_back}, {"timestep", config.window.timestep}, {"noise_scale", config.window.noise_scale}}},
            {"width", config.width},
            {"height", config.height}};
}

VaeCodec::VaeCodec(const VaeCodecConfig& config) : config_(config) {
    vae = register_module("vae", LtxVae(config.vae));
    const int stride = config.vae.spatial_stride();
    spec_ = {.channels = config.vae.latent_channels,
             .grid_h = config.height / stride,
             .grid_w = config.width / stride,
             .temporal = config.vae.temporal_stride(),
             .width = config.width,
             .height = config.height,
             .spatial_stride = stride};
}

std::shared_ptr<const CodecIdentity> VaeCodec::make_identity(const ReferencePicture& picture) {
    torch::InferenceMode guard;
    if (picture.image.width != spec_.width || picture.image.height != spec_.height)
        throw Error(ErrorCode::internal, "reference picture", "was not scaled to the frame size");
    const torch::TensorOptions options = options_of(vae);
    auto identity = std::make_shared<CodecIdentity>();
    {
        const std::lock_guard lock(encoding_);
        const Lent encoder(*vae->encoder, options.device());
        identity->latent = vae->normalise(vae->encoder->forward(video_of(picture.image).to(options)).mean);
    }
    identity->points = picture.points;
    return identity;
}

void VaeCodec::park_encoder() {
    const torch::NoGradGuard no_grad;
    vae->encoder->to(torch::kCPU);
}

std::unique_ptr<DecodeCache> VaeCodec::make_decode_cache() { return std::make_unique<VaeDecodeCache>(vae, config_.window); }

Tensor VaeCodec::decode(const Tensor& latents, const CodecIdentity&, DecodeCache& cache, const DecodeOptions&) {
    torch::InferenceMode guard;
    return static_cast<VaeDecodeCache&>(cache).push_pixels(latents.to(options_of(vae)));
}

}  // namespace mirrorme

#include "published/ltx_stages.h"

#include "codec/vae/vae_codec.h"
#include "core/error.h"
#include "denoise/dit_model.h"
#include "published/load_module.h"

namespace mirrorme {
namespace {

using torch::Tensor;

/// LTX's own transformer: a bundle's further modules are no part of what the peer computes.
DitConfig published_part(DitConfig config) {
    config.adapter.enabled = false;
    config.pose.kind = PoseKind::none;
    config.style.dim = 0;
    if (config.part_tokens > 0)
        throw Error(ErrorCode::unsupported, "config.denoiser", "this bundle's transformer has parts that LTX-Video's has not", "Give a bundle that 'mirrorme import' made.");
    return config;
}

/// [B or 1, 3, N]: indices times rope_interpolation_scale and patch where the former is given, as the peer multiplies them.
Tensor coordinates_of(StageTensors& inputs, const DitConfig& config, const nlohmann::json& described, int64_t batch, int64_t tokens) {
    const int64_t frames = inputs.integer("num_frames", 1), height = inputs.integer("height", 1), width = inputs.integer("width", 1);
    if (frames * height * width != tokens)
        inputs.wrong("hidden_states", "has " + std::to_string(tokens) + " tokens, and num_frames x height x width is " + std::to_string(frames * height * width));
    if (inputs.has("video_coords")) return inputs.get("video_coords", {batch, 3, tokens}).to(torch::kFloat);
    const auto axis = [](int64_t n) { return torch::arange(n, torch::kFloat); };
    Tensor grid = torch::stack(torch::meshgrid({axis(frames), axis(height), axis(width)}, "ij")).flatten(1);
    // Without a scale the peer takes indices for the shares of the largest positions that coordinates otherwise become.
    std::vector<double> scale = config.positional_embedding_max_pos;
    if (inputs.has("rope_interpolation_scale")) {
        scale = inputs.numbers("rope_interpolation_scale", 3);
        for (std::size_t i = 0; i < 3; ++i) scale[i] *= described.value(kPatchFields[i == 0 ? 0 : 1], 1);
    }
    for (int64_t i = 0; i < 3; ++i) grid[i].mul_(scale[static_cast<std::size_t>(i)]);
    return grid;
}

LtxVae load_vae(const Bundle& bundle, const ForwardOptions& options) {
    const nlohmann::json& config = bundle.config("codec");
    if (config.value("kind", "") != "vae")
        throw Error(ErrorCode::unsupported, bundle.config_subject("codec"), "this bundle's codec is not 'vae'", "Give a bundle that 'mirrorme import' made.");
    return load_module<LtxVae>(bundle, "codec.vae.", options, {}, vae_codec_config_from_json(config).vae);
}

}  // namespace

TensorMap forward_transformer(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options) {
    const nlohmann::json& described = bundle.config("denoiser");
    const DitConfig config = published_part(dit_config_from_json(described, bundle.config_subject("denoiser")));
    LtxPass pass;
    pass.tokens = inputs.get("hidden_states", {-1, -1, config.in_channels}).to(options.device);
    const int64_t batch = pass.tokens.size(0), tokens = pass.tokens.size(1);
    pass.timestep = (inputs.rank("timestep") == 2 ? inputs.get("timestep", {batch, tokens}) : inputs.get("timestep", {batch})).to(options.device, torch::kFloat);
    if (config.caption_channels > 0) {
        pass.text = inputs.get("encoder_hidden_states", {batch, -1, config.caption_channels}).to(options.device);
        pass.text_mask = inputs.optional("encoder_attention_mask", {batch, pass.text.size(1)});
        if (pass.text_mask.defined()) pass.text_mask = pass.text_mask.to(options.device);
    }
    pass.coordinates = coordinates_of(inputs, config, described, batch, tokens);
    const auto ours = [](const std::string& name) { return !is_ltx_tensor(name); };
    DitModel model = load_module<DitModel>(bundle, "denoiser.", options, ours, config);
    model->prepare_for_inference();
    return run_repeatedly(options, [&] { return TensorMap{{"sample", model->forward_tokens(pass)}}; });
}

TensorMap forward_vae_encode(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options) {
    LtxVae vae = load_vae(bundle, options);
    const Tensor video = inputs.get("sample", {-1, 3, -1, -1, -1});
    const int r = vae->config().temporal_stride(), cell = vae->config().spatial_stride();
    if ((video.size(2) - 1) % r != 0 || video.size(3) % cell != 0 || video.size(4) % cell != 0)
        inputs.wrong("sample", "is no clip of 1 + " + std::to_string(r) + "n frames whose sides are multiples of " + std::to_string(cell));
    return run_repeatedly(options, [&] {
        const VaePosterior posterior = vae->encoder->forward(video.to(options.device, options.type));
        return TensorMap{{"mean", posterior.mean}, {"logvar", posterior.log_variance.expand_as(posterior.mean)}};
    });
}

TensorMap forward_vae_decode(const Bundle& bundle, StageTensors& inputs, const ForwardOptions& options) {
    LtxVae vae = load_vae(bundle, options);
    const Tensor latents = inputs.get("latents", {-1, vae->config().latent_channels, -1, -1, -1});
    VaeDecodeContext context;
    if (vae->config().timestep_conditioning) context.timestep = inputs.get("timestep", {latents.size(0)}).to(options.device, torch::kFloat);
    return run_repeatedly(options, [&] { return TensorMap{{"sample", vae->decoder->forward(latents.to(options.device, options.type), context)}}; });
}

}  // namespace mirrorme

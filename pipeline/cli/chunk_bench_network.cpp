#include "cli/chunk_bench_network.h"

#include <cmath>

#include "core/error.h"
#include "ops/fp8_linear.h"

namespace mirrorme::cli {

using torch::Tensor;

DitConfig transformer_of(const ChunkBenchConfig& bench) {
    DitConfig config = ltx_2b_config();
    if (bench.model == "small") {
        config.num_layers = 4;
        config.num_attention_heads = 4;
        config.attention_head_dim = 32;
        config.cross_attention_dim = config.width();
        config.caption_channels = 64;
        config.in_channels = config.out_channels = 32;
        config.adapter.audio_dim = 64;
    } else if (bench.model != "ltx-2b") {
        throw Error(ErrorCode::usage, "--model", "'" + bench.model + "' is unknown", "Say ltx-2b or small.");
    }
    config.adapter.enabled = true;
    config.context = {.mode = AttentionMode::block_causal, .history = StreamHistory::clean, .chunk = bench.chunk, .window = bench.window, .anchor = true};
    return config;
}

VaeCodecConfig codec_of(const ChunkBenchConfig& bench) {
    VaeCodecConfig config;
    if (bench.model == "small") config.vae = published_vae(VaeVersion::v0_9_5, 8, 32);
    config.vae.causal_decoder = bench.decoder == BenchDecoder::causal;
    config.window = {.context_back = bench.context_back, .noise_scale = 0.025};
    config.width = bench.width, config.height = bench.height;
    const int stride = config.vae.spatial_stride();
    if (bench.width % stride != 0 || bench.height % stride != 0)
        throw Error(ErrorCode::usage, "--width, --height", "are no multiples of " + std::to_string(stride), "The autoencoder works in cells of that size.");
    return config;
}

void randomise(torch::nn::Module& module, torch::Device device, torch::ScalarType type, std::uint64_t seed) {
    const torch::NoGradGuard no_gradients;
    module.to(device, type);
    torch::manual_seed(seed);
    for (auto& item : module.named_parameters()) {
        Tensor& weight = item.value();
        if (item.key().find("timestep_scale_multiplier") != std::string::npos) continue;
        const double fan = weight.dim() > 1 ? static_cast<double>(weight.numel() / weight.size(0)) : 0;
        if (weight.dim() > 1 && item.key().find("scale_shift_table") == std::string::npos) weight.normal_(0, 1 / std::sqrt(fan));
        else if (item.key().find("norm") != std::string::npos && item.key().find("weight") != std::string::npos) weight.fill_(1);
        else weight.normal_(0, 0.1);
    }
    module.eval();
}

void prepare_linears(DitModel& model, const ChunkBenchConfig& bench) {
    if (bench.linears != BenchLinears::fp8) return;
    if (const std::string why = why_no_fp8(bench.device); !why.empty())
        throw Error(ErrorCode::unsupported, "--linears fp8", "device '" + bench.device.str() + "' cannot: " + why, "Leave it out, or use --device cpu, which computes the same numbers slowly");
    const torch::NoGradGuard no_gradients;
    model->quantise_linears();
}

BenchNetwork make_network(const ChunkBenchConfig& bench) {
    const torch::NoGradGuard no_gradients;
    BenchNetwork network;
    network.transformer = DitModel(transformer_of(bench));
    randomise(*network.transformer, bench.device, bench.type, 1);
    network.transformer->give_up_text();
    prepare_linears(network.transformer, bench);
    network.codec = std::make_shared<VaeCodec>(codec_of(bench));
    randomise(*network.codec, bench.device, bench.type, 2);
    network.codec->park_encoder();
    return network;
}

Conditioning random_told(const DitConfig& config, const ChunkBenchConfig& bench, int64_t latents) {
    Conditioning told;
    told.audio = torch::randn({1, latents, config.adapter.tokens + 1, config.adapter.audio_dim}, torch::TensorOptions(bench.device).dtype(bench.type));
    told.silent = torch::zeros({1, latents}, torch::TensorOptions(bench.device).dtype(torch::kBool));
    return told;
}

Tensor random_identity(const DitConfig& config, const ChunkBenchConfig& bench) {
    return torch::randn({1, config.in_channels, 1, bench.height / config.grid.spatial_stride, bench.width / config.grid.spatial_stride});
}

SamplerConfig sampler_of(const ChunkBenchConfig& bench) { return {.schedule = Schedule::linear_quadratic, .kind = SamplerKind::stochastic, .steps = bench.steps}; }

}  // namespace mirrorme::cli

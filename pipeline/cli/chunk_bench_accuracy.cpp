#include "cli/chunk_bench_accuracy.h"

#include <cstdio>
#include <map>

#include "cli/chunk_bench_network.h"
#include "denoise/denoiser.h"

namespace mirrorme::cli {
namespace {

using torch::Tensor;

constexpr int kChunks = 4;  // the last of which sees a full window of its own past

struct Made {
    Tensor velocity;             // of one call on noise
    std::vector<Tensor> chunks;  // latents
    Tensor pictures;             // of all chunks, by one decoder in float32
};

/// The transformer of `bench` with the values that it has in float32.
DitModel transformer(const ChunkBenchConfig& bench) {
    const c10::InferenceMode normal_tensors(false);
    const torch::NoGradGuard no_gradients;
    DitModel model(transformer_of(bench));
    randomise(*model, bench.device, torch::kFloat, 1);
    model->to(bench.type);
    prepare_linears(model, bench);
    return model;
}

Made make(const ChunkBenchConfig& bench, VaeCodec& codec) {
    DitModel model = transformer(bench);
    const DitConfig& config = model->config();
    ChunkBenchConfig exact = bench;
    exact.type = torch::kFloat;
    torch::manual_seed(3);  // inputs in float32, the same for all
    const Tensor identity = random_identity(config, bench);
    std::vector<Conditioning> told;
    for (int i = 0; i < kChunks; ++i) told.push_back(random_told(config, exact, bench.chunk));

    const auto stream = [&](SamplerConfig sampler, int chunks) {
        Denoiser denoiser(model, sampler);
        StreamSetup setup;
        setup.identity = identity.to(bench.device);
        const auto context = denoiser.start(setup);
        std::vector<Tensor> latents;
        for (int i = 0; i < chunks; ++i) latents.push_back(denoiser.run({i * bench.chunk, (i + 1) * bench.chunk}, told[static_cast<std::size_t>(i)], *context, 11));
        return latents;
    };
    Made made;
    const Tensor once = stream({.steps = 1}, 1).front();  // noise - velocity
    made.velocity = latent_noise(once.sizes(), 0, 0, 11, bench.device) - once;
    made.chunks = stream(sampler_of(bench), kChunks);
    const auto cache = codec.make_decode_cache();
    made.pictures = codec.decode(torch::cat(made.chunks, 2), {}, *cache, {}).to(torch::kFloat);
    return made;
}

double error_of(const Tensor& got, const Tensor& want) {
    const Tensor a = got.to(torch::kDouble), b = want.to(torch::kDouble);
    return ((a - b).square().mean().sqrt() / b.square().mean().sqrt()).item<double>();
}

}  // namespace

std::vector<AccuracyRow> measure_accuracy(const ChunkBenchConfig& config) {
    const torch::InferenceMode no_gradients;
    ChunkBenchConfig exact = config, brain = config, bytes = config;
    exact.type = torch::kFloat, exact.linears = BenchLinears::plain;
    brain.type = bytes.type = torch::kBFloat16;
    brain.linears = BenchLinears::plain, bytes.linears = BenchLinears::fp8;
    std::shared_ptr<VaeCodec> codec;
    {
        const c10::InferenceMode normal_tensors(false);
        const torch::NoGradGuard none;
        codec = std::make_shared<VaeCodec>(codec_of(exact));
        randomise(*codec, exact.device, torch::kFloat, 2);
    }
    const Made want = make(exact, *codec), rough = make(brain, *codec), rougher = make(bytes, *codec);  // one transformer at a time in memory
    const auto row = [&](std::string stage, auto part) { return AccuracyRow{std::move(stage), error_of(part(rough), part(want)), error_of(part(rougher), part(want))}; };
    const std::string steps = std::to_string(config.steps) + " steps";
    return {row("velocity of one call", [](const Made& m) { return m.velocity; }), row("latents of the first chunk, " + steps, [](const Made& m) { return m.chunks.front(); }),
            row("latents of chunk " + std::to_string(kChunks) + ", on its own past", [](const Made& m) { return m.chunks.back(); }),
            row("pictures of all chunks, one decoder", [](const Made& m) { return m.pictures; })};
}

nlohmann::ordered_json to_json(const std::vector<AccuracyRow>& rows) {
    nlohmann::ordered_json all;
    for (const AccuracyRow& row : rows) all[row.stage] = {{"bf16", row.bf16}, {"bf16_with_fp8_linears", row.fp8}};
    return all;
}

std::string as_table(const std::vector<AccuracyRow>& rows) {
    char line[160];
    std::snprintf(line, sizeof line, "%-48s %12s %12s\n", "root mean square error against float32", "bf16", "fp8 linears");
    std::string text = line;
    for (const AccuracyRow& row : rows) {
        std::snprintf(line, sizeof line, "%-48s %12.2e %12.2e\n", row.stage.c_str(), row.bf16, row.fp8);
        text += line;
    }
    return text;
}

}  // namespace mirrorme::cli

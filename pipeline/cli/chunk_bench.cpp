#include "cli/chunk_bench.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <tuple>

#include "codec/vae/vae_codec.h"
#include "core/error.h"
#include "denoise/denoiser.h"
#include "ops/captured_work.h"
#include "ops/device_runtime.h"

namespace mirrorme::cli {
namespace {

using torch::Tensor;

constexpr int kBlocksOfCheck = 2;
constexpr double kFps = 24;

DitConfig transformer_of(const ChunkBenchConfig& bench) {
    DitConfig config = ltx_2b_config();
    if (bench.model == "small") {
        config.num_layers = 3;
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
    config.window = {.context_back = bench.context_back, .noise_scale = 0.025};
    config.width = bench.width, config.height = bench.height;
    const int stride = config.vae.spatial_stride();
    if (bench.width % stride != 0 || bench.height % stride != 0)
        throw Error(ErrorCode::usage, "--width, --height", "are no multiples of " + std::to_string(stride), "The autoencoder works in cells of that size.");
    return config;
}

/// Large weights come into being where they are used: 2 billion random numbers on one core take a minute.
template <class Module>
void randomise(Module& module, torch::Device device, torch::ScalarType type, std::uint64_t seed) {
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

class Stopwatch {
public:
    explicit Stopwatch(torch::Device device) : device_(device), runtime_(runtime_for(device)) {}
    const char* clock() const { return runtime_ ? "device events" : "host"; }
    void mark() {
        if (runtime_) {
            events_.push_back(runtime_->event(device_));
            events_.back()->record();
        } else {
            if (device_.is_cuda()) torch::cuda::synchronize(device_.index());
            times_.push_back(std::chrono::steady_clock::now());
        }
    }
    /// Milliseconds from mark `a` to mark `b`.
    double ms(std::size_t a, std::size_t b) const {
        if (!runtime_) return std::chrono::duration<double, std::milli>(times_[b] - times_[a]).count();
        events_[b]->wait();
        return events_[b]->ms_since(*events_[a]);
    }

private:
    torch::Device device_;
    DeviceRuntime* runtime_;
    std::vector<std::unique_ptr<DeviceEvent>> events_;
    std::vector<std::chrono::steady_clock::time_point> times_;
};

StageFigures figures(const char* stage, std::vector<double> ms) {
    std::sort(ms.begin(), ms.end());
    const auto at = [&](double share) { return ms[std::min(ms.size() - 1, static_cast<std::size_t>(share * static_cast<double>(ms.size())))]; };
    return {stage, at(0.5), at(0.95), at(0.99), ms.back()};
}

/// The transformer of one chunk length, and the codec.
struct Network {
    DitModel transformer{nullptr};
    std::shared_ptr<VaeCodec> codec;
};

Conditioning told(const DitConfig& config, const ChunkBenchConfig& bench, int64_t latents) {
    Conditioning c;
    c.audio = torch::randn({1, latents, config.adapter.tokens + 1, config.adapter.audio_dim}, torch::TensorOptions(bench.device).dtype(bench.type));
    c.silent = torch::zeros({1, latents}, torch::TensorOptions(bench.device).dtype(torch::kBool));
    return c;
}

struct Run {
    std::vector<double> denoise, decode, read_back, chunk;  // ms
    std::vector<Tensor> latents;                            // of the first few chunks, on the CPU
    const char* clock = "";
};

Run run_once(const Network& network, const ChunkBenchConfig& bench) {
    const torch::InferenceMode no_gradients;
    DitModel transformer = network.transformer;
    const DitConfig& config = transformer->config();
    torch::manual_seed(3);
    Denoiser denoiser(transformer, {.schedule = Schedule::linear_quadratic, .kind = SamplerKind::stochastic, .steps = bench.steps});
    StreamSetup setup;
    setup.identity = torch::randn({1, config.in_channels, 1, bench.height / config.grid.spatial_stride, bench.width / config.grid.spatial_stride}).to(bench.device);
    const auto context = denoiser.start(setup);
    const auto decode_cache = network.codec->make_decode_cache();
    const CodecIdentity nobody{};
    // Levels of the context, then the runs after which a key is recorded (ops/captured_work.cpp).
    const int filling = (bench.window + bench.chunk) / bench.chunk + 2, warm = filling + (CapturedWork::wanted(bench.device) ? 10 : 0);
    Tensor staging;
    Run run;
    for (int round = 0; round < warm + bench.rounds; ++round) {
        const LatentIndex first = static_cast<LatentIndex>(round) * bench.chunk;
        const Conditioning conditioning = told(config, bench, bench.chunk);
        Stopwatch watch(bench.device);
        watch.mark();
        const Tensor latents = denoiser.run({first, first + bench.chunk}, conditioning, *context, 11);
        watch.mark();
        const Tensor pixels = network.codec->decode(latents, nobody, *decode_cache, {});
        watch.mark();
        if (bench.device.is_cuda() && !staging.defined()) staging = torch::empty(pixels.sizes(), torch::TensorOptions(torch::kByte).pinned_memory(true));
        if (staging.defined() && staging.sizes() == pixels.sizes()) staging.copy_(pixels, /*non_blocking=*/true);
        else staging = pixels.to(torch::kCPU);
        watch.mark();
        if (round < 4 || round >= warm) {
            const double total = watch.ms(0, 3);
            if (round >= warm) {
                run.denoise.push_back(watch.ms(0, 1)), run.decode.push_back(watch.ms(1, 2)), run.read_back.push_back(watch.ms(2, 3)), run.chunk.push_back(total);
            }
            if (round < 4 || round == warm + bench.rounds - 1) run.latents.push_back(latents.to(torch::kCPU));
        }
        run.clock = watch.clock();
    }
    return run;
}

double largest_error(const Tensor& got, const Tensor& want) {
    const Tensor a = got.to(torch::kCPU, torch::kDouble), b = want.to(torch::kCPU, torch::kDouble);
    return ((a - b).abs().max() / b.abs().max()).item<double>();
}

std::string name_of(const ChunkBenchConfig& c) {
    char text[160];
    std::snprintf(text, sizeof text, "%s %dx%d c=%d k=%d back=%d %d steps %s %s", c.model.c_str(), c.width, c.height, c.chunk, c.window, c.context_back, c.steps,
                  c.type == torch::kBFloat16 ? "bf16" : "f32", c.graphs ? "graphs" : "eager");
    return text;
}

}  // namespace

std::vector<ChunkBenchResult> run_chunk_bench(const std::vector<ChunkBenchConfig>& configs) {
    std::vector<ChunkBenchResult> results;
    // Weights are made once for neighbours that differ in what does not touch them.
    std::tuple<std::string, int, int, int, int, torch::ScalarType> made_for{};
    Network network;
    for (const ChunkBenchConfig& config : configs) {
        if (config.chunk < 1 || config.window < 1 || config.steps < 1 || config.rounds < 1)
            throw Error(ErrorCode::usage, "chunk bench", "chunk, window, steps and rounds are at least 1");
        const std::tuple key{config.model, config.chunk, config.window, config.width, config.height, config.type};
        if (key != made_for || network.codec == nullptr) {
            network = {};
            const torch::NoGradGuard no_gradients;
            network.transformer = DitModel(transformer_of(config));
            randomise(*network.transformer, config.device, config.type, 1);
            network.codec = std::make_shared<VaeCodec>(codec_of(config));
            randomise(*network.codec, config.device, config.type, 2);
            made_for = key;
        }
        ChunkBenchResult result;
        result.config = config;
        CapturedWork::enable(config.graphs);
        const Run run = run_once(network, config);
        CapturedWork::enable(true);
        result.stages = {figures("denoise", run.denoise), figures("decode", run.decode), figures("read back", run.read_back), figures("chunk", run.chunk)};
        result.clock = run.clock;
        const double frames = config.chunk * network.codec->spec().temporal, seconds = result.stages.back().p50 / 1e3;
        result.frames_per_s = frames / seconds;
        result.real_time_factor = seconds * kFps / frames;
        if (DeviceRuntime* runtime = runtime_for(config.device)) result.held_mib = static_cast<double>(runtime->memory(config.device).held) / (1024.0 * 1024.0);
        if (config.graphs && CapturedWork::wanted(config.device)) {
            CapturedWork::enable(false);
            const Run plain = run_once(network, config);
            CapturedWork::enable(true);
            for (std::size_t i = 0; i < run.latents.size(); ++i) result.replay_error = std::max(result.replay_error, largest_error(run.latents[i], plain.latents[i]));
        }
        results.push_back(std::move(result));
    }
    return results;
}

std::vector<StageError> check_against_cpu(const ChunkBenchConfig& config) {
    const torch::InferenceMode no_gradients;
    DitConfig dit = transformer_of(config);
    dit.num_layers = std::min(dit.num_layers, kBlocksOfCheck);
    const auto made = [&](torch::Device device, torch::ScalarType type) {
        const c10::InferenceMode normal_tensors(false);
        const torch::NoGradGuard none;
        DitModel model(dit);
        randomise(*model, torch::kCPU, torch::kFloat, 1);
        model->to(device, type);
        return model;
    };
    // The first chunks of two streams, each with its own past.
    Denoiser exact(made(torch::kCPU, torch::kFloat), {.steps = config.steps}), device(made(config.device, config.type), {.steps = config.steps});
    torch::manual_seed(3);
    StreamSetup setup;
    setup.identity = torch::randn({1, dit.in_channels, 1, 4, 6});
    const auto a = exact.start(setup), b = device.start(setup);
    double denoise = 0;
    for (int round = 0; round < 4; ++round) {
        const LatentIndex first = static_cast<LatentIndex>(round) * config.chunk;
        ChunkBenchConfig on_cpu = config;
        on_cpu.device = torch::kCPU, on_cpu.type = torch::kFloat;
        const Conditioning given = told(dit, on_cpu, config.chunk);
        Conditioning there = given;
        there.audio = given.audio.to(config.device, config.type), there.silent = given.silent.to(config.device);
        const Tensor want = exact.run({first, first + config.chunk}, given, *a, 11), got = device.run({first, first + config.chunk}, there, *b, 11);
        denoise = std::max(denoise, largest_error(got, want));
    }

    ChunkBenchConfig small = config;
    small.width = std::min(config.width, 192), small.height = std::min(config.height, 128);
    const auto codec = [&](torch::Device to, torch::ScalarType type) {
        const c10::InferenceMode normal_tensors(false);
        const torch::NoGradGuard none;
        auto made_codec = std::make_shared<VaeCodec>(codec_of(small));
        randomise(*made_codec, torch::kCPU, torch::kFloat, 2);
        made_codec->to(to, type);
        return made_codec;
    };
    const auto cpu_codec = codec(torch::kCPU, torch::kFloat), there_codec = codec(config.device, config.type);
    const Tensor latents = torch::randn({1, dit.in_channels, 3, small.height / 32, small.width / 32});
    VaeStreamDecoder want(cpu_codec->vae, codec_of(small).window), got(there_codec->vae, codec_of(small).window);
    const Tensor given = latents.to(config.device, config.type), a_video = want.push(latents), b_video = got.push(given);
    return {{"denoise, " + std::to_string(config.steps) + " steps of " + std::to_string(dit.num_layers) + " blocks", denoise}, {"decode", largest_error(b_video, a_video)}};
}

nlohmann::ordered_json to_json(const std::vector<ChunkBenchResult>& results) {
    nlohmann::ordered_json all = nlohmann::ordered_json::array();
    for (const ChunkBenchResult& r : results) {
        nlohmann::ordered_json stages;
        for (const StageFigures& s : r.stages) stages[s.stage] = {{"p50_ms", s.p50}, {"p95_ms", s.p95}, {"p99_ms", s.p99}, {"max_ms", s.max}};
        all.push_back({{"configuration", name_of(r.config)}, {"device", r.config.device.str()}, {"clock", r.clock}, {"rounds", r.config.rounds}, {"stages", stages},
                       {"frames_per_s", r.frames_per_s}, {"real_time_factor", r.real_time_factor}, {"device_memory_mib", r.held_mib}, {"replay_error", r.replay_error}});
    }
    return {{"chunk_bench", all}};
}

std::string as_table(const std::vector<ChunkBenchResult>& results, const nlohmann::json& earlier) {
    std::map<std::string, double> before;  // median chunk by configuration
    if (earlier.is_object() && earlier.contains("chunk_bench"))
        for (const auto& entry : earlier.at("chunk_bench")) before[entry.at("configuration").get<std::string>()] = entry.at("stages").at("chunk").at("p50_ms").get<double>();
    std::string text;
    char line[320];
    const auto add = [&](const char* format, auto... values) {
        std::snprintf(line, sizeof line, format, values...);
        text += line;
    };
    add("%-62s %9s %9s %9s %9s %9s %9s %9s %9s\n", "configuration", "denoise", "decode", "chunk p50", "p95", "p99 ms", "frames/s", "before", "replay");
    for (const ChunkBenchResult& r : results) {
        const std::string name = name_of(r.config);
        const StageFigures &denoise = r.stages[0], &decode = r.stages[1], &chunk = r.stages[3];
        add("%-62s %9.2f %9.2f %9.2f %9.2f %9.2f %9.1f", name.c_str(), denoise.p50, decode.p50, chunk.p50, chunk.p95, chunk.p99, r.frames_per_s);
        if (before.contains(name)) add(" %8.2fx", before[name] / chunk.p50);
        else add(" %9s", "-");
        if (r.replay_error > 0) add(" %9.1e\n", r.replay_error);
        else add(" %9s\n", "-");
    }
    return text;
}

}  // namespace mirrorme::cli

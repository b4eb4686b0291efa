#include "cli/chunk_bench.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <thread>
#include <tuple>

#include "cli/chunk_bench_network.h"
#include "codec/vae/vae_causal_stream.h"
#include "core/error.h"
#include "denoise/clip_denoiser.h"
#include "denoise/denoiser.h"
#include "ops/captured_work.h"
#include "ops/device_runtime.h"
#include "ops/memory_format.h"

namespace mirrorme::cli {
namespace {

using torch::Tensor;

constexpr int kBlocksOfCheck = 2, kBlocksOfFp8Check = 4;  // the first and the last multiply no e4m3
constexpr double kFps = 24, kLookAheadMs = 100;           // what sound is heard ahead: AudioFrontEndConfig::look_ahead
constexpr int kFirstFrames = 3, kOneShotWarm = 1;         // streams begun, clips not counted

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

struct Run {
    std::vector<double> denoise, decode, read_back, chunk;  // ms
    std::vector<double> first, paced;                       // ms: a stream's first chunk; chunks at 24 frames a second
    double busy_share = 0;
    std::vector<Tensor> latents;                            // of the first few chunks, on the CPU
    const char* clock = "";
};

/// A chunk's pixels into page-locked memory, where there is such.
class ReadBack {
public:
    explicit ReadBack(torch::Device device) : device_(device) {}
    void operator()(const Tensor& pixels) {
        if (device_.is_cuda() && (!staging_.defined() || staging_.sizes() != pixels.sizes()))
            staging_ = torch::empty(pixels.sizes(), torch::TensorOptions(torch::kByte).pinned_memory(true));
        if (device_.is_cuda()) staging_.copy_(pixels, /*non_blocking=*/true);
        else staging_ = pixels.to(torch::kCPU);
    }

private:
    torch::Device device_;
    Tensor staging_;
};

/// One stream after the other with the same network.
class Streams {
public:
    Streams(const BenchNetwork& network, const ChunkBenchConfig& bench)
        : network_(network), bench_(bench), denoiser_(network.transformer, sampler_of(bench)), read_back_(bench.device) {
        torch::manual_seed(3);
        setup_.identity = random_identity(config(), bench).to(bench.device);
        context_ = denoiser_.start(setup_);
        restart();
    }
    const DitConfig& config() const { return network_.transformer->config(); }
    /// The first chunk of a new stream is next.
    void restart() {
        context_->restart(setup_.start);
        if (decode_ == nullptr || !decode_->restart()) decode_ = network_.codec->make_decode_cache();
        next_ = 0;
    }
    /// Marks 0: begin, 1: latents, 2: pixels, 3: pixels in host memory. -> latents.
    Tensor chunk(Stopwatch& watch) {
        const Conditioning told = random_told(config(), bench_, bench_.chunk);
        watch.mark();
        const Tensor latents = denoiser_.run({next_, next_ + bench_.chunk}, told, *context_, 11);
        watch.mark();
        const Tensor pixels = network_.codec->decode(latents, {}, *decode_, {});
        watch.mark();
        read_back_(pixels);
        watch.mark();
        next_ += bench_.chunk;
        return latents;
    }

private:
    const BenchNetwork& network_;
    const ChunkBenchConfig& bench_;
    Denoiser denoiser_;
    StreamSetup setup_;
    std::unique_ptr<ContextCache> context_;
    std::unique_ptr<DecodeCache> decode_;
    ReadBack read_back_;
    LatentIndex next_ = 0;
};

Run run_once(const BenchNetwork& network, const ChunkBenchConfig& bench) {
    const torch::InferenceMode no_gradients;
    Streams stream(network, bench);
    // Levels of the context, twice: then all that is recorded has been (ops/captured_work.h).
    const int filling = (bench.window + bench.chunk) / bench.chunk + 2;
    Run run;
    {
        const WarmUpScope warming;
        for (int pass = 0; pass < (CapturedWork::wanted(bench.device) ? 3 : 1); ++pass) {
            stream.restart();
            for (int round = 0; round < filling; ++round) {
                Stopwatch watch(bench.device);
                stream.chunk(watch);
            }
        }
    }
    for (int i = 0; i < kFirstFrames; ++i) {
        stream.restart();
        Stopwatch watch(bench.device);
        stream.chunk(watch);
        run.first.push_back(watch.ms(0, 3));
    }
    stream.restart();
    torch::manual_seed(4);  // what a run without graphs is compared with
    for (int round = 0; round < filling + bench.rounds; ++round) {
        Stopwatch watch(bench.device);
        const Tensor latents = stream.chunk(watch);
        const double total = watch.ms(0, 3);
        if (round >= filling) run.denoise.push_back(watch.ms(0, 1)), run.decode.push_back(watch.ms(1, 2)), run.read_back.push_back(watch.ms(2, 3)), run.chunk.push_back(total);
        if (round < 4 || round == filling + bench.rounds - 1) run.latents.push_back(latents.to(torch::kCPU));
        run.clock = watch.clock();
    }
    using Clock = std::chrono::steady_clock;
    const std::chrono::duration<double> period(bench.chunk * network.codec->spec().temporal / kFps);
    const auto begun = Clock::now();
    double busy_ms = 0;
    for (int round = 0; round < bench.paced; ++round) {
        std::this_thread::sleep_until(begun + std::chrono::duration_cast<Clock::duration>(round * period));
        Stopwatch watch(bench.device);
        stream.chunk(watch);
        run.paced.push_back(watch.ms(0, 3));
        busy_ms += run.paced.back();
    }
    if (bench.paced > 0) {
        std::this_thread::sleep_until(begun + std::chrono::duration_cast<Clock::duration>(bench.paced * period));
        run.busy_share = busy_ms / std::chrono::duration<double, std::milli>(Clock::now() - begun).count();
    }
    return run;
}

/// A clip in one go: every latent frame sees every other, all pictures from one decode.
Run run_one_shot(const BenchNetwork& network, const ChunkBenchConfig& bench) {
    const torch::InferenceMode no_gradients;
    DitModel transformer = network.transformer;
    transformer->prepare_for_inference();
    const DitConfig& config = transformer->config();
    torch::manual_seed(3);
    const Tensor identity = random_identity(config, bench).to(bench.device);
    if (runtime_for(bench.device) != nullptr) to_channels_last(*network.codec->vae->decoder);  // as a stream's decoder does
    const VaeDecodeCall decode{.vae = network.codec->vae, .window = codec_of(bench).window};
    ReadBack read_back(bench.device);
    Run run;
    for (int round = 0; round < kOneShotWarm + bench.rounds; ++round) {
        Conditioning told = random_told(config, bench, bench.one_shot);
        told.identity = identity;
        ClipDenoiser denoiser(transformer, sampler_of(bench), {}, {.latents = bench.one_shot, .overlap = 0});
        Stopwatch watch(bench.device);
        watch.mark();
        const Tensor latents = denoiser.run({0, bench.one_shot}, told, 11);
        watch.mark();
        const Tensor pixels = decode.pixels(decode.patches(with_decode_noise(latents.to(bench.type), 0, decode.window), nullptr));
        watch.mark();
        read_back(pixels);
        watch.mark();
        const double total = watch.ms(0, 3);
        if (round < kOneShotWarm) continue;
        run.denoise.push_back(watch.ms(0, 1)), run.decode.push_back(watch.ms(1, 2)), run.read_back.push_back(watch.ms(2, 3)), run.chunk.push_back(total);
        run.first = run.chunk;
        run.clock = watch.clock();
    }
    return run;
}

double largest_error(const Tensor& got, const Tensor& want) {
    const Tensor a = got.to(torch::kCPU, torch::kDouble), b = want.to(torch::kCPU, torch::kDouble);
    return ((a - b).abs().max() / b.abs().max()).item<double>();
}

ChunkBenchResult measured(const BenchNetwork& network, const ChunkBenchConfig& config) {
    ChunkBenchResult result;
    result.config = config;
    const auto run_with = [&](bool graphs) {
        CapturedWork::enable(graphs);
        Run run = config.one_shot > 0 ? run_one_shot(network, config) : run_once(network, config);
        CapturedWork::enable(true);
        return run;
    };
    const Run run = run_with(config.graphs);
    result.stages = {figures("denoise", run.denoise), figures("decode", run.decode), figures("read back", run.read_back), figures("chunk", run.chunk)};
    result.clock = run.clock;
    const int temporal = network.codec->spec().temporal;
    const double frames = config.one_shot > 0 ? 1 + temporal * (config.one_shot - 1) : temporal * config.chunk, video_ms = 1e3 * frames / kFps;
    result.frames_per_s = 1e3 * frames / result.stages.back().p50;
    result.real_time_factor = result.stages.back().p50 / video_ms;
    result.sessions = static_cast<int>(video_ms / result.stages.back().p95);
    result.first_frame_ms = figures("", run.first).p50;
    result.live_first_frame_ms = result.first_frame_ms + video_ms + kLookAheadMs;
    result.busy_share = run.busy_share;
    if (!run.paced.empty()) {
        const StageFigures paced = figures("", run.paced);
        result.paced_p50_ms = paced.p50, result.paced_p99_ms = paced.p99;
    }
    if (DeviceRuntime* runtime = runtime_for(config.device)) result.held_mib = static_cast<double>(runtime->memory(config.device).held) / (1024.0 * 1024.0);
    if (config.one_shot > 0 || !config.graphs || !CapturedWork::wanted(config.device)) return result;
    const Run plain = run_with(false);
    for (std::size_t i = 0; i < run.latents.size(); ++i) result.replay_error = std::max(result.replay_error, largest_error(run.latents[i], plain.latents[i]));
    return result;
}

}  // namespace

std::vector<ChunkBenchResult> run_chunk_bench(const std::vector<ChunkBenchConfig>& configs) {
    std::vector<ChunkBenchResult> results;
    // Weights are made once for neighbours that differ in what does not touch them.
    std::tuple<std::string, int, int, int, int, torch::ScalarType, BenchDecoder, BenchLinears> made_for{};
    BenchNetwork network;
    for (const ChunkBenchConfig& config : configs) {
        if (config.chunk < 1 || config.window < 1 || config.steps < 1 || config.rounds < 1 || config.paced < 0 || config.one_shot < 0)
            throw Error(ErrorCode::usage, "chunk bench", "chunk, window, steps and rounds are at least 1, the rest is not negative");
        const std::tuple key{config.model, config.chunk, config.window, config.width, config.height, config.type, config.decoder, config.linears};
        if (key != made_for || network.codec == nullptr) {
            network = {};
            network = make_network(config);
            made_for = key;
        }
        results.push_back(measured(network, config));
    }
    return results;
}

std::vector<StageError> check_against_cpu(const ChunkBenchConfig& config) {
    const torch::InferenceMode no_gradients;
    DitConfig dit = transformer_of(config);
    dit.num_layers = std::min(dit.num_layers, config.linears == BenchLinears::fp8 ? kBlocksOfFp8Check : kBlocksOfCheck);
    const auto made = [&](torch::Device device, torch::ScalarType type) {
        const c10::InferenceMode normal_tensors(false);
        const torch::NoGradGuard none;
        DitModel model(dit);
        randomise(*model, torch::kCPU, torch::kFloat, 1);
        model->to(device, type);
        return model;
    };
    DitModel there_model = made(config.device, config.type);
    {
        const c10::InferenceMode normal_tensors(false);
        prepare_linears(there_model, config);
    }
    // The first chunks of two streams, each with its own past.
    Denoiser exact(made(torch::kCPU, torch::kFloat), {.steps = config.steps}), device(there_model, {.steps = config.steps});
    torch::manual_seed(3);
    StreamSetup setup;
    setup.identity = torch::randn({1, dit.in_channels, 1, 4, 6});
    const auto a = exact.start(setup), b = device.start(setup);
    double denoise = 0;
    for (int round = 0; round < 4; ++round) {
        const LatentIndex first = static_cast<LatentIndex>(round) * config.chunk;
        ChunkBenchConfig on_cpu = config;
        on_cpu.device = torch::kCPU, on_cpu.type = torch::kFloat;
        const Conditioning given = random_told(dit, on_cpu, config.chunk);
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
    const auto decoded = [&](const VaeCodec& with, const Tensor& given) {
        if (small.decoder == BenchDecoder::causal) return VaeCausalDecoder(with.vae, codec_of(small).window).push(given);
        return VaeStreamDecoder(with.vae, codec_of(small).window).push(given);
    };
    there_codec->park_encoder();
    ReferencePicture picture{.image = RgbaImage(small.width, small.height), .points = {}};
    for (std::size_t i = 0; i < picture.image.pixels.size(); ++i) picture.image.pixels[i] = static_cast<std::uint8_t>(i * 31 % 256);
    const double read = largest_error(there_codec->make_identity(picture)->latent, cpu_codec->make_identity(picture)->latent);
    const Tensor a_video = decoded(*cpu_codec, latents), b_video = decoded(*there_codec, latents.to(config.device, config.type));
    return {{"denoise, " + std::to_string(config.steps) + " steps of " + std::to_string(dit.num_layers) + " blocks", denoise}, {"decode", largest_error(b_video, a_video)}, {"read a picture, weights lent", read}};
}

}  // namespace mirrorme::cli

// The pipeline's chunks on a GPU (cli/chunk_bench.h): first that they are right, then how fast they are.
//   pipeline_speed [--device NAME] [--model NAME] [--rounds N] [--paced N] [--seconds N] [--json FILE] [--compare FILE]
// Right: steps and decode against float32 on the CPU, in float32, in bfloat16 and with e4m3 linears; latents by recorded graphs against latents without;
// what bfloat16 and e4m3 lose against float32 on the device itself, by stage.
// Fast, what matters most first: chunks of 1 latent frame with the causal and the published decoder, with and without graphs and e4m3; a clip of 121 frames in one
// go; chunks of 2 and 3. Configurations that would begin after --seconds are left out, and it says so.
// Exit code: 0 all well, 1 something is wrong, 4 there is no device.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "cli/chunk_bench.h"
#include "cli/chunk_bench_accuracy.h"
#include "core/error.h"
#include "ops/captured_work.h"
#include "ops/device.h"
#include "ops/device_runtime.h"
#include "ops/fp8_linear.h"

namespace {

using namespace mirrorme;
using namespace mirrorme::cli;

// Of the largest value. bfloat16 carries 8 bits; what 2 blocks and 45 convolutions make of it on the CPU is within these.
constexpr double kFloatBound = 2e-3, kBrainBound = 0.15, kFp8Bound = 0.5, kReplayBound = 1e-2;

bool check(const ChunkBenchConfig& config, double bound) {
    bool fine = true;
    for (const StageError& error : check_against_cpu(config)) {
        const bool holds = error.relative < bound;
        fine &= holds;
        std::printf("%-8s %-36s %.2e of float32 on the CPU  %s\n", config.linears == BenchLinears::fp8 ? "fp8" : config.type == torch::kBFloat16 ? "bf16" : "f32", error.stage.c_str(), error.relative, holds ? "holds" : "FAILS");
        std::fflush(stdout);
    }
    return fine;
}

/// Whether the setting "memory of the GPU" is kept: a quarter of a GiB above what is held, half a GiB is refused, and without the limit it is given.
bool check_memory_limit(torch::Device device) {
    DeviceRuntime* runtime = runtime_for(device);
    if (runtime == nullptr) {
        std::puts("limit of memory: nothing to check without libmirrorme-cuda.so");
        return true;
    }
    constexpr std::int64_t kMiB = 1 << 20;
    const auto given = [&] {
        try {
            return torch::empty({512 * kMiB}, torch::TensorOptions(torch::kByte).device(device)).defined();
        } catch (const c10::OutOfMemoryError&) {
            return false;
        }
    };
    const DeviceRuntime::Memory before = runtime->memory(device);
    runtime->limit_memory(device, before.held + 256 * kMiB);
    const bool refused = !given();
    runtime->limit_memory(device, before.total);
    const bool fine = refused && given() && runtime->memory(device).held >= before.held && before.free > 0 && before.free <= before.total;
    std::printf("limit of memory: %lld MiB held, %lld of %lld MiB free  %s\n", static_cast<long long>(before.held / kMiB), static_cast<long long>(before.free / kMiB),
                static_cast<long long>(before.total / kMiB), fine ? "holds" : "FAILS");
    return fine;
}

/// What is measured, what matters most first.
std::vector<ChunkBenchConfig> configurations(const ChunkBenchConfig& base, bool graphs, bool fp8, int paced) {
    std::vector<ChunkBenchConfig> all;
    const auto add = [&](int chunk, BenchDecoder decoder, BenchLinears linears, bool with_graphs) {
        if ((with_graphs && !graphs) || (linears == BenchLinears::fp8 && !fp8)) return;
        ChunkBenchConfig config = base;
        config.chunk = chunk, config.decoder = decoder, config.linears = linears, config.graphs = with_graphs;
        config.paced = chunk == 1 && with_graphs == graphs ? paced : 0;
        all.push_back(config);
    };
    using enum BenchDecoder;
    using enum BenchLinears;
    for (const BenchDecoder decoder : {causal, windowed}) {
        add(1, decoder, plain, true);
        add(1, decoder, plain, false);
        ChunkBenchConfig clip = base;
        clip.decoder = decoder, clip.one_shot = 16, clip.graphs = false, clip.rounds = std::max(1, base.rounds / 12);
        all.push_back(clip);
    }
    add(1, causal, BenchLinears::fp8, true);
    add(1, causal, BenchLinears::fp8, false);
    for (const int chunk : {2, 3}) {
        add(chunk, causal, plain, true);
        add(chunk, causal, plain, false);
        add(chunk, windowed, plain, true);
        add(chunk, causal, BenchLinears::fp8, true);
    }
    return all;
}

}  // namespace

int main(int argc, char** argv) try {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    std::map<std::string, std::string> options{{"--device", "cuda"}, {"--model", "ltx-2b"}, {"--rounds", "60"}, {"--paced", "24"}, {"--seconds", "240"}, {"--json", ""}, {"--compare", ""}};
    for (int i = 1; i < argc; i += 2) {
        if (!options.contains(argv[i]) || i + 1 == argc) {
            std::fprintf(stderr, "error: %s is unknown or has no value\n", argv[i]);
            return 2;
        }
        options[argv[i]] = argv[i + 1];
    }
    ChunkBenchConfig config{.model = options["--model"], .rounds = std::atoi(options["--rounds"].c_str())};
    try {
        config.device = open_device(options["--device"]);
    } catch (const Error& error) {
        std::printf("skipped: %s\n", error.what());
        return 4;
    }
    if (config.model == "small") config.width = 128, config.height = 64;

    ChunkBenchConfig exact = config, brain = config, bytes = config;
    brain.type = bytes.type = torch::kBFloat16;
    bytes.linears = BenchLinears::fp8;
    bool fine = check_memory_limit(config.device);
    fine = check(exact, kFloatBound) && fine;
    fine = check(brain, kBrainBound) && fine;
    const std::string no_fp8 = why_no_fp8(config.device);
    if (no_fp8.empty()) fine = check(bytes, kFp8Bound) && fine;
    else std::printf("without e4m3: %s\n", no_fp8.c_str());

    std::vector<ChunkBenchResult> results;
    const double limit = std::atof(options["--seconds"].c_str());
    const auto spent = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    const bool graphs_here = CapturedWork::wanted(config.device);
    for (const ChunkBenchConfig& one : configurations(brain, graphs_here, no_fp8.empty(), std::atoi(options["--paced"].c_str()))) {
        if (spent() > limit) {
            std::printf("left out for want of time: %s\n", name_of(one).c_str());
            continue;
        }
        const std::vector<ChunkBenchResult> made = run_chunk_bench({one});
        results.push_back(made.front());
        if (made.front().replay_error > kReplayBound) fine = false;
    }
    nlohmann::json earlier;
    if (!options["--compare"].empty()) earlier = nlohmann::json::parse(std::ifstream(options["--compare"]), nullptr, /*allow_exceptions=*/false);
    std::printf("\n%s", as_table(results, earlier).c_str());
    nlohmann::ordered_json report = to_json(results);
    if (no_fp8.empty() && spent() <= limit) {
        ChunkBenchConfig narrow = brain;  // all blocks, fewer tokens: float32 beside the others is for accuracy, not for speed
        narrow.width = std::min(narrow.width, 384), narrow.height = std::min(narrow.height, 256);
        const std::vector<AccuracyRow> rows = measure_accuracy(narrow);
        std::printf("\n%s", as_table(rows).c_str());
        report["accuracy"] = to_json(rows);
    }
    if (!options["--json"].empty()) std::ofstream(options["--json"]) << report.dump(2) << '\n';
    if (!graphs_here) std::puts("no graphs: libmirrorme-cuda.so was not loaded, or the device is a CPU");
    return fine ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
}

// The pipeline's chunks on a GPU (cli/chunk_bench.h): first that they are right, then how fast they are.
//   pipeline_speed [--device NAME] [--model NAME] [--rounds N] [--seconds N] [--json FILE] [--compare FILE]
// Right: steps and decode against float32 on the CPU, in float32 and in bfloat16; latents by recorded graphs against latents without.
// Fast: chunks of 1, 2 and 3 latent frames, without and with graphs; configurations that would begin after --seconds are left out, and it says so.
// Exit code: 0 all well, 1 something is wrong, 4 there is no device.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <map>
#include <string>

#include "cli/chunk_bench.h"
#include "core/error.h"
#include "ops/captured_work.h"
#include "ops/device.h"

namespace {

using namespace mirrorme;
using namespace mirrorme::cli;

// Of the largest value. bfloat16 carries 8 bits; what 2 blocks and 45 convolutions make of it on the CPU is within these.
constexpr double kFloatBound = 2e-3, kBrainBound = 0.15, kReplayBound = 1e-2;

bool check(const ChunkBenchConfig& config, double bound) {
    bool fine = true;
    for (const StageError& error : check_against_cpu(config)) {
        const bool holds = error.relative < bound;
        fine &= holds;
        std::printf("%-8s %-36s %.2e of float32 on the CPU  %s\n", config.type == torch::kBFloat16 ? "bf16" : "f32", error.stage.c_str(), error.relative, holds ? "holds" : "FAILS");
        std::fflush(stdout);
    }
    return fine;
}

}  // namespace

int main(int argc, char** argv) try {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    std::map<std::string, std::string> options{{"--device", "cuda"}, {"--model", "ltx-2b"}, {"--rounds", "60"}, {"--seconds", "240"}, {"--json", ""}, {"--compare", ""}};
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

    ChunkBenchConfig exact = config, brain = config;
    brain.type = torch::kBFloat16;
    bool fine = check(exact, kFloatBound);
    fine = check(brain, kBrainBound) && fine;

    std::vector<ChunkBenchResult> results;
    const double limit = std::atof(options["--seconds"].c_str());
    const bool graphs_here = CapturedWork::wanted(config.device);
    for (const int chunk : {1, 2, 3})
        for (const bool graphs : {false, true}) {
            if (graphs && !graphs_here) continue;
            if (std::chrono::duration<double>(Clock::now() - begin).count() > limit) {
                std::printf("left out for want of time: chunks of %d %s\n", chunk, graphs ? "with graphs" : "without");
                continue;
            }
            brain.chunk = chunk, brain.graphs = graphs;
            const std::vector<ChunkBenchResult> one = run_chunk_bench({brain});
            results.insert(results.end(), one.begin(), one.end());
            if (one.front().replay_error > kReplayBound) fine = false;
        }
    nlohmann::json earlier;
    if (!options["--compare"].empty()) earlier = nlohmann::json::parse(std::ifstream(options["--compare"]), nullptr, /*allow_exceptions=*/false);
    std::printf("\n%s", as_table(results, earlier).c_str());
    if (!options["--json"].empty()) std::ofstream(options["--json"]) << to_json(results).dump(2) << '\n';
    if (!graphs_here) std::puts("no graphs: libmirrorme-cuda.so was not loaded, or the device is a CPU");
    return fine ? 0 : 1;
} catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
}

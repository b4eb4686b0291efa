#pragma once
// How fast one chunk is made, stage by stage, by a transformer and an autoencoder of a published size with random weights: speed does not depend on
// their values, so no file is needed. Sound and sessions are not in it: features are random, pictures end in host memory. No command line here.

#include <torch/torch.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace mirrorme::cli {

enum class BenchDecoder { windowed, causal };  // as published; the same layers looking back alone, each latent decoded once
enum class BenchLinears { plain, fp8 };        // in the type of all; those of Note [Which linears are e4m3] in e4m3

struct ChunkBenchConfig {
    std::string model = "ltx-2b";  // ltx-2b: LTX-Video 2B with autoencoder 0.9.5; small: a few blocks, for trials
    torch::Device device = torch::kCPU;
    torch::ScalarType type = torch::kFloat;
    bool graphs = true;
    int width = 768, height = 512;  // pixels, multiples of 32
    int chunk = 1;                  // latent frames
    int window = 2;                 // latent frames that a chunk sees
    BenchDecoder decoder = BenchDecoder::windowed;
    int context_back = 3;           // latents that a decode window decodes again
    BenchLinears linears = BenchLinears::plain;
    int steps = 4;
    int rounds = 30;                // chunks that count, after those that fill the stream and let graphs be recorded
    int paced = 0;                  // chunks made at 24 frames a second after those, for the share of the device that a stream takes
    int one_shot = 0;               // > 0: a clip of so many latent frames in one go instead of chunks; 16 are 121 frames
};

struct StageFigures {
    std::string stage;  // denoise, decode, read back, chunk (all three)
    double p50 = 0, p95 = 0, p99 = 0, max = 0;  // ms
};

struct ChunkBenchResult {
    ChunkBenchConfig config;
    std::vector<StageFigures> stages;
    double frames_per_s = 0;       // of the median chunk
    double real_time_factor = 0;   // at 24 frames a second
    int sessions = 0;              // streams at 24 frames a second that 95 of 100 chunks leave time for
    double first_frame_ms = 0;     // of a new stream whose sound is known: compute alone
    double live_first_frame_ms = 0;  // with the wait for the chunk's sound and for the look-ahead
    double busy_share = 0;         // of the time while chunks came at 24 frames a second; 0: not measured
    double paced_p50_ms = 0, paced_p99_ms = 0;  // of those chunks
    double held_mib = 0;           // device memory that tensors took, 0 on the CPU
    double replay_error = 0;       // largest difference of the latents of this run and of one without graphs, over their largest; 0 without graphs
    std::string clock;             // what measured: "device events" or "host"
};

/// One configuration after the other, each with the same random weights and inputs. Throws Error usage for what cannot be.
std::vector<ChunkBenchResult> run_chunk_bench(const std::vector<ChunkBenchConfig>& configs);

nlohmann::ordered_json to_json(const std::vector<ChunkBenchResult>& results);
/// `earlier`: what to_json() gave, or null; the same configuration's median chunk stands beside ours.
std::string as_table(const std::vector<ChunkBenchResult>& results, const nlohmann::json& earlier);

/// Short and complete: what a stored report is found by.
std::string name_of(const ChunkBenchConfig& config);

/// How far one call of the transformer (few blocks, full width) and one window of the decoder on `device` in `type` lie from float32 on the CPU:
/// largest difference over the largest value, by stage.
struct StageError {
    std::string stage;
    double relative = 0;
};
std::vector<StageError> check_against_cpu(const ChunkBenchConfig& config);

}  // namespace mirrorme::cli

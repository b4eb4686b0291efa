#include "cli/chunk_bench_command.h"

#include <cstdio>
#include <filesystem>

#include "cli/chunk_bench.h"
#include "cli/chunk_bench_accuracy.h"
#include "core/error.h"
#include "core/json_fields.h"
#include "engine/device_thread.h"
#include "ops/device.h"

namespace mirrorme::cli {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t kReportLimit = 16 << 20;  // bytes

class ChunkBenchCommand final : public Subcommand {
public:
    explicit ChunkBenchCommand(CLI::App& bench)
        : Subcommand(bench.add_subcommand("chunk", "Measure how fast chunks are made by a transformer and an autoencoder of a published size, with random weights.")) {
        app_->footer(
            "From features to pictures in host memory; sound is not in it. A chunk sees the reference picture, the anchor and the window. 'sessions' are those at 24\n"
            "frames a second that 95 of 100 chunks leave time for; 'first' is a new stream's first picture with its sound known, 'live first' with the wait for the\n"
            "sound; 'busy' the share of the time while chunks come at 24 frames a second (--paced); 'replay' how far latents made with recorded graphs lie from those\n"
            "made without; 'before' compares the median chunk with an earlier report.\n"
            "Examples:\n"
            "  mirrorme bench chunk --device cuda --dtype bf16 --chunks 1,2,3 --json > today.json\n"
            "  mirrorme bench chunk --device cuda --dtype bf16 --compare today.json\n"
            "  mirrorme bench chunk --device cuda --dtype bf16 --decoder causal --linears fp8 --accuracy\n"
            "  mirrorme bench chunk --device cuda --dtype bf16 --one-shot 16      121 frames in one go\n"
            "  mirrorme bench chunk --model small --width 128 --height 64 --rounds 3      a trial on any machine");
        app_->add_option("--model", model_, "ltx-2b or small.")->check(CLI::IsMember({"ltx-2b", "small"}))->capture_default_str()->type_name("NAME");
        app_->add_option("--device", device_, "cpu, cuda or cuda:N.")->capture_default_str()->type_name("NAME");
        app_->add_option("--dtype", type_, "What it is computed in.")->check(CLI::IsMember({"f32", "bf16"}))->capture_default_str()->type_name("NAME");
        app_->add_option("--chunks", chunks_, "Latent frames of a chunk.")->delimiter(',')->allow_extra_args(false)->check(CLI::Range(1, 64))->capture_default_str()->type_name("N,...");
        app_->add_option("--window", window_, "Latent frames that a chunk sees.")->check(CLI::Range(1, 64))->capture_default_str()->type_name("N");
        app_->add_option("--back", back_, "Latents that a decode window decodes again.")->check(CLI::Range(1, 64))->capture_default_str()->type_name("N");
        app_->add_option("--decoder", decoder_, "windowed: as published. causal: the same layers looking back alone, each latent decoded once.")
            ->check(CLI::IsMember({"windowed", "causal"}))
            ->capture_default_str()
            ->type_name("NAME");
        app_->add_option("--linears", linears_, "plain: in --dtype. fp8: self-attention's projections and the feed-forward in e4m3, scaled by row.")
            ->check(CLI::IsMember({"plain", "fp8"}))
            ->capture_default_str()
            ->type_name("NAME");
        app_->add_option("--paced", paced_, "Chunks made at 24 frames a second after those, to see what share of the device a stream takes.")
            ->check(CLI::Range(0, 100000))
            ->capture_default_str()
            ->type_name("N");
        app_->add_option("--one-shot", one_shot_, "A clip of so many latent frames in one go, instead of chunks.")->check(CLI::Range(2, 256))->type_name("N");
        app_->add_option("--steps", steps_, "Steps of the sampler.")->check(CLI::Range(1, 1000))->capture_default_str()->type_name("N");
        app_->add_option("--width", width_, "Pixels of a frame.")->check(CLI::Range(32, 4096))->capture_default_str()->type_name("N");
        app_->add_option("--height", height_, "Pixels of a frame.")->check(CLI::Range(32, 4096))->capture_default_str()->type_name("N");
        app_->add_option("--rounds", rounds_, "Chunks that are measured.")->check(CLI::Range(1, 100000))->capture_default_str()->type_name("N");
        app_->add_flag("--eager", eager_, "Without recorded graphs (default: both ways where there are graphs).");
        app_->add_flag("--check", check_, "Also compare with float32 on the CPU, few blocks at full width.");
        app_->add_flag("--accuracy", accuracy_, "Also what bf16 and fp8 lose against float32, stage by stage, with the same weights and inputs on --device.");
        app_->add_option("--compare", compare_, "An earlier report (--json).")->type_name("FILE");
        app_->add_flag("--json", json_, "As JSON.");
    }

    int run() override {
        prepare_device_thread();
        nlohmann::json earlier;
        if (!compare_.empty()) {
            earlier = nlohmann::json::parse(read_text_file(compare_, kReportLimit), nullptr, /*allow_exceptions=*/false);
            if (!earlier.is_object() || !earlier.contains("chunk_bench"))
                throw Error(ErrorCode::unreadable, compare_.string(), "is no report of 'mirrorme bench chunk'", "Make one with --json.");
        }
        ChunkBenchConfig config{.model = model_, .device = open_device(device_), .type = type_ == "bf16" ? torch::kBFloat16 : torch::kFloat, .width = width_, .height = height_,
                                .window = window_, .decoder = decoder_ == "causal" ? BenchDecoder::causal : BenchDecoder::windowed, .context_back = back_,
                                .linears = linears_ == "fp8" ? BenchLinears::fp8 : BenchLinears::plain, .steps = steps_, .rounds = rounds_, .paced = paced_};
        std::vector<ChunkBenchConfig> configs;
        for (const int chunk : chunks_) {
            if (one_shot_ > 0) break;
            config.chunk = chunk;
            for (const bool graphs : {false, true}) {
                if (graphs && (eager_ || config.device.is_cpu())) continue;
                config.graphs = graphs;
                configs.push_back(config);
            }
        }
        if (one_shot_ > 0) config.one_shot = one_shot_, config.graphs = false, configs.push_back(config);
        const std::vector<ChunkBenchResult> results = run_chunk_bench(configs);
        nlohmann::ordered_json report = to_json(results);
        std::string text = as_table(results, earlier);
        if (check_) {
            text += '\n';
            for (const StageError& error : check_against_cpu(config)) {
                report["against_float32_on_the_cpu"][error.stage] = error.relative;
                char line[160];
                std::snprintf(line, sizeof line, "%-48s %.2e of float32 on the CPU\n", error.stage.c_str(), error.relative);
                text += line;
            }
        }
        if (accuracy_) {
            const std::vector<AccuracyRow> rows = measure_accuracy(config);
            report["accuracy"] = to_json(rows);
            text += '\n' + as_table(rows);
        }
        if (json_) std::printf("%s\n", report.dump(2).c_str());
        else std::fputs(text.c_str(), stdout);
        return exit_code(ErrorCode::none);
    }

private:
    std::string model_ = "ltx-2b", device_ = "cpu", type_ = "f32", decoder_ = "windowed", linears_ = "plain";
    std::vector<int> chunks_{1};
    int window_ = 2, back_ = 3, steps_ = 4, width_ = 768, height_ = 512, rounds_ = 30, paced_ = 0, one_shot_ = 0;
    bool eager_ = false, check_ = false, accuracy_ = false, json_ = false;
    fs::path compare_;
};

}  // namespace

std::unique_ptr<Subcommand> make_chunk_bench(CLI::App& bench) { return std::make_unique<ChunkBenchCommand>(bench); }

}  // namespace mirrorme::cli

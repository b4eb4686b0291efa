#include "cli/chunk_bench_command.h"

#include <cstdio>
#include <filesystem>

#include "cli/chunk_bench.h"
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
            "From features to pictures in host memory; sound is not in it. A chunk sees the reference picture, the anchor and the window. 'replay' is how far latents\n"
            "made with recorded graphs lie from those made without; 'before' compares the median chunk with an earlier report.\n"
            "Examples:\n"
            "  mirrorme bench chunk --device cuda --dtype bf16 --chunks 1,2,3 --json > today.json\n"
            "  mirrorme bench chunk --device cuda --dtype bf16 --compare today.json\n"
            "  mirrorme bench chunk --model small --width 128 --height 64 --rounds 3      a trial on any machine");
        app_->add_option("--model", model_, "ltx-2b or small.")->check(CLI::IsMember({"ltx-2b", "small"}))->capture_default_str()->type_name("NAME");
        app_->add_option("--device", device_, "cpu, cuda or cuda:N.")->capture_default_str()->type_name("NAME");
        app_->add_option("--dtype", type_, "What it is computed in.")->check(CLI::IsMember({"f32", "bf16"}))->capture_default_str()->type_name("NAME");
        app_->add_option("--chunks", chunks_, "Latent frames of a chunk.")->delimiter(',')->check(CLI::Range(1, 64))->capture_default_str()->type_name("N,...");
        app_->add_option("--window", window_, "Latent frames that a chunk sees.")->check(CLI::Range(1, 64))->capture_default_str()->type_name("N");
        app_->add_option("--back", back_, "Latents that a decode window decodes again.")->check(CLI::Range(1, 64))->capture_default_str()->type_name("N");
        app_->add_option("--steps", steps_, "Steps of the sampler.")->check(CLI::Range(1, 1000))->capture_default_str()->type_name("N");
        app_->add_option("--width", width_, "Pixels of a frame.")->check(CLI::Range(32, 4096))->capture_default_str()->type_name("N");
        app_->add_option("--height", height_, "Pixels of a frame.")->check(CLI::Range(32, 4096))->capture_default_str()->type_name("N");
        app_->add_option("--rounds", rounds_, "Chunks that are measured.")->check(CLI::Range(1, 100000))->capture_default_str()->type_name("N");
        app_->add_flag("--eager", eager_, "Without recorded graphs (default: both ways where there are graphs).");
        app_->add_flag("--check", check_, "Also compare with float32 on the CPU, few blocks at full width.");
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
                                .window = window_, .context_back = back_, .steps = steps_, .rounds = rounds_};
        std::vector<ChunkBenchConfig> configs;
        for (const int chunk : chunks_) {
            config.chunk = chunk;
            for (const bool graphs : {false, true}) {
                if (graphs && (eager_ || config.device.is_cpu())) continue;
                config.graphs = graphs;
                configs.push_back(config);
            }
        }
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
        if (json_) std::printf("%s\n", report.dump(2).c_str());
        else std::fputs(text.c_str(), stdout);
        return exit_code(ErrorCode::none);
    }

private:
    std::string model_ = "ltx-2b", device_ = "cpu", type_ = "f32";
    std::vector<int> chunks_{1};
    int window_ = 2, back_ = 3, steps_ = 4, width_ = 768, height_ = 512, rounds_ = 30;
    bool eager_ = false, check_ = false, json_ = false;
    fs::path compare_;
};

}  // namespace

std::unique_ptr<Subcommand> make_chunk_bench(CLI::App& bench) { return std::make_unique<ChunkBenchCommand>(bench); }

}  // namespace mirrorme::cli

#include "cli/context_bench.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/error.h"
#include "core/platform/process.h"
#include "denoise/denoiser.h"
#include "published/load_module.h"

namespace mirrorme::cli {
namespace {

using torch::Tensor;

constexpr std::uint64_t kSeed = 3;
constexpr double kFeedForward = 8, kProjections = 4;  // weights of a block over width^2

/// Floating point operations of one call: `queries` tokens run through the blocks, each seeing `keys` tokens. Projections, attention, feed-forward; two a multiplication.
double call_flops(const DitConfig& config, double queries, double keys) {
    const double width = config.width();
    const double block = 2 * queries * (kProjections + kFeedForward) * width * width + 4 * queries * keys * width;
    const double ends = 2 * queries * width * (config.in_channels + config.out_channels);
    return config.num_layers * block + ends;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

class ContextBench final : public Subcommand {
public:
    explicit ContextBench(CLI::App& bench)
        : Subcommand(bench.add_subcommand("context", "Measure what a stream's cached context saves against running the context again for every chunk.")) {
        app_->footer(
            "A transformer of LTX-Video's width with random weights and nothing but pictures to see. A cached chunk is its steps and the call that remembers it; the other\n"
            "way a chunk is its steps, each over reference picture, anchor, window and chunk. Both are run in turn; processor time, median.\n"
            "Example: mirrorme bench context --width 512 --height 512 --rounds 5");
        app_->add_option("--blocks", blocks_, "Blocks of the transformer.")->check(CLI::Range(1, 64))->capture_default_str()->type_name("N");
        app_->add_option("--chunk", chunk_, "Latent frames of a chunk.")->check(CLI::Range(1, 64))->capture_default_str()->type_name("N");
        app_->add_option("--window", window_, "Latent frames before the chunk that it sees.")->check(CLI::Range(1, 64))->capture_default_str()->type_name("N");
        app_->add_option("--steps", steps_, "Steps of the sampler.")->check(CLI::Range(1, 100))->capture_default_str()->type_name("N");
        app_->add_option("--width", width_, "Pixels of a frame.")->check(CLI::Range(32, 4096))->capture_default_str()->type_name("N");
        app_->add_option("--height", height_, "Pixels of a frame.")->check(CLI::Range(32, 4096))->capture_default_str()->type_name("N");
        app_->add_option("--heads", heads_, "Attention heads of 64 channels.")->check(CLI::Range(1, 64))->capture_default_str()->type_name("N");
        app_->add_option("--rounds", rounds_, "Chunks that are measured each way.")->check(CLI::Range(1, 1000))->capture_default_str()->type_name("N");
        app_->add_option("--dtype", type_, "What it is computed in.")->check(CLI::IsMember({"f32", "bf16"}))->capture_default_str()->type_name("NAME");
        app_->add_option("--threads", threads_, "Processor threads.")->check(CLI::Range(1, 512))->capture_default_str()->type_name("N");
        app_->add_flag("--json", json_, "As JSON.");
    }

    int run() override {
        torch::NoGradGuard no_grad;
        at::set_num_threads(threads_);
        torch::manual_seed(kSeed);
        const DitConfig config = transformer();
        DitModel model = made(config);
        const int64_t h = height_ / config.grid.spatial_stride, w = width_ / config.grid.spatial_stride, frames = 2 + window_ + chunk_;
        const double per_frame = static_cast<double>(h * w), own = per_frame * chunk_, all = per_frame * static_cast<double>(frames);

        Denoiser denoiser(model, {.schedule = Schedule::linear_quadratic, .steps = steps_});
        StreamSetup setup;
        setup.identity = torch::randn({1, config.in_channels, 1, h, w});
        const auto cache = denoiser.start(setup);
        LatentIndex next = 0;
        const auto stream = [&] {
            denoiser.run({next, next + chunk_}, {}, *cache, kSeed);
            next += chunk_;
        };
        DitPass pass;  // reference picture, then anchor, window and chunk as frames of their own times
        pass.conditioning.identity = setup.identity;
        pass.noisy = torch::randn({1, config.in_channels, frames - 1, h, w});
        pass.time = torch::cat({torch::zeros({1, frames - 1 - chunk_}), torch::full({1, chunk_}, 0.5)}, 1);
        pass.context = config.context;
        pass.context->mode = AttentionMode::bidirectional;
        const auto again = [&] {
            for (int step = 0; step < steps_; ++step) model->forward(pass);
        };
        while (next <= window_ + 1) stream();  // the context is full from here on
        again();

        std::vector<double> cached, recomputed;
        const auto timed = [](const auto& work) {
            const double before = platform::process_cpu_seconds();
            work();
            return platform::process_cpu_seconds() - before;
        };
        for (int round = 0; round < rounds_; ++round) {
            cached.push_back(timed(stream));
            recomputed.push_back(timed(again));
        }
        const double flops_cached = (steps_ + 1) * call_flops(config, own, all), flops_again = steps_ * call_flops(config, all, all);
        const double in_theory = 1 - flops_cached / flops_again, measured = 1 - median(cached) / median(recomputed);
        report({{"tokens_of_a_frame", h * w}, {"frames_seen", frames}, {"cached_s", median(cached)}, {"recomputed_s", median(recomputed)}, {"cached_tflop", flops_cached / 1e12},
                {"recomputed_tflop", flops_again / 1e12}, {"saving_in_theory", in_theory}, {"saving_measured", measured}, {"reached", measured / in_theory}});
        return exit_code(ErrorCode::none);
    }

private:
    DitConfig transformer() const {
        DitConfig config = ltx_2b_config();
        config.num_layers = blocks_;
        config.num_attention_heads = heads_;
        config.cross_attention_dim = config.width();
        config.caption_channels = 0;
        config.context = {.mode = AttentionMode::block_causal, .chunk = chunk_, .window = window_, .anchor = true};
        for (const auto& [name, pixels] : {std::pair{"--width", width_}, std::pair{"--height", height_}})
            if (pixels % config.grid.spatial_stride != 0) throw Error(ErrorCode::usage, name, "is no multiple of " + std::to_string(config.grid.spatial_stride), "The autoencoder works in cells of that size.");
        return config;
    }

    DitModel made(const DitConfig& config) const {
        const DefaultType type(type_ == "bf16" ? torch::kBFloat16 : torch::kFloat);
        return DitModel(config);
    }

    void report(const nlohmann::ordered_json& r) const {
        if (json_) {
            std::printf("%s\n", r.dump(2).c_str());
            return;
        }
        std::printf("%d tokens a latent frame, %d latent frames seen, %d steps\n", r["tokens_of_a_frame"].get<int>(), r["frames_seen"].get<int>(), steps_);
        std::printf("%-28s %10s %10s\n%-28s %10.3f %10.3f\n%-28s %10.3f %10.3f\n", "a chunk", "TFLOP", "s", "context run again", r["recomputed_tflop"].get<double>(), r["recomputed_s"].get<double>(),
                    "context cached", r["cached_tflop"].get<double>(), r["cached_s"].get<double>());
        std::printf("saving: in theory %.1f %%, measured %.1f %%: %.1f %% of it\n", 100 * r["saving_in_theory"].get<double>(), 100 * r["saving_measured"].get<double>(), 100 * r["reached"].get<double>());
    }

    int blocks_ = 2, chunk_ = 1, window_ = 6, steps_ = 4, width_ = 512, height_ = 512, heads_ = 32, rounds_ = 5, threads_ = 1;
    bool json_ = false;
    std::string type_ = "f32";
};

}  // namespace

std::unique_ptr<Subcommand> make_context_bench(CLI::App& bench) { return std::make_unique<ContextBench>(bench); }

}  // namespace mirrorme::cli

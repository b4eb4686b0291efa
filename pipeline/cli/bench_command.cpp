#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>

#include "cli/bench_run.h"
#include "cli/chunk_bench_command.h"
#include "cli/context_bench.h"
#include "cli/engine_choice.h"
#include "cli/settings_options.h"
#include "cli/subcommand.h"
#include "core/error.h"
#include "core/files.h"
#include "core/platform/cpu.h"
#ifdef MIRRORME_HAS_MEDIA
#include "cli/decode_bench.h"
#include "media/audio_reader.h"
#endif

namespace mirrorme::cli {
namespace fs = std::filesystem;
namespace {

/// The first of the pictures that come with the program.
fs::path default_picture() {
    std::vector<fs::path> pictures;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(find_data_dir() / "avatars", ignored))
        if (entry.path().extension() == ".png") pictures.push_back(entry.path());
    if (pictures.empty()) throw Error(ErrorCode::not_found, (find_data_dir() / "avatars").string(), "holds no picture", "Name one with --image.");
    return *std::min_element(pictures.begin(), pictures.end());
}

/// The demo's sentences over and over, which move a model as people do; sound that only looks like speech where they cannot be read.
std::vector<float> bench_voice(double seconds, Rational& sample_rate) {
#ifdef MIRRORME_HAS_MEDIA
    const fs::path file = find_data_dir() / "demo" / "hello.flac";
    if (fs::exists(file)) {
        int rate = 0;
        const std::vector<float> spoken = read_audio_mono(file.string(), rate);
        sample_rate = {rate, 1};
        std::vector<float> sound(static_cast<std::size_t>(seconds * rate));
        for (std::size_t i = 0; i < sound.size(); ++i) sound[i] = spoken[i % spoken.size()];
        return sound;
    }
#endif
    return speech_like_sound(static_cast<int>(sample_rate.num / sample_rate.den), seconds);
}

class BenchCommand final : public Subcommand {
public:
    explicit BenchCommand(CLI::App& program)
        : Subcommand(program.add_subcommand("bench", "Measure how fast this machine makes frames, stage by stage, on one thread.")) {
        app_->footer("Examples:\n  mirrorme bench\n  ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2 mirrorme bench --json      as an older processor would do");
        settings_.emplace(*app_, std::initializer_list<std::string_view>{"image", "bundle", "device", "device_share", "device_memory", "background", "steps", "scale"});
        engine_.declare(*app_);
        app_->add_option("--seconds", seconds_, "Length of the run.")->check(CLI::Range(1.0, 3600.0))->capture_default_str()->type_name("X");
        app_->add_flag("--json", json_, "As JSON.");
        chunk_ = make_chunk_bench(*app_);
        context_ = make_context_bench(*app_);
#ifdef MIRRORME_HAS_MEDIA
        decode_ = make_decode_bench(*app_);
#endif
    }

    int run() override {
        if (decode_ && decode_->app()->parsed()) return decode_->run();
        if (chunk_->app()->parsed()) return chunk_->run();
        if (context_->app()->parsed()) return context_->run();
        using Clock = std::chrono::steady_clock;
        SessionConfig config;
        config.settings = settings_->settings();
        if (config.settings.image.empty() && engine_.backend == "local") config.settings.image = default_picture().string();
        config.picture.path = config.settings.image;

        const std::vector<float> voice = bench_voice(seconds_, config.sample_rate);

        BenchReport report;
        report.processor = platform::cpu_facts().model;
        const auto start = Clock::now();
        const std::unique_ptr<Engine> engine = open_engine(engine_, config.settings);
        report.load_s = std::chrono::duration<double>(Clock::now() - start).count();
        report.engine = engine->info();
        run_bench(*engine, config, voice, report);
        if (json_) std::printf("%s\n", to_json(report).dump(2).c_str());
        else std::fputs(as_table(report).c_str(), stdout);
        return 0;
    }

private:
    std::optional<SettingsOptions> settings_;
    EngineOptions engine_;
    double seconds_ = 30;
    bool json_ = false;
    std::unique_ptr<Subcommand> chunk_;   // `bench chunk`
    std::unique_ptr<Subcommand> context_;  // `bench context`
    std::unique_ptr<Subcommand> decode_;  // `bench decode`; null in builds that read no pictures
};

}  // namespace

std::unique_ptr<Subcommand> make_bench_command(CLI::App& program) { return std::make_unique<BenchCommand>(program); }

}  // namespace mirrorme::cli

#include "cli/train_command.h"

#include <string>
#include <utility>
#include <vector>

#include "cli/train_data_command.h"
#include "core/error.h"
#include "core/log.h"
#include "core/platform/terminal.h"
#include "train/bundle_export.h"
#include "train/device.h"
#ifdef MIRRORME_HAS_MEDIA
#include "train/preview_files.h"
#endif
#include "train/stages.h"

namespace mirrorme::cli {
namespace {

/// What the options are parsed into.
struct TrainArguments {
    StageRequest request;
    std::string device = "cpu", export_state, from_state;
    int threads = 1;
    bool resume = false;
};

void add_length_options(CLI::App& command, TrainArguments& a) {
    command.add_option("--minutes", a.request.minutes, "train each part this long, all sessions together")->check(CLI::Range(1e-3, 1e6));
    command.add_option("--steps", a.request.steps, "train each part for this many steps")->check(CLI::Range(1, 1'000'000'000));
    command.add_option("--seed", a.request.seed, "of weights, noise and dropout");
    command.add_option("--data-seed", a.request.data_seed, "of characters, speech and pictures");
    command.add_option("--precision", a.request.precision, "f32 or bf16 (autocast); default: what the config says, and f32 on processors without bf16")->check(CLI::IsMember({"f32", "bf16"}));
}

void add_machine_options(CLI::App& command, TrainArguments& a) {
    command.add_option("--device", a.device, "cpu, cuda or cuda:N")->capture_default_str();
    command.add_option("--threads", a.threads, "CPU threads of the training step")->capture_default_str()->check(CLI::Range(1, 512));
    command.add_option("--data-threads", a.request.data_threads, "threads that draw data")->check(CLI::Range(1, 256));
}

/// `mirrorme train face ...`: one stage.
class StageCommand {
public:
    StageCommand(CLI::App& train, const Stage& stage) : stage_(stage), app_(train.add_subcommand(stage.name, stage.purpose)), arguments_(std::make_unique<TrainArguments>()) {
        TrainArguments& a = *arguments_;
        app_->add_option("--config", a.request.config, "what to train and how: a file of data/training/")->required();
        app_->add_option("--out", a.request.output, "folder of this stage: checkpoint, log, samples")->required();
        app_->add_option("--init", a.request.earlier, "folders of earlier stages, or a bundle; later ones hide earlier ones");
        app_->add_option("--speech", a.request.speech, "folder of speech made beforehand (train data --shards), for builds without voices");
        app_->add_option("--footage", a.request.footage, "folder of tracked videos (train data --footage), learned from beside the performers");
        app_->add_flag("--resume", a.resume, "go on from the checkpoint in --out");
        if (stage.parts.size() > 1) {
            std::vector<std::string> names;
            for (const StagePart& part : stage.parts) names.push_back(part.name);
            app_->add_option("--only", a.request.only, "train this part alone")->check(CLI::IsMember(names));
        }
        add_length_options(*app_, a);
        add_machine_options(*app_, a);
        app_->add_option("--export-state", a.export_state, "also leave a compact state here, to go on with on another machine");
        app_->add_option("--from-state", a.from_state, "start from such a state");
    }

    bool parsed() const { return app_->parsed(); }

    int run() const {
        const TrainArguments& a = *arguments_;
        const torch::Device device = open_training_device(a.device);  // before anything else asks torch about CUDA
        at::set_num_threads(a.threads);
        platform::InterruptGuard interrupt;
        RunOptions options;
        options.device = device;
        options.start = a.resume ? RunStart::resume : RunStart::fresh;
        options.export_directory = a.export_state;
        options.compact_start = a.from_state;
        options.command = command_line();
        options.hardware = describe_hardware(device, a.threads);
        options.stop_requested = [] { return platform::InterruptGuard::requested().load(); };
#ifdef MIRRORME_HAS_MEDIA
        options.write_preview = write_preview_file;
#else
        log_info("this build has no FFmpeg: no sample pictures will be written");
#endif
        run_stage(stage_, a.request, options);
        return exit_code(ErrorCode::none);  // a run that was asked to stop has left its checkpoint: nothing failed
    }

private:
    std::string command_line() const {
        std::string line = "mirrorme train " + stage_.name;
        for (const CLI::Option* option : app_->get_options()) {
            if (option->count() == 0) continue;
            line += ' ' + option->get_name();
            if (option->get_expected_max() == 0) continue;
            for (const std::string& value : option->results()) line += ' ' + value;
        }
        return line;
    }

    const Stage& stage_;
    CLI::App* app_;
    std::unique_ptr<TrainArguments> arguments_;
};

/// `mirrorme train bundle ...`: what the stages left, as a bundle.
class BundleCommand {
public:
    explicit BundleCommand(CLI::App& train) : app_(train.add_subcommand("bundle", "put what the stages left together as a bundle")), arguments_(std::make_unique<Arguments>()) {
        app_->add_option("--from", arguments_->from, "folders of stages, or a bundle; later ones hide earlier ones")->required();
        app_->add_option("--out", arguments_->request.output, "folder of the bundle; replaced in one step when it is there")->required();
        app_->add_option("--name", arguments_->request.name)->capture_default_str();
        app_->add_option("--bundle-version", arguments_->request.version)->capture_default_str();
        app_->add_option("--steps", arguments_->request.steps, "sampler step counts offered, the last is the default")->delimiter(',')->allow_extra_args(false)->check(CLI::Range(1, 100));
    }

    bool parsed() const { return app_->parsed(); }

    int run() const {
        StageWeights weights;
        for (const std::filesystem::path& folder : arguments_->from) weights.add(folder);
        export_bundle(weights, arguments_->request);
        log_info("wrote " + arguments_->request.output.string() + " from " + weights.description());
        return exit_code(ErrorCode::none);
    }

private:
    struct Arguments {
        std::vector<std::filesystem::path> from;
        BundleRequest request;
    };
    CLI::App* app_;
    std::unique_ptr<Arguments> arguments_;
};

class TrainCommand final : public Subcommand {
public:
    explicit TrainCommand(CLI::App& program) : Subcommand(program.add_subcommand("train", "Train the models this program runs")) {
        app_->require_subcommand(1);
        for (const Stage& stage : stages()) stages_.emplace_back(*app_, stage);
        bundle_ = std::make_unique<BundleCommand>(*app_);
        data_ = make_train_data_command(*app_);
    }

    int run() override {
        for (const StageCommand& stage : stages_)
            if (stage.parsed()) return stage.run();
        if (bundle_->parsed()) return bundle_->run();
        if (data_->app()->parsed()) return data_->run();
        throw Error(ErrorCode::internal, "train", "no stage was parsed");
    }

private:
    std::vector<StageCommand> stages_;
    std::unique_ptr<BundleCommand> bundle_;
    std::unique_ptr<Subcommand> data_;
};

}  // namespace

std::unique_ptr<Subcommand> make_train_command(CLI::App& program) { return std::make_unique<TrainCommand>(program); }

}  // namespace mirrorme::cli

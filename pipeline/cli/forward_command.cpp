#include <cstdio>
#include <vector>

#include "cli/subcommand.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "ops/device.h"
#include "published/forward_stages.h"

namespace mirrorme::cli {
namespace {

namespace fs = std::filesystem;

std::string stage_list() {
    std::string text = "Stages (a tensor with ? may be left out):\n";
    for (const ForwardStage& stage : forward_stages())
        text += "  " + std::string(stage.name) + "  as " + std::string(stage.follows) + "\n    in:  " + std::string(stage.inputs) + "\n    out: " + std::string(stage.outputs) + '\n';
    return text + "Example:\n  mirrorme forward vae-decode --bundle ltx --in latents.safetensors --out frames.safetensors";
}

class ForwardCommand final : public Subcommand {
public:
    explicit ForwardCommand(CLI::App& program)
        : Subcommand(program.add_subcommand("forward", "Run one stage of a bundle's model on the tensors of a file, to compare it with another implementation.")) {
        app_->footer(stage_list());
        app_->add_option("stage", stage_, "Which one; listed below.")->required()->type_name("STAGE");
        app_->add_option("--bundle", bundle_, "The model.")->required()->type_name("DIR");
        app_->add_option("--in", in_, "The stage's tensors.")->required()->type_name("FILE");
        app_->add_option("--out", out_, "Its results, in float32.")->required()->type_name("FILE");
        app_->add_option("--device", device_, "cpu, cuda or cuda:N.")->capture_default_str()->type_name("NAME");
        app_->add_option("--dtype", type_, "What it is computed in.")->check(CLI::IsMember({"f32", "bf16"}))->capture_default_str()->type_name("NAME");
        app_->add_option("--repeat", repeat_, "Run it N times more and print the seconds of processor time of each.")->check(CLI::Range(0, 10000))->type_name("N");
    }

    int run() override {
        std::vector<double> seconds(static_cast<std::size_t>(repeat_));
        const ForwardOptions options{.device = open_device(device_), .type = type_ == "bf16" ? torch::kBFloat16 : torch::kFloat, .repeats = seconds};
        if (repeat_ > 0 && !options.device.is_cpu()) throw Error(ErrorCode::usage, "--repeat", "measures processor time, and the device is " + device_, "Leave it out, or say --device cpu.");
        require_writable(out_);
        const SafetensorsFile file = SafetensorsFile::open(in_);
        TensorMap inputs;
        for (const TensorInfo& info : file.tensors()) inputs[info.name] = file.tensor(info.name);
        TensorMap results = run_stage(stage_, *Bundle::open(bundle_), StageTensors(std::move(inputs), in_.string()), options);
        std::vector<NamedTensor> named;
        for (auto& [name, tensor] : results) named.push_back({name, tensor});
        write_safetensors(out_, std::move(named), {{"stage", stage_}, {"dtype", type_}});
        log_info("wrote " + out_.string());
        for (const double s : seconds) std::printf("%.4f\n", s);
        return exit_code(ErrorCode::none);
    }

private:
    std::string stage_, device_ = "cpu", type_ = "f32";
    fs::path bundle_, in_, out_;
    int repeat_ = 0;
};

}  // namespace

std::unique_ptr<Subcommand> make_forward_command(CLI::App& program) { return std::make_unique<ForwardCommand>(program); }

}  // namespace mirrorme::cli

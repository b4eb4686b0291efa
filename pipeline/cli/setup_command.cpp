#include <chrono>
#include <filesystem>
#include <string>

#include "cli/subcommand.h"
#include "core/error.h"
#include "core/platform/child_process.h"
#include "core/platform/process.h"
#include "core/platform/terminal.h"

namespace mirrorme::cli {
namespace {

namespace fs = std::filesystem;
constexpr const char* kScript = "setup-cuda.sh";  // cmake/package/, installed beside the program

class SetupCommand final : public Subcommand {
public:
    explicit SetupCommand(CLI::App& program) : Subcommand(program.add_subcommand("setup", "Fetch what an installed MirrorMe needs for a GPU.")) {
        app_->add_flag("--cuda", cuda_, "The CUDA half of libtorch: 2.5 GB from PyPI, checked by hash, put beside the program.")->required();
    }

    int run() override {
        const fs::path script = platform::executable_path().parent_path() / kScript;
        if (!fs::exists(script))
            throw Error(ErrorCode::not_found, script.string(), "is not there: this program was built here and is not an installed one", "Run: bash cmake/setup.sh --cuda");
        const platform::InterruptGuard interrupts;
        platform::ChildProcess child({"/bin/sh", {"-c", "exec bash \"$0\" >&2", script.string()}, {}, {}});
        while (child.running(std::chrono::milliseconds(200)))
            if (platform::InterruptGuard::requested().load()) throw Error(ErrorCode::cancelled, "setup", "was interrupted", "Run it again: it begins anew");
        return child.end() == "exit code 0" ? exit_code(ErrorCode::none) : exit_code(ErrorCode::unsupported);
    }

private:
    bool cuda_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_setup_command(CLI::App& program) { return std::make_unique<SetupCommand>(program); }

}  // namespace mirrorme::cli

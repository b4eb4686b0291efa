#include "cli/program.h"

#include <algorithm>
#include <cstdio>
#include <new>
#include <string>

#include "cli/subcommand.h"
#ifdef MIRRORME_HAS_TRAINING
#include "cli/train_command.h"
#include "cli/train_eval_command.h"
#endif
#include "core/error.h"
#include "core/log.h"
#include "core/version.h"

namespace mirrorme::cli {
namespace {

constexpr const char* kAbout = "mirrorme: a voice and one picture become a talking video.";
constexpr const char* kExamples =
    "Examples:\n"
    "  mirrorme render --image me.png --audio talk.wav --out talk.mp4\n"
    "  mirrorme render --image me.png --audio talk.wav --out talk.webm --background matte\n"
    "  mirrorme doctor\n"
    "'mirrorme COMMAND --help' lists a command's options.";

void print_one_line(const std::string& message) {
    std::string line = message;
    std::replace(line.begin(), line.end(), '\n', ' ');
    while (!line.empty() && line.back() == ' ') line.pop_back();
    log_error(line);
}

std::vector<std::unique_ptr<Subcommand>> make_subcommands(CLI::App& program) {
    std::vector<std::unique_ptr<Subcommand>> commands;
#ifdef MIRRORME_HAS_MEDIA
    commands.push_back(make_render_command(program));
    commands.push_back(make_points_command(program));
#endif
#ifdef MIRRORME_HAS_SERVICE
    commands.push_back(make_serve_command(program));
#endif
    commands.push_back(make_info_command(program));
    commands.push_back(make_doctor_command(program));
    commands.push_back(make_setup_command(program));
    commands.push_back(make_bench_command(program));
    commands.push_back(make_import_command(program));
    commands.push_back(make_forward_command(program));
#ifdef MIRRORME_HAS_TRAINING
    commands.push_back(make_eval_command(program));
    commands.push_back(make_train_command(program));
#endif
    return commands;
}

int run_parsed(CLI::App& program, int argc, char** argv) {
    const auto commands = make_subcommands(program);
    if (argc <= 1) {
        std::fputs(program.help().c_str(), stderr);
        return exit_code(ErrorCode::usage);
    }
    try {
        program.parse(argc, argv);
    } catch (const CLI::Success& asked) {  // --help, --version
        return program.exit(asked);
    } catch (const CLI::ParseError& wrong) {
        const auto chosen = program.get_subcommands();
        print_one_line(std::string(wrong.what()) + ". See 'mirrorme " + (chosen.empty() ? "" : chosen.front()->get_name() + ' ') + "--help'.");
        return exit_code(ErrorCode::usage);
    }
    for (const auto& command : commands)
        if (command->app()->parsed()) return command->run();
    std::fputs(program.help().c_str(), stderr);
    return exit_code(ErrorCode::usage);
}

}  // namespace

int run_program(int argc, char** argv) noexcept {
    try {
        CLI::App program(kAbout, "mirrorme");
        program.footer(kExamples);
        program.set_version_flag("--version", "mirrorme " + std::string(version()));
        program.require_subcommand(0, 1);
        return run_parsed(program, argc, argv);
    } catch (const Error& error) {
        print_one_line(error.what());
        return exit_code(error.code());
    } catch (const std::bad_alloc&) {
        print_one_line("memory is full. Close other programs or use a smaller picture.");
    } catch (const std::exception& error) {
        // libtorch adds a backtrace after the first line.
        const std::string text = error.what();
        print_one_line("internal error: " + text.substr(0, text.find('\n')) + ". Please report it with the command you used.");
    } catch (...) {
        print_one_line("internal error of an unknown kind. Please report it with the command you used.");
    }
    return exit_code(ErrorCode::internal);
}

}  // namespace mirrorme::cli

#pragma once
// One word after `mirrorme`: its options, and what it does.

#include <CLI/CLI.hpp>

#include <memory>
#include <vector>

namespace mirrorme::cli {

class Subcommand {
public:
    virtual ~Subcommand() = default;
    /// Runs after the options have been parsed. Gives the program's exit code; throws Error.
    virtual int run() = 0;
    const CLI::App* app() const noexcept { return app_; }

protected:
    explicit Subcommand(CLI::App* app) : app_(app) {}
    CLI::App* app_;  // owned by the program's CLI::App
};

/// Each declares its options on `program`. Which of them exist depends on the options of the build.
std::unique_ptr<Subcommand> make_render_command(CLI::App& program);
std::unique_ptr<Subcommand> make_points_command(CLI::App& program);
std::unique_ptr<Subcommand> make_info_command(CLI::App& program);
std::unique_ptr<Subcommand> make_serve_command(CLI::App& program);
std::unique_ptr<Subcommand> make_doctor_command(CLI::App& program);
std::unique_ptr<Subcommand> make_bench_command(CLI::App& program);
std::unique_ptr<Subcommand> make_forward_command(CLI::App& program);
std::unique_ptr<Subcommand> make_import_command(CLI::App& program);
std::unique_ptr<Subcommand> make_setup_command(CLI::App& program);

}  // namespace mirrorme::cli

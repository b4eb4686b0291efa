#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>

#include "cli/engine_choice.h"
#include "cli/settings_options.h"
#include "cli/subcommand.h"
#include "core/error.h"
#include "core/log.h"
#include "core/platform/byte_stream.h"
#include "core/platform/process.h"
#include "core/platform/terminal.h"
#include "service/engine_server.h"

namespace mirrorme::cli {
namespace {

using namespace std::chrono_literals;

constexpr const char* kTokenVariable = "MIRRORME_TOKEN";

class ServeCommand final : public Subcommand {
public:
    explicit ServeCommand(CLI::App& program)
        : Subcommand(
              program.add_subcommand("serve", "Be the engine of programs on this machine, such as the OBS source, until interrupted.")) {
        app_->footer(std::string("A token that clients must give is read from the variable ") + kTokenVariable +
                     ", where other users cannot see it.\n"
                     "When clients can connect, one line 'listening on ADDRESS' is written to standard output.");
        app_->add_option("--listen", options_.listen, "unix:/absolute/path of the socket to be made. Nothing listens on the network.")
            ->type_name("ADDRESS")
            ->required();
        app_->add_option("--max-sessions", options_.max_sessions, "Sources served at a time; they share the weights.")
            ->check(CLI::Range(1, 256))
            ->capture_default_str();
        app_->add_flag("--until-input-ends", until_input_ends_,
                       "Also end when standard input does: an engine never outlives the program that started it.");
        settings_.emplace(*app_, std::initializer_list<std::string_view>{"bundle", "device", "device_share", "device_memory"});
        engine_.declare(*app_);
    }

    int run() override {
        const platform::InterruptGuard interrupts;
        options_.token = platform::take_environment(kTokenVariable);
        const std::unique_ptr<Engine> engine = open_engine(engine_, settings_->settings());
        const EngineServer server(*engine, options_);
        std::printf("listening on %s\n", options_.listen.c_str());
        std::fflush(stdout);
        log_info("serving " + engine->info().bundle + " on " + engine->info().device);
        wait_for_end();
        return exit_code(ErrorCode::none);
    }

private:
    void wait_for_end() const {
        const auto stop = [] { return platform::InterruptGuard::requested().load(); };
        if (!until_input_ends_) {
            while (!stop()) std::this_thread::sleep_for(100ms);
            return;
        }
        platform::ByteStream input("-");
        std::array<std::byte, 256> ignored;
        std::size_t count = 0;
        while (input.read(ignored, count, stop) == platform::ByteStream::Result::data) {
        }
    }

    ServeOptions options_;
    bool until_input_ends_ = false;
    std::optional<SettingsOptions> settings_;
    EngineOptions engine_;
};

}  // namespace

std::unique_ptr<Subcommand> make_serve_command(CLI::App& program) { return std::make_unique<ServeCommand>(program); }

}  // namespace mirrorme::cli

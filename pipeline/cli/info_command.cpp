#include <cstdio>

#include "cli/facts.h"
#include "cli/subcommand.h"

namespace mirrorme::cli {
namespace {

class InfoCommand final : public Subcommand {
public:
    explicit InfoCommand(CLI::App& program) : Subcommand(program.add_subcommand("info", "Say what is installed, or what a bundle, picture, sound or video is.")) {
        app_->footer("Examples:\n  mirrorme info                          the model, gestures and pictures that come with the program\n  mirrorme info me.png talk.wav talk.mp4");
        app_->add_option("things", paths_, "Bundle folders or files. None: what is installed.")->type_name("PATH");
        app_->add_flag("--json", json_, "As JSON.");
    }

    int run() override {
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        if (paths_.empty()) all.push_back(installed_facts());
        for (const std::string& path : paths_) all.push_back(facts_of(path));
        if (json_) {
            std::printf("%s\n", (all.size() == 1 ? all[0] : all).dump(2).c_str());
            return 0;
        }
        for (std::size_t i = 0; i < all.size(); ++i) std::printf("%s%s", i ? "\n" : "", as_text(all[i]).c_str());
        return 0;
    }

private:
    std::vector<std::string> paths_;
    bool json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_info_command(CLI::App& program) { return std::make_unique<InfoCommand>(program); }

}  // namespace mirrorme::cli

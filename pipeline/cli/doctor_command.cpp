#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/doctor_checks.h"
#include "cli/subcommand.h"

namespace mirrorme::cli {
namespace {

const char* word_for(Health health) {
    switch (health) {
        case Health::ok: return "ok";
        case Health::warn: return "warn";
        case Health::fail: return "fail";
    }
    return "";
}

class DoctorCommand final : public Subcommand {
public:
    explicit DoctorCommand(CLI::App& program)
        : Subcommand(program.add_subcommand("doctor", "Say what works on this machine and what to do about what does not.")) {
        app_->footer("Exit code 0: everything needed works. 1: something does not.");
        app_->add_option("--bundle", bundle_, "Look at this bundle instead of the embedded one.")->type_name("PATH");
        app_->add_flag("--json", json_, "As JSON.");
    }

    int run() override {
        const std::vector<Finding> findings = examine_machine(bundle_);
        if (json_) print_json(findings);
        else print_lines(findings);
        const bool broken = std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.health == Health::fail; });
        return broken ? 1 : 0;
    }

private:
    static void print_lines(const std::vector<Finding>& findings) {
        for (const Finding& f : findings) {
            std::printf("%-5s %-14s %s\n", word_for(f.health), f.subject.c_str(), f.found.c_str());
            if (!f.remedy.empty()) std::printf("%-20s -> %s\n", "", f.remedy.c_str());
        }
    }

    static void print_json(const std::vector<Finding>& findings) {
        nlohmann::ordered_json list = nlohmann::ordered_json::array();
        for (const Finding& f : findings) list.push_back({{"health", word_for(f.health)}, {"subject", f.subject}, {"found", f.found}, {"remedy", f.remedy}});
        std::printf("%s\n", list.dump(2).c_str());
    }

    std::string bundle_;
    bool json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_doctor_command(CLI::App& program) { return std::make_unique<DoctorCommand>(program); }

}  // namespace mirrorme::cli

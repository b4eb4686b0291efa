#include "cli/train_eval_command.h"

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/engine_choice.h"
#include "core/error.h"
#include "core/files.h"
#include "core/progress.h"
#include "train/evaluation.h"
#include "train/preview_files.h"
#include "train/recorded_speech.h"

namespace mirrorme::cli {
namespace fs = std::filesystem;
namespace {

class EvalCommand final : public Subcommand {
public:
    explicit EvalCommand(CLI::App& program)
        : Subcommand(program.add_subcommand("eval", "Measure bundles on held-out characters, voices and sentences; several stand side by side.")) {
        app_->footer("Examples:\n  mirrorme eval                              the embedded model\n  mirrorme eval data/models/mini out/mini     is the new one better?\n"
                      "  mirrorme eval --only identity --steps 1   ten minutes of speech: does it drift?\n  mirrorme eval --recorded /usr/share/asterisk/sounds     how mouths follow recordings in several languages");
        app_->add_option("bundles", bundles_, "Bundle folders (default: the embedded one).")->type_name("DIR");
        app_->add_option("--clips", options_.clips, "Clips of 8 s that are spoken.")->check(CLI::Range(1, 1000))->capture_default_str();
        app_->add_option("--steps", options_.steps, "Sampler step counts; the last one's figures have no suffix.")->delimiter(',')->allow_extra_args(false)->check(CLI::Range(1, 100));
        app_->add_option("--only", options_.only, "motion, pictures, renderer, points, identity (not measured unless asked for) or recorded.")
            ->check(CLI::IsMember({"motion", "pictures", "renderer", "points", "identity", "recorded"}));
        app_->add_option("--minutes", options_.minutes, "Of speech in one go, for identity: the last minute is compared with the first.")->check(CLI::Range(2, 10))->capture_default_str();
        app_->add_option("--reader", reader_, "Folder of the mouth reader that looks at pictures (train reader; default: the one that comes with the program).")->type_name("DIR");
        app_->add_option("--speech", speech_, "Folder of speech made beforehand (train data --shards), for builds without voices.")->type_name("DIR");
        app_->add_option("--recorded", recorded_, "Folder of recorded human speech, one subfolder a language: how the mouth follows its loudness.")->type_name("DIR");
        app_->add_option("--sheets", sheets_, "Also write what pictures, renderer and key-point net were judged by, as PNG, into this folder.")->type_name("DIR");
        app_->add_flag("--json", json_, "As JSON.");
    }

    int run() override {
        if (bundles_.empty()) bundles_.push_back(bundle_dir(Settings{}).string());
        options_.sheets = !sheets_.empty();
        options_.reader = reader_;
        const fs::path own_reader = find_data_dir() / "models" / "mouth_reader";
        if (reader_.empty() && fs::exists(own_reader)) options_.reader = own_reader;
        const PerformanceMaker performances = performances_from(speech_);
        if (options_.only == "recorded" && recorded_.empty()) throw Error(ErrorCode::usage, "--only recorded", "needs recordings", "Add --recorded FOLDER");
        if (!recorded_.empty())
            for (const RecordedSpeech& set : find_recorded_speech(recorded_)) options_.recorded.emplace_back(set.name, performances_of(set));
        std::vector<std::vector<EvaluatedPart>> reports;
        for (const std::string& bundle : bundles_) {
            ProgressOptions shown{.label = bundle, .unit = "%", .total = 100};
            Progress progress(shown);
            reports.push_back(evaluate_bundle(bundle, performances, options_, [&](double done) { progress.update(100 * done); }));
            progress.finish(100);
            write_sheets(reports.back(), fs::path(sheets_) / (bundles_.size() > 1 ? std::to_string(reports.size()) : ""));
        }
        if (json_) print_json(reports);
        else print_table(reports);
        return exit_code(ErrorCode::none);
    }

private:
    /// Of each bundle in a folder of its own, numbered as the columns, where there are several.
    void write_sheets(const std::vector<EvaluatedPart>& parts, const fs::path& folder) const {
        if (!options_.sheets) return;
        fs::create_directories(folder);
        for (const EvaluatedPart& part : parts)
            for (const Preview& sheet : part.sheets) write_preview_file(folder, sheet);
    }

    void print_json(const std::vector<std::vector<EvaluatedPart>>& reports) const {
        nlohmann::ordered_json all = nlohmann::ordered_json::array();
        for (std::size_t i = 0; i < reports.size(); ++i) {
            nlohmann::ordered_json one{{"bundle", bundles_[i]}, {"clips", options_.clips}};
            for (const EvaluatedPart& part : reports[i])
                for (const auto& [name, value] : part.figures) one[part.name][name] = value;
            all.push_back(one);
        }
        std::printf("%s\n", (all.size() == 1 ? all[0] : all).dump(2).c_str());
    }

    void print_table(const std::vector<std::vector<EvaluatedPart>>& reports) const {
        std::printf("%-32s", "");
        for (const std::string& bundle : bundles_) std::printf(" %12s", fs::path(bundle).filename().string().substr(0, 12).c_str());
        std::printf("\n");
        for (std::size_t p = 0; p < reports[0].size(); ++p)
            for (std::size_t f = 0; f < reports[0][p].figures.size(); ++f) {
                std::printf("%-32s", (reports[0][p].name + " " + reports[0][p].figures[f].first).c_str());
                for (const auto& report : reports) std::printf(" %12.4f", report[p].figures[f].second);
                std::printf("\n");
            }
    }

    std::vector<std::string> bundles_;
    EvaluationOptions options_;
    std::string speech_;
    std::string recorded_;
    std::string reader_;
    std::string sheets_;
    bool json_ = false;
};

}  // namespace

std::unique_ptr<Subcommand> make_eval_command(CLI::App& program) { return std::make_unique<EvalCommand>(program); }

}  // namespace mirrorme::cli

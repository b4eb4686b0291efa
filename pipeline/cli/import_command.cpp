#include <map>

#include "cli/subcommand.h"
#include "core/error.h"
#include "core/files.h"
#include "core/log.h"
#include "core/progress.h"
#include "published/import_bundle.h"
#include "published/speaking_parts.h"

namespace mirrorme::cli {
namespace {

namespace fs = std::filesystem;

constexpr double kMiB = 1024 * 1024;

class ImportCommand final : public Subcommand {
public:
    explicit ImportCommand(CLI::App& program)
        : Subcommand(program.add_subcommand("import", "Make a bundle of published weights. It does not speak before it has been trained.")) {
        app_->footer("Examples:\n  mirrorme import --ltx ltx-video-2b-v0.9.5.safetensors --out ltx\n  mirrorme import --ltx LTX-Video/ --dtype bf16 --out ltx");
        for (const ImportSource& source : import_sources())
            app_->add_option("--" + std::string(source.option), paths_[source.option], std::string(source.takes))->type_name("PATH");
        app_->add_option("--out", out_, "Folder of the new bundle; what is there is replaced.")->required()->type_name("DIR");
        app_->add_option("--dtype", type_, "Type of the stored weights; without it as in the files.")->check(CLI::IsMember({"f32", "f16", "bf16"}))->type_name("NAME");
        app_->add_option("--sampler", request_.sampler, "Sample as published for this version; without it as the file's metadata or name say.")->check(CLI::IsMember(published_samplers()))->type_name("VERSION");
        app_->add_option("--name", name_, "The bundle's name (default: its folder's).")->type_name("TEXT");
        app_->add_option("--width", request_.width, "Pixels of a frame.")->check(CLI::Range(32, 4096))->capture_default_str()->type_name("N");
        app_->add_option("--height", request_.height, "Pixels of a frame.")->check(CLI::Range(32, 4096))->capture_default_str()->type_name("N");
    }

    int run() override {
        static const std::map<std::string, torch::ScalarType> kTypes = {{"f32", torch::kFloat}, {"f16", torch::kHalf}, {"bf16", torch::kBFloat16}};
        if (const auto type = kTypes.find(type_); type != kTypes.end()) request_.type = type->second;
        const fs::path out = fs::absolute(out_ / "").parent_path();
        require_writable(temporary_beside(out));
        BundleDraft draft = start_draft(request_, name_.empty() ? out.filename().string() : name_);
        for (const ImportSource& source : import_sources())
            if (const fs::path& path = paths_.at(source.option); !path.empty()) source.add(path, request_, draft);
        add_speaking_parts(request_, draft);
        if (draft.parts.empty()) throw Error(ErrorCode::usage, "import", "has nothing to import", "Give --" + std::string(import_sources().front().option) + " PATH.");

        const double total = static_cast<double>(draft_bytes(draft)) / kMiB;
        Progress progress({.label = "importing", .unit = "MiB", .total = total});
        write_draft(out, draft, [&](std::uint64_t bytes) { progress.update(static_cast<double>(bytes) / kMiB); });
        progress.finish(total);
        log_info("wrote " + out.string() + ". It does not speak yet: train it with 'mirrorme train', or speak with the embedded model mini");
        return exit_code(ErrorCode::none);
    }

private:
    std::map<std::string_view, fs::path> paths_;
    fs::path out_;
    std::string type_, name_;
    ImportRequest request_;
};

}  // namespace

std::unique_ptr<Subcommand> make_import_command(CLI::App& program) { return std::make_unique<ImportCommand>(program); }

}  // namespace mirrorme::cli

#include "train/run_log.h"

#include "core/error.h"
#include "core/files.h"
#include "core/log.h"

namespace mirrorme {
namespace fs = std::filesystem;
namespace {

/// Keeps the lines that a run resumed at `first_step` will not write again, and of a line cut short by a crash nothing.
void rewind(const fs::path& path, std::int64_t first_step) {
    std::ifstream in(path);
    if (!in) return;
    std::string kept;
    for (std::string line; std::getline(in, line);) {
        const auto value = nlohmann::json::parse(line, nullptr, false);
        if (value.is_object() && value.value("step", std::int64_t{0}) <= first_step) kept += line + '\n';
    }
    in.close();
    write_file(path, kept);
}

}  // namespace

RunLog::RunLog(const fs::path& directory, std::int64_t first_step, const ProgressOptions& progress)
    : task_(progress.label), style_(progress.style), progress_(progress) {
    const fs::path path = directory / "metrics.jsonl";
    rewind(path, first_step);
    file_.open(path, std::ios::app);
    if (!file_) throw Error(ErrorCode::unreadable, path.string(), "cannot be written", "Check the folder's permissions");
}

void RunLog::write(const char* kind, std::int64_t step, const nlohmann::json& fields) {
    nlohmann::ordered_json line{{"kind", kind}, {"task", task_}, {"step", step}};
    for (const auto& [key, value] : fields.items()) line[key] = value;
    file_ << line.dump() << '\n' << std::flush;
}

void RunLog::say(const std::string& text) {
    if (style_ != ProgressStyle::silent) log_info(task_ + ": " + text);
}

}  // namespace mirrorme

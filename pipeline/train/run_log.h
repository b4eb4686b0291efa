#pragma once
// What a run says: one JSON object a line in metrics.jsonl, and progress for a person.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "core/progress.h"

namespace mirrorme {

/// Training thread only.
class RunLog {
public:
    /// Appends to DIRECTORY/metrics.jsonl; lines of steps after `first_step` are dropped first: a resumed run writes them again.
    /// `progress` describes this session: its label is the task's name.
    RunLog(const std::filesystem::path& directory, std::int64_t first_step, const ProgressOptions& progress);

    /// One line of `kind` ("train", "eval") with `fields`.
    void write(const char* kind, std::int64_t step, const nlohmann::json& fields);
    /// `done` in the unit of the progress.
    void progress(double done, const std::string& detail) { progress_.update(done, detail); }
    void finish(double done, const std::string& detail) { progress_.finish(done, detail); }
    /// A sentence for the person, on a line of its own.
    void say(const std::string& text);

private:
    std::string task_;
    ProgressStyle style_;
    std::ofstream file_;
    Progress progress_;
};

}  // namespace mirrorme

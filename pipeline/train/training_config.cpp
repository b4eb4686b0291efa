#include "train/training_config.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

namespace mirrorme {
namespace {

constexpr std::uintmax_t kMaxConfigBytes = 1 << 20;
constexpr std::string_view kSchema = "mirrorme.training";
constexpr int kVersion = 1;
constexpr std::array<std::string_view, 6> kFields{"schema", "version", "name", "comment", "modules", "stages"};
constexpr std::array<std::string_view, 3> kPartFields{"run", "task", "comment"};
const nlohmann::json kEmpty = nlohmann::json::object();

}  // namespace

TrainingConfig::TrainingConfig(const std::filesystem::path& file) : document_(read_json_file(file, kMaxConfigBytes)), subject_(file.string()) { check(); }

TrainingConfig::TrainingConfig(nlohmann::json document, std::string subject) : document_(std::move(document)), subject_(std::move(subject)) { check(); }

void TrainingConfig::check() const {
    const JsonObject root(document_, subject_);
    if (root.text("schema") != kSchema) root.wrong("schema", "is not " + std::string(kSchema));
    if (root.integer("version", 0, INT32_MAX) != kVersion) root.wrong("version", "is another one", "This program reads version 1");
    root.refuse_unknown(kFields);
    const JsonObject stages = root.object("stages");
    for (const auto& [name, ignored] : stages.value().items()) {
        const JsonObject part = stages.object(name);
        part.refuse_unknown(kPartFields);
        if (part.has("run")) parse_run_plan(part.object("run"));
    }
    root.object("modules");
}

std::string TrainingConfig::name() const { return JsonObject(document_, subject_).text("name"); }

const nlohmann::json& TrainingConfig::module(const std::string& name) const {
    return JsonObject(document_, subject_).object("modules").object(name).value();
}

bool TrainingConfig::has_module(const std::string& name) const { return document_.at("modules").contains(name); }

bool TrainingConfig::has_part(const std::string& name) const { return document_.at("stages").contains(name); }

const nlohmann::json& TrainingConfig::part(const std::string& name) const {
    return JsonObject(document_, subject_).object("stages").object(name).value();
}

RunPlan TrainingConfig::run_plan(const std::string& name) const {
    const JsonObject object(part(name), subject_, "stages." + name);
    return parse_run_plan(object.object("run"));
}

const nlohmann::json& TrainingConfig::task(const std::string& name) const {
    const nlohmann::json& value = part(name);
    const auto found = value.find("task");
    return found == value.end() ? kEmpty : *found;
}

}  // namespace mirrorme

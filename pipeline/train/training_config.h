#pragma once
// A file of data/training/: the sizes of a model's modules and, for each stage, how it is run and what its task wants.
//   {"schema": "mirrorme.training", "version": 1, "name": "mini",
//    "modules": {"denoiser": {...}, "audio": {...}, "renderer": {...}, ...},
//    "stages": {"renderer": {"run": {...}, "task": {...}}, "face": {...}, ...}}

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "core/json_fields.h"
#include "train/run_plan.h"

namespace mirrorme {

class TrainingConfig {
public:
    /// Throws Error naming file and field.
    explicit TrainingConfig(const std::filesystem::path& file);
    TrainingConfig(nlohmann::json document, std::string subject);

    const std::string& subject() const noexcept { return subject_; }  // the file, for messages
    std::string name() const;
    /// Config of a module; Error when it is not there.
    const nlohmann::json& module(const std::string& name) const;
    bool has_module(const std::string& name) const;
    /// Whether "stages" says anything of this part; a stage trains only those parts.
    bool has_part(const std::string& name) const;
    /// How part `part` of the training is run ("renderer", "face", ...); Error when it is not there.
    RunPlan run_plan(const std::string& part) const;
    /// What the task of part `part` wants; an empty object when nothing is said.
    const nlohmann::json& task(const std::string& part) const;

private:
    void check() const;
    const nlohmann::json& part(const std::string& name) const;

    nlohmann::json document_;
    std::string subject_;
};

}  // namespace mirrorme

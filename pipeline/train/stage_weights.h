#pragma once
// What earlier training left: tensors by the names of bundles, and module configs. Read from stage folders, from compact states
// or from a bundle; several may be laid over each other, later ones hide the same tensors of earlier ones.

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "train/checkpoint.h"

namespace mirrorme {

inline constexpr const char* kLatents = "latents";  // config of what the denoiser's latents mean with codec `motion`: {"part_map": hash_of() it}

class StageWeights {
public:
    StageWeights() = default;
    /// Adds what `path` holds: a bundle (bundle.json), a stage (checkpoint/state.json), or a folder of stages, which may hold some
    /// that are not there yet. Throws Error: not_found when there is nothing of the kind, unreadable, mismatch.
    void add(const std::filesystem::path& path);

    bool has(const std::string& name) const { return tensors_.contains(name); }
    std::vector<std::string> names(std::string_view prefix = {}) const;
    /// Throws Error not_found naming what was read. Read-only: clone before writing.
    const torch::Tensor& tensor(const std::string& name) const;

    /// Copies `prefix` + name into every parameter and buffer of `module`. False, and nothing copied, when no tensor has the
    /// prefix. Throws Error mismatch when only some are there or shapes differ.
    bool load_into(torch::nn::Module& module, const std::string& prefix) const;

    /// Config of a module ("denoiser", "audio", "renderer", ...); null when none was found.
    const nlohmann::json& config(const std::string& module) const;
    const nlohmann::json& configs() const noexcept { return configs_; }
    /// What the bundles read tell of the runs they came from, in order; an array.
    const nlohmann::json& history() const noexcept { return history_; }
    /// States of the stages read, in order; empty for bundles.
    const std::vector<RunState>& runs() const noexcept { return runs_; }
    /// Of the stages read and of what bundles say of themselves, each once, in order.
    const std::vector<std::string>& trained_stages() const noexcept { return trained_; }
    /// What was read, for messages: "a, b".
    const std::string& description() const noexcept { return description_; }

private:
    void add_stage(const std::filesystem::path& checkpoint);
    void add_bundle(const std::filesystem::path& directory);
    void add_trained(const std::string& stage);

    std::map<std::string, torch::Tensor, std::less<>> tensors_;
    nlohmann::json configs_ = nlohmann::json::object();
    nlohmann::json history_ = nlohmann::json::array();
    std::vector<RunState> runs_;
    std::vector<std::string> trained_;
    std::string description_;
};

}  // namespace mirrorme

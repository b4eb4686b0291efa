#include "train/stage_weights.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "weights/bundle.h"
#include "weights/safetensors.h"

namespace mirrorme {
namespace fs = std::filesystem;

namespace {

const nlohmann::json kNone;

bool is_stage(const fs::path& folder) { return fs::exists(folder / "checkpoint" / "state.json"); }

}  // namespace

void StageWeights::add(const fs::path& path) {
    description_ += (description_.empty() ? "" : ", ") + path.string();
    if (fs::exists(path / kBundleManifestName)) return add_bundle(path);
    if (is_stage(path)) return add_stage(path / "checkpoint");
    std::vector<fs::path> stages;
    if (fs::is_directory(path))
        for (const auto& entry : fs::directory_iterator(path))
            if (entry.is_directory() && is_stage(entry.path())) stages.push_back(entry.path());
    if (stages.empty())
        throw Error(ErrorCode::not_found, path.string(), "holds no trained stage and no bundle", "Name the --out folder of an earlier stage, or a bundle");
    std::sort(stages.begin(), stages.end());
    for (const fs::path& stage : stages) add_stage(stage / "checkpoint");
}

void StageWeights::add_stage(const fs::path& checkpoint) {
    const auto file = SafetensorsFile::open(checkpoint / "average.safetensors");
    for (const TensorInfo& info : file.tensors()) tensors_[info.name] = file.tensor(info.name);
    RunState state = read_run_state(checkpoint);
    if (state.description.contains("config")) configs_.update(state.description.at("config"));
    add_trained(state.task);
    runs_.push_back(std::move(state));
}

void StageWeights::add_trained(const std::string& stage) {
    if (std::find(trained_.begin(), trained_.end(), stage) == trained_.end()) trained_.push_back(stage);
}

void StageWeights::add_bundle(const fs::path& directory) {
    const auto bundle = Bundle::open(directory);
    for (const std::string& name : bundle->names()) tensors_[name] = bundle->tensor(name);
    for (const std::string& stage : bundle->manifest().trained_stages) add_trained(stage);
    if (const auto runs = bundle->manifest().provenance.find("runs"); runs != bundle->manifest().provenance.end() && runs->is_array())
        history_.insert(history_.end(), runs->begin(), runs->end());
    const nlohmann::json& config = bundle->manifest().config;
    configs_.erase(kLatents);  // it brings its own denoiser
    configs_.update(config);
    if (const auto codec = config.find("codec"); codec != config.end() && codec->contains("renderer")) configs_["renderer"] = codec->at("renderer");
}

std::vector<std::string> StageWeights::names(std::string_view prefix) const {
    std::vector<std::string> found;
    for (auto it = tensors_.lower_bound(prefix); it != tensors_.end() && it->first.starts_with(prefix); ++it) found.push_back(it->first);
    return found;
}

const torch::Tensor& StageWeights::tensor(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) throw Error(ErrorCode::not_found, description_, "has no tensor '" + name + "'", "Train the earlier stage first");
    return found->second;
}

bool StageWeights::load_into(torch::nn::Module& module, const std::string& prefix) const {
    if (names(prefix).empty()) return false;
    std::vector<std::pair<torch::Tensor, torch::Tensor>> copies;
    auto plan = [&](const std::string& name, const torch::Tensor& to) {
        const auto found = tensors_.find(prefix + name);
        const std::string remedy = "It was trained with another configuration";
        if (found == tensors_.end()) throw Error(ErrorCode::mismatch, description_, "has no tensor '" + prefix + name + "'", remedy);
        if (found->second.sizes() != to.sizes()) throw Error(ErrorCode::mismatch, description_, "tensor '" + prefix + name + "' has another shape", remedy);
        copies.emplace_back(to, found->second);
    };
    for (const auto& p : module.named_parameters()) plan(p.key(), p.value());
    for (const auto& b : module.named_buffers()) plan(b.key(), b.value());
    torch::NoGradGuard no_grad;
    for (const auto& [to, from] : copies) to.detach().copy_(from);
    return true;
}

const nlohmann::json& StageWeights::config(const std::string& module) const {
    const auto found = configs_.find(module);
    return found == configs_.end() ? kNone : *found;
}

}  // namespace mirrorme

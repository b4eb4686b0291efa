#include "published/published_tensors.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.h"
#include "core/json_fields.h"

namespace mirrorme {
namespace fs = std::filesystem;

namespace {

constexpr std::uintmax_t kMaxIndexBytes = 16 << 20;
constexpr std::string_view kIndexEnding = ".safetensors.index.json";
constexpr const char* kWhatToGive = "Give a file or folder of LTX-Video or wav2vec2 as it was published, complete.";
constexpr std::size_t kNamesInMessage = 3;

std::string shape_text(torch::IntArrayRef shape) {
    std::ostringstream out;
    out << shape;
    return out.str();
}

/// The folder's files whose names end in `ending`, sorted.
std::vector<fs::path> files_ending(const fs::path& folder, std::string_view ending) {
    std::vector<fs::path> found;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored))
        if (entry.path().filename().string().ends_with(ending)) found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

/// "a, b, c and 12 more".
std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesInMessage); ++i) text += (i ? ", " : "") + names[i];
    return names.size() > kNamesInMessage ? text + " and " + std::to_string(names.size() - kNamesInMessage) + " more" : text;
}

/// Few numbers that everything else depends on: a narrower type would only lose what they say.
bool keeps_its_type(const TensorInfo& info) {
    return info.shape.empty() || info.name.find("per_channel_statistics") != std::string::npos || info.name.starts_with("latents_");
}

}  // namespace

void PublishedTensors::add(const fs::path& file) {
    files_.push_back(SafetensorsFile::open(file));
    for (const TensorInfo& info : files_.back().tensors())
        if (!by_name_.emplace(info.name, files_.size() - 1).second)
            throw Error(ErrorCode::mismatch, file.string() + " [" + info.name + "]", "is in another file of this folder too", kWhatToGive);
}

PublishedTensors PublishedTensors::open_file(const fs::path& file) {
    PublishedTensors opened;
    opened.path_ = file;
    opened.add(file);
    return opened;
}

PublishedTensors PublishedTensors::open_folder(const fs::path& folder) {
    PublishedTensors opened;
    opened.path_ = folder;
    const std::vector<fs::path> indices = files_ending(folder, kIndexEnding), files = files_ending(folder, ".safetensors");
    if (indices.empty() && files.empty())
        throw Error(ErrorCode::not_found, folder.string(), "holds no .safetensors file", "Weights in other formats (.bin, .ckpt, .gguf) are not read.");
    if (indices.size() > 1 || (indices.empty() && files.size() > 1))
        throw Error(ErrorCode::usage, folder.string(), "holds several sets of weights: " + listed({files.front().filename().string(), files.back().filename().string()}),
                    "Leave one of them there.");
    if (indices.empty()) {
        opened.add(files.front());
        return opened;
    }
    const nlohmann::json index = read_json_file(indices.front(), kMaxIndexBytes);
    const JsonObject root(index, indices.front().string());
    const JsonObject map = root.object("weight_map");
    std::set<std::string> shards;
    for (const auto& [name, shard] : map.value().items()) {
        if (!shard.is_string() || fs::path(shard.get<std::string>()).filename() != shard.get<std::string>()) map.wrong(name, "does not name a file beside the index");
        shards.insert(shard.get<std::string>());
    }
    for (const std::string& shard : shards) opened.add(folder / shard);
    if (opened.files_.empty()) root.wrong("weight_map", "is empty");
    for (const auto& [name, shard] : map.value().items())
        if (const auto found = opened.by_name_.find(name); found == opened.by_name_.end() || opened.files_[found->second].path().filename() != shard.get<std::string>())
            throw Error(ErrorCode::mismatch, (folder / shard.get<std::string>()).string() + " [" + name + "]", "is not there, and the index says it is", kWhatToGive);
    return opened;
}

const TensorInfo* PublishedTensors::find(const std::string& name) const noexcept {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : files_[found->second].find(name);
}

std::vector<std::string> PublishedTensors::names() const {
    std::vector<std::string> all;
    for (const auto& [name, file] : by_name_) all.push_back(name);
    return all;
}

std::string PublishedTensors::subject(const std::string& name) const {
    const auto found = by_name_.find(name);
    return (found == by_name_.end() ? path_ : files_[found->second].path()).string() + " [" + name + "]";
}

std::vector<TensorSource> take_tensors(const PublishedTensors& from, const std::vector<WantedTensor>& wanted, std::optional<torch::ScalarType> type,
                                       std::set<std::string>& taken) {
    std::vector<std::string> missing;
    for (const WantedTensor& want : wanted)
        if (from.find(want.published) == nullptr) missing.push_back(want.published);
    if (!missing.empty())
        throw Error(ErrorCode::mismatch, from.path().string(), "lacks " + std::to_string(missing.size()) + " of " + std::to_string(wanted.size()) + " tensors (" + listed(missing) + ")",
                    kWhatToGive);
    const auto shared = std::make_shared<const PublishedTensors>(from);  // read from long after this call, by every source
    std::vector<TensorSource> sources;
    for (const WantedTensor& want : wanted) {
        const TensorInfo& info = *from.find(want.published);
        if (info.shape != want.shape)
            throw Error(ErrorCode::mismatch, from.subject(want.published), "expected the shape " + shape_text(want.shape) + ", found " + shape_text(info.shape),
                        "Its config and its weights do not belong together.");
        if (!c10::isFloatingType(info.type))
            throw Error(ErrorCode::unsupported, from.subject(want.published), std::string("expected floating point numbers, found ") + c10::toString(info.type),
                        "Quantised files cannot be imported: use the bf16 version of this model.");
        const torch::ScalarType stored = type && !keeps_its_type(info) ? *type : info.type;
        sources.push_back({want.ours, stored, want.shape, [shared, name = want.published, stored] {
                               torch::Tensor values = shared->tensor(name);
                               // A copy, so that the file's memory can go at once.
                               values = values.scalar_type() == stored ? values.clone() : values.to(stored);
                               shared->forget(name);
                               return values;
                           }});
        taken.insert(want.published);
    }
    return sources;
}

void refuse_untaken(const PublishedTensors& from, const std::string& prefix, const std::set<std::string>& taken) {
    std::vector<std::string> unknown;
    for (const std::string& name : from.names())
        if (name.starts_with(prefix) && !taken.contains(name)) unknown.push_back(name);
    if (!unknown.empty())
        throw Error(ErrorCode::mismatch, from.path().string(), "holds " + std::to_string(unknown.size()) + " tensors that are not part of a known model (" + listed(unknown) + ")",
                    kWhatToGive);
}

}  // namespace mirrorme

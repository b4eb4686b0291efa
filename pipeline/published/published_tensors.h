#pragma once
// The tensors of a published model, wherever its files cut them: one safetensors file, or a folder's single or sharded one.
// Nothing is read before it is asked for.

#include <torch/torch.h>

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "weights/safetensors.h"

namespace mirrorme {

/// Thread-safe. A copy shares the files, not the list of names.
class PublishedTensors {
public:
    static PublishedTensors open_file(const std::filesystem::path& file);
    /// What NAME.safetensors.index.json lists, or else the folder's only .safetensors file. Throws Error: not_found (neither; a listed shard that is
    /// missing), mismatch (a tensor that is not in the shard the index names), usage (several files without an index).
    static PublishedTensors open_folder(const std::filesystem::path& folder);

    const TensorInfo* find(const std::string& name) const noexcept;
    /// Sorted.
    std::vector<std::string> names() const;
    torch::Tensor tensor(const std::string& name) const { return file_of(name).tensor(name); }
    void forget(const std::string& name) const noexcept { file_of(name).forget(name); }
    /// Of the first file.
    const SafetensorsMetadata& metadata() const noexcept { return files_.front().metadata(); }
    /// "FILE [name]", for messages.
    std::string subject(const std::string& name) const;
    const std::filesystem::path& path() const noexcept { return path_; }

private:
    void add(const std::filesystem::path& file);
    const SafetensorsFile& file_of(const std::string& name) const { return files_[by_name_.at(name)]; }

    std::filesystem::path path_;  // as given
    std::vector<SafetensorsFile> files_;
    std::map<std::string, std::size_t> by_name_;
};

/// One tensor of a bundle to be and where it comes from.
struct WantedTensor {
    std::string published;  // name in the files
    std::string ours;       // name in the bundle
    std::vector<int64_t> shape;
};

/// The wanted tensors as sources for a bundle, each in `type` or as the file has it (statistics and scalars stay as they are). All names, shapes and
/// kinds are checked first; Error mismatch says which tensor, what was expected and what was found. Adds the names to `taken`.
std::vector<TensorSource> take_tensors(const PublishedTensors& from, const std::vector<WantedTensor>& wanted, std::optional<torch::ScalarType> type,
                                       std::set<std::string>& taken);

/// Error mismatch when there are tensors under `prefix` that nobody took: a file of a model we do not know.
void refuse_untaken(const PublishedTensors& from, const std::string& prefix, const std::set<std::string>& taken);

}  // namespace mirrorme

#pragma once
// The safetensors format: an 8-byte little-endian header size, a JSON header, then the tensors' bytes.
// Source: the format description in the huggingface/safetensors repository. A file is data from strangers: every number in
// its header is checked against the file before it sizes or addresses anything.

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace mirrorme {

using SafetensorsMetadata = std::map<std::string, std::string>;

/// What the header says of one tensor.
struct TensorInfo {
    std::string name;
    torch::ScalarType type = torch::kFloat;
    std::vector<std::int64_t> shape;
    std::uint64_t offset = 0;  // bytes from the start of the data section
    std::uint64_t bytes = 0;
};

/// An open, fully checked file. Cheap to copy (shares the mapping); every function is const and thread-safe.
class SafetensorsFile {
public:
    /// Maps the file and checks the whole header. Throws Error: not_found; unreadable (not safetensors, truncated, overlapping or
    /// unordered tensors, trailing bytes, duplicate names); unsupported (8-bit floats and other types we do not run).
    static SafetensorsFile open(const std::filesystem::path& path);

    const std::filesystem::path& path() const noexcept;
    const SafetensorsMetadata& metadata() const noexcept;  // the header's __metadata__
    const std::vector<TensorInfo>& tensors() const noexcept;  // in the order of their data
    /// Null when the file has no tensor of this name.
    const TensorInfo* find(const std::string& name) const noexcept;

    /// The tensor on the CPU, in the file's type. It looks at the mapping (and keeps it alive) where the alignment allows,
    /// so it must not be written to: clone() first. Throws Error not_found.
    torch::Tensor tensor(const std::string& name) const;
    /// Gives the memory that shows this tensor back to the system: a later read fetches it from the file again.
    void forget(const std::string& name) const noexcept;

private:
    struct State;
    explicit SafetensorsFile(std::shared_ptr<const State> state) : state_(std::move(state)) {}
    std::shared_ptr<const State> state_;
};

struct NamedTensor {
    std::string name;
    torch::Tensor tensor;  // any device and layout; written contiguous
};

/// A tensor to be written whose values are asked for when its turn comes, so that a file need not fit into memory.
struct TensorSource {
    std::string name;
    torch::ScalarType type = torch::kFloat;
    std::vector<std::int64_t> shape;
    std::function<torch::Tensor()> read;  // of this type and shape, any device; called once
};

TensorSource source_of(const NamedTensor& tensor);

/// What was written.
struct WrittenFile {
    std::uint64_t bytes = 0;
    std::string sha256;  // 64 lower-case hex digits
};
/// Told the bytes written so far, after every tensor.
using BytesWritten = std::function<void(std::uint64_t)>;

/// Writes the file under a temporary name and renames it when it is complete and synced. Tensors are ordered by alignment, then
/// name, so the same tensors give the same bytes. Throws Error: usage (duplicate or reserved name, unsupported type),
/// not_found or unreadable (folder), no_space, and what a source throws.
WrittenFile write_sources(const std::filesystem::path& path, std::vector<TensorSource> tensors, const SafetensorsMetadata& metadata = {}, const BytesWritten& told = {});
WrittenFile write_safetensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors, const SafetensorsMetadata& metadata = {});

/// True when a floating-point tensor holds no NaN and no infinity; true for other types.
bool all_finite(const torch::Tensor& tensor);

}  // namespace mirrorme

#pragma once
// A bundle is a model as one folder: bundle.json and safetensors files. Nothing in it is executable, and nothing of it is used
// before its sizes, hashes, names and shapes have been checked.

#include <torch/torch.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.h"
#include "weights/safetensors.h"

namespace mirrorme {

inline constexpr std::string_view kBundleSchema = "mirrorme.bundle";
inline constexpr int kBundleSchemaVersion = 1;
inline constexpr std::string_view kBundleManifestName = "bundle.json";

/// One weight file of a bundle.
struct BundleFile {
    std::string name;    // plain file name beside bundle.json
    std::string sha256;  // 64 lower-case hex digits
    std::uint64_t bytes = 0;
};

/// What a model can do. A model that was imported but not trained does not speak, and every front end says so.
struct Capabilities {
    bool speaks = false;
    bool hands = false;
    bool style = false;
    bool matte = false;
    bool causal_decoder = false;
};

/// bundle.json as values.
struct BundleManifest {
    std::string name, version, licence;
    nlohmann::json provenance = nlohmann::json::object();  // free: commands, data seed, steps, hours, hardware, sources
    nlohmann::json config = nlohmann::json::object();      // per module: "codec", "denoiser", "audio", "sampler", ...; each reads its own
    nlohmann::json normalisation = nlohmann::json::object();  // of latents, where a codec wants it; may be empty
    int width = 0, height = 0;    // pixels of a frame
    Rational fps;                 // frames per second
    int chunk_latents = 1;        // c: latent frames made at once
    std::vector<int> steps;       // sampler step counts the model supports, ascending; the last is the default
    std::vector<std::string> trained_stages;
    Capabilities capabilities;
    std::vector<BundleFile> files;
};

nlohmann::json to_json(const BundleManifest& manifest);
/// Throws Error naming `subject` (the file) and the field: unreadable (wrong type or value), mismatch (another schema or version).
BundleManifest parse_manifest(const nlohmann::json& value, const std::string& subject);
/// Of the bundle in this folder; its files are not looked at. Throws Error as parse_manifest does, or not_found.
BundleManifest read_manifest(const std::filesystem::path& directory);

/// What loading one module found; names as in the bundle.
struct LoadReport {
    std::size_t loaded = 0;
    std::vector<std::string> missing;     // wanted by the module, not in the bundle
    std::vector<std::string> unexpected;  // under the prefix in the bundle, unknown to the module
    std::vector<std::string> mismatched;  // "name: the module wants [2, 3], the bundle has [3, 2]"
    std::vector<std::string> non_finite;  // hold NaN or infinity

    bool complete() const noexcept { return missing.empty() && mismatched.empty() && non_finite.empty(); }
    /// "2 missing (a, b), 1 unexpected (c)": the first few of each kind; "complete" when there is nothing to say.
    std::string summary() const;
};

enum class BundleCheck { sizes_and_hashes, sizes };
/// Whether a bundle may lack a tensor (name within the module), which then keeps its initial values: modules that a published model
/// does not have yet. Empty = none.
using MayLack = std::function<bool(const std::string& name)>;

/// An open bundle: immutable, shared, thread-safe.
class Bundle {
public:
    /// Reads and checks everything but the tensors' values. Throws Error naming file, field and remedy:
    /// not_found, unreadable, mismatch (hash, size, schema), unsupported.
    static std::shared_ptr<const Bundle> open(const std::filesystem::path& directory, BundleCheck check = BundleCheck::sizes_and_hashes);

    const std::filesystem::path& directory() const noexcept { return directory_; }
    const BundleManifest& manifest() const noexcept { return manifest_; }
    /// config[module]; Error unreadable when the manifest has none.
    const nlohmann::json& config(const std::string& module) const;
    /// "FILE, config.MODULE", for messages.
    std::string config_subject(std::string_view module) const;

    bool has(const std::string& name) const noexcept { return files_by_tensor_.contains(name); }
    /// Every tensor name that starts with `prefix`, sorted.
    std::vector<std::string> names(std::string_view prefix = {}) const;
    const TensorInfo* info(const std::string& name) const noexcept;
    /// As SafetensorsFile::tensor (read-only); checked for NaN and infinity. Throws Error not_found or unreadable.
    torch::Tensor tensor(const std::string& name) const;

    /// Copies `prefix` + name into every parameter and buffer of `module`, cast to the module's floating type. Everything is checked
    /// first: when something is wrong the module is left as it was, `report` says all of it and Error mismatch is thrown.
    /// Unexpected tensors are reported only.
    void load_into(torch::nn::Module& module, const std::string& prefix, LoadReport& report, const MayLack& may_lack = {}) const;

private:
    Bundle() = default;

    std::filesystem::path directory_;
    BundleManifest manifest_;
    std::vector<SafetensorsFile> files_;
    std::map<std::string, std::size_t, std::less<>> files_by_tensor_;
};

/// Parameters and buffers of `module` as `prefix` + name; floating ones cast to `type` (torch::kBFloat16, ...).
std::vector<NamedTensor> tensors_of(const torch::nn::Module& module, const std::string& prefix, torch::ScalarType type = torch::kFloat);

/// The tensors of one file of a bundle to be: at hand, or read when they are written.
struct BundlePart {
    std::string file = "model.safetensors";
    std::vector<NamedTensor> tensors = {};
    std::vector<TensorSource> sources = {};
    SafetensorsMetadata metadata = {};
};

/// Writes a whole bundle beside `directory`, opens it again as a check, and puts it in place of what was there in one step.
/// manifest.files is filled in here; `told`: bytes of all files so far. Throws Error: usage (bad name or tensor, NaN), no_space, not_found, unreadable.
void save_bundle(const std::filesystem::path& directory, BundleManifest manifest, const std::vector<BundlePart>& parts, const BytesWritten& told = {});

}  // namespace mirrorme

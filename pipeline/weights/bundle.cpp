#include "weights/bundle.h"

#include <algorithm>
#include <sstream>

#include "core/error.h"
#include "core/files.h"
#include "core/json_fields.h"
#include "core/sha256.h"

namespace mirrorme {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::uint64_t kMaxManifestBytes = 4 << 20;
constexpr std::size_t kNamesInSummary = 3;
constexpr const char* kReinstall = "Download or export the bundle again.";

std::string shape_text(torch::IntArrayRef sizes) {
    std::ostringstream out;
    out << sizes;
    return out.str();
}

void append_kind(std::string& text, const std::vector<std::string>& names, std::string_view kind) {
    if (names.empty()) return;
    text += (text.empty() ? "" : "; ") + std::to_string(names.size()) + ' ' + std::string(kind) + " (";
    for (std::size_t i = 0; i < std::min(names.size(), kNamesInSummary); ++i) text += (i ? ", " : "") + names[i];
    text += names.size() > kNamesInSummary ? ", ...)" : ")";
}

void check_file(const fs::path& path, const BundleFile& expected, BundleCheck check) {
    std::error_code ignored;
    if (!fs::exists(path, ignored)) throw Error(ErrorCode::not_found, path.string(), "is named by bundle.json and is not there", kReinstall);
    const MappedFile file(path);
    if (file.bytes().size() != expected.bytes)
        throw Error(ErrorCode::mismatch, path.string() + " [bytes]",
                    "has " + std::to_string(file.bytes().size()) + " bytes, bundle.json says " + std::to_string(expected.bytes), kReinstall);
    if (check == BundleCheck::sizes_and_hashes && sha256_hex(file.bytes()) != expected.sha256)
        throw Error(ErrorCode::mismatch, path.string() + " [sha256]", "does not match bundle.json: the file was changed or damaged", kReinstall);
}

/// Parameters and buffers with the names torch gives them.
std::vector<NamedTensor> targets_of(const torch::nn::Module& module) {
    std::vector<NamedTensor> targets;
    for (const auto& item : module.named_parameters()) targets.push_back({item.key(), item.value()});
    for (const auto& item : module.named_buffers()) targets.push_back({item.key(), item.value()});
    return targets;
}

/// `read`, and a look at what it gives.
std::function<torch::Tensor()> checked(std::function<torch::Tensor()> read, const std::string& subject) {
    return [read = std::move(read), subject] {
        const torch::Tensor tensor = read();
        if (!all_finite(tensor)) throw Error(ErrorCode::usage, subject, "holds NaN or infinity", "Go back to an earlier checkpoint, or download the weights again.");
        return tensor;
    };
}

}  // namespace

std::string LoadReport::summary() const {
    std::string text;
    append_kind(text, missing, "missing");
    append_kind(text, mismatched, "mismatched");
    append_kind(text, non_finite, "with NaN or infinity");
    append_kind(text, unexpected, "unexpected");
    return text.empty() ? "complete" : text;
}

BundleManifest read_manifest(const fs::path& directory) {
    std::error_code ignored;
    if (!fs::is_directory(directory, ignored))
        throw Error(ErrorCode::not_found, directory.string(), "no such bundle folder", "Name a folder that holds bundle.json.");
    const fs::path manifest_path = directory / kBundleManifestName;
    if (!fs::exists(manifest_path, ignored))
        throw Error(ErrorCode::not_found, manifest_path.string(), "is not there: this folder is no bundle", "Name a folder that holds bundle.json.");
    return parse_manifest(read_json_file(manifest_path, kMaxManifestBytes), manifest_path.string());
}

std::shared_ptr<const Bundle> Bundle::open(const fs::path& directory, BundleCheck check) {
    const std::shared_ptr<Bundle> bundle(new Bundle);
    bundle->directory_ = directory;
    bundle->manifest_ = read_manifest(directory);
    for (const BundleFile& file : bundle->manifest_.files) {
        const fs::path path = directory / file.name;
        check_file(path, file, check);
        const SafetensorsFile opened = SafetensorsFile::open(path);
        for (const TensorInfo& info : opened.tensors())
            if (!bundle->files_by_tensor_.emplace(info.name, bundle->files_.size()).second)
                throw Error(ErrorCode::unreadable, path.string() + " [" + info.name + "]", "appears in another file of the bundle too", kReinstall);
        bundle->files_.push_back(opened);
    }
    return bundle;
}

const json& Bundle::config(const std::string& module) const {
    const auto found = manifest_.config.find(module);
    if (found == manifest_.config.end() || !found->is_object())
        throw Error(ErrorCode::unreadable, (directory_ / kBundleManifestName).string() + " [config." + module + "]", "is missing", kReinstall);
    return *found;
}

std::string Bundle::config_subject(std::string_view module) const {
    return (directory_ / kBundleManifestName).string() + ", config." + std::string(module);
}

std::vector<std::string> Bundle::names(std::string_view prefix) const {
    std::vector<std::string> found;
    for (auto it = files_by_tensor_.lower_bound(prefix); it != files_by_tensor_.end() && it->first.starts_with(prefix); ++it) found.push_back(it->first);
    return found;
}

const TensorInfo* Bundle::info(const std::string& name) const noexcept {
    const auto found = files_by_tensor_.find(name);
    return found == files_by_tensor_.end() ? nullptr : files_[found->second].find(name);
}

torch::Tensor Bundle::tensor(const std::string& name) const {
    const auto found = files_by_tensor_.find(name);
    if (found == files_by_tensor_.end()) throw Error(ErrorCode::not_found, directory_.string() + " [" + name + "]", "no such tensor", kReinstall);
    const SafetensorsFile& file = files_[found->second];
    torch::Tensor tensor = file.tensor(name);
    if (!all_finite(tensor)) throw Error(ErrorCode::unreadable, file.path().string() + " [" + name + "]", "holds NaN or infinity", kReinstall);
    return tensor;
}

void Bundle::load_into(torch::nn::Module& module, const std::string& prefix, LoadReport& report, const MayLack& may_lack) const {
    report = {};
    std::vector<NamedTensor> sources;  // parallel to the targets they go into
    std::vector<torch::Tensor> targets;
    std::vector<std::string> known;
    for (const NamedTensor& target : targets_of(module)) {
        const std::string name = prefix + target.name;
        known.push_back(name);
        const auto found = files_by_tensor_.find(name);
        if (found == files_by_tensor_.end()) {
            if (!may_lack || !may_lack(target.name)) report.missing.push_back(name);
            continue;
        }
        const torch::Tensor source = files_[found->second].tensor(name);
        if (source.sizes() != target.tensor.sizes())
            report.mismatched.push_back(name + ": the module wants " + shape_text(target.tensor.sizes()) + ", the bundle has " + shape_text(source.sizes()));
        else if (source.is_floating_point() != target.tensor.is_floating_point())
            report.mismatched.push_back(name + ": the module wants " + torch::toString(target.tensor.scalar_type()) + ", the bundle has " +
                                        torch::toString(source.scalar_type()));
        else if (!all_finite(source)) report.non_finite.push_back(name);
        else sources.push_back({name, source}), targets.push_back(target.tensor);
        files_[found->second].forget(name);
    }
    std::sort(known.begin(), known.end());
    for (const std::string& name : names(prefix))
        if (!std::binary_search(known.begin(), known.end(), name)) report.unexpected.push_back(name);

    if (!report.complete()) throw Error(ErrorCode::mismatch, directory_.string() + " [" + prefix + "*]", report.summary(), kReinstall);
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < sources.size(); ++i) {
        targets[i].copy_(sources[i].tensor);
        files_[files_by_tensor_.find(sources[i].name)->second].forget(sources[i].name);
    }
    report.loaded = sources.size();
}

std::vector<NamedTensor> tensors_of(const torch::nn::Module& module, const std::string& prefix, torch::ScalarType type) {
    std::vector<NamedTensor> tensors = targets_of(module);
    for (NamedTensor& item : tensors) {
        item.name = prefix + item.name;
        if (item.tensor.is_floating_point()) item.tensor = item.tensor.detach().to(type);
    }
    return tensors;
}

void save_bundle(const fs::path& directory, BundleManifest manifest, const std::vector<BundlePart>& parts, const BytesWritten& told) {
    const fs::path target = fs::absolute(directory / "").parent_path();
    const fs::path fresh = temporary_beside(target);
    require_writable(fresh);
    try {
        fs::create_directory(fresh);
        manifest.files.clear();
        std::uint64_t before = 0;
        for (const BundlePart& part : parts) {
            std::vector<TensorSource> sources = part.sources;
            for (const NamedTensor& item : part.tensors) sources.push_back(source_of(item));
            for (TensorSource& source : sources) source.read = checked(std::move(source.read), target.string() + " [" + source.name + "]");
            const WrittenFile written = write_sources(fresh / part.file, std::move(sources), part.metadata, [&](std::uint64_t bytes) {
                if (told) told(before + bytes);
            });
            manifest.files.push_back({part.file, written.sha256, written.bytes});
            before += written.bytes;
        }
        write_file(fresh / kBundleManifestName, to_json(manifest).dump(2) + '\n');
        Bundle::open(fresh, BundleCheck::sizes);
        replace_directory(fresh, target);
    } catch (const fs::filesystem_error& error) {
        fs::remove_all(fresh);
        throw Error(ErrorCode::unreadable, target.string(), error.code().message(), "Choose another place.");
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(fresh, ignored);
        throw;
    }
}

}  // namespace mirrorme

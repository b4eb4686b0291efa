#pragma once
// Published models become a bundle: what `mirrorme import` does. Each kind of model is one row of a table and adds its share to a draft.

#include <torch/torch.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weights/bundle.h"

namespace mirrorme {

/// Published configs are smaller than this.
inline constexpr std::uintmax_t kMostConfigBytes = 4 << 20;

struct ImportRequest {
    std::optional<torch::ScalarType> type;  // of the weights; none = as in the files
    int width = 768, height = 512;          // pixels of a frame
    Rational fps{24, 1};                    // frames per second
    std::string sampler{};                  // of published_samplers(); empty = as metadata or the file's name say
};

/// A bundle in the making: a source adds config sections (manifest.config), provenance.sources and parts (one file each).
struct BundleDraft {
    BundleManifest manifest;
    std::vector<BundlePart> parts;
};

struct ImportSource {
    std::string_view option;  // "ltx": the command's --ltx
    std::string_view takes;   // for the help
    /// Checks everything but the values and adds to the draft; reads no weights yet. Throws Error naming file, tensor, what was expected and found.
    void (*add)(const std::filesystem::path& path, const ImportRequest& request, BundleDraft& draft);
};

/// Versions whose sampling can be asked for: "dev", "0.9.6-distilled", ...
std::vector<std::string> published_samplers();

/// Every kind of model there is, in the order in which they are added. To add one, write its function and its row in import_bundle.cpp.
std::span<const ImportSource> import_sources();

/// An empty draft: not trained, speaks not.
BundleDraft start_draft(const ImportRequest& request, const std::string& name);

/// Bytes of all weights to be written.
std::uint64_t draft_bytes(const BundleDraft& draft);

/// Reads, converts and writes the weights a tensor at a time, and puts the bundle in place. Throws what save_bundle throws.
void write_draft(const std::filesystem::path& directory, const BundleDraft& draft, const BytesWritten& told);

}  // namespace mirrorme

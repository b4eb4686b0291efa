#include "published/import_bundle.h"

#include <array>

#include "published/ltx_import.h"
#include "published/text_states.h"
#include "published/wav2vec2_import.h"

namespace mirrorme {
namespace {

constexpr std::array kSources = {
    ImportSource{.option = "ltx", .takes = "LTX-Video: a single .safetensors file, or a folder in the diffusers layout.", .add = add_ltx},
    ImportSource{.option = "wav2vec2", .takes = "wav2vec2: a folder with config.json and model.safetensors.", .add = add_wav2vec2},
    ImportSource{.option = "text-states",
                 .takes = "A prompt as a text encoder left it: a .safetensors file with prompt_embeds [tokens, width] and, for padding, prompt_attention_mask [tokens]. Without it the model is told "
                          "no text.",
                 .add = add_text_states},
};

}  // namespace

std::span<const ImportSource> import_sources() { return kSources; }

BundleDraft start_draft(const ImportRequest& request, const std::string& name) {
    BundleDraft draft;
    BundleManifest& manifest = draft.manifest;
    manifest.name = name;
    manifest.version = "0";
    manifest.licence = "as the imported weights'";
    manifest.provenance = {{"sources", nlohmann::json::array()}};
    manifest.width = request.width;
    manifest.height = request.height;
    manifest.fps = request.fps;
    manifest.steps = {1};
    return draft;
}

std::uint64_t draft_bytes(const BundleDraft& draft) {
    std::uint64_t bytes = 0;
    for (const BundlePart& part : draft.parts)
        for (const TensorSource& source : part.sources) bytes += torch::elementSize(source.type) * static_cast<std::uint64_t>(c10::multiply_integers(source.shape));
    return bytes;
}

void write_draft(const std::filesystem::path& directory, const BundleDraft& draft, const BytesWritten& told) {
    save_bundle(directory, draft.manifest, draft.parts, told);
}

}  // namespace mirrorme

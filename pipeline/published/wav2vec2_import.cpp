#include "published/wav2vec2_import.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.h"
#include "core/json_fields.h"
#include "denoise/dit_config.h"
#include "features/audio_frontend.h"
#include "features/wav2vec2_names.h"

namespace mirrorme {
namespace fs = std::filesystem;

namespace {

constexpr const char* kWeights = "model.safetensors";
constexpr int kTemporalOfLtx = 8;
constexpr std::uint64_t kSeedOfEncoder = 20'250'627;

fs::path weights_in(const fs::path& folder) {
    std::error_code ignored;
    if (!fs::exists(folder, ignored)) throw Error(ErrorCode::not_found, folder.string(), "is not there", "Give the folder that holds config.json and model.safetensors.");
    if (!fs::is_directory(folder, ignored))
        throw Error(ErrorCode::usage, folder.string(), "is no folder", "Give the folder that holds config.json and model.safetensors.");
    if (fs::exists(folder / kWeights, ignored)) return folder / kWeights;
    if (fs::exists(folder / "pytorch_model.bin", ignored))
        throw Error(ErrorCode::unsupported, (folder / "pytorch_model.bin").string(), "is a pickle, which may hold code and is not read",
                    "Take a revision with model.safetensors, or save it again with save_pretrained.");
    throw Error(ErrorCode::not_found, (folder / kWeights).string(), "is not there", "Give the folder that holds config.json and model.safetensors.");
}

/// Whether the checkpoint wants its sound normalised; true where nothing is said, as transformers has it.
bool wants_normalised(const fs::path& file) {
    std::error_code ignored;
    if (!fs::exists(file, ignored)) return true;
    const nlohmann::json value = read_json_file(file, kMostConfigBytes);
    const JsonObject json(value, file.string());
    if (json.has("sampling_rate") && json.integer("sampling_rate", 1, 1'000'000) != kModelSampleRate)
        throw Error(ErrorCode::unsupported, file.string() + ", field sampling_rate", "this model hears " + std::to_string(json.integer("sampling_rate", 1, 1'000'000)) + " Hz",
                    "Give one for " + std::to_string(kModelSampleRate) + " Hz.");
    return !json.has("do_normalize") || json.flag("do_normalize");
}

AudioFrontEndConfig front_end_config(const fs::path& folder, const ImportRequest& request, const BundleManifest& manifest) {
    const fs::path file = folder / "config.json";
    const nlohmann::json published = read_json_file(file, kMostConfigBytes);
    AudioFrontEndConfig config;
    config.backbone = BackboneKind::wav2vec2;
    config.wav2vec2.model = wav2vec2_config_from_json(published, file.string());
    config.wav2vec2.normalise = wants_normalised(folder / "preprocessor_config.json");
    config.fps = request.fps;
    DitConfig denoiser;
    denoiser.grid.temporal = kTemporalOfLtx;
    if (manifest.config.contains("denoiser")) denoiser = dit_config_from_json(manifest.config["denoiser"], "config.denoiser");
    config.encoder.temporal = denoiser.grid.temporal;
    config.encoder.tokens = denoiser.adapter.tokens;
    config.encoder.width = denoiser.adapter.audio_dim;
    config.fit_encoder();
    return config;
}

TensorSource source_as(const NamedTensor& item, const std::string& prefix, std::optional<torch::ScalarType> type) {
    const torch::ScalarType stored = type.value_or(item.tensor.scalar_type());
    return {prefix + item.name, stored, item.tensor.sizes().vec(), [tensor = item.tensor, stored] { return tensor.to(stored); }};
}

}  // namespace

void add_wav2vec2(const fs::path& path, const ImportRequest& request, BundleDraft& draft) {
    const fs::path weights = weights_in(path);
    const AudioFrontEndConfig config = front_end_config(path, request, draft.manifest);
    BundlePart part;
    part.file = "audio.safetensors";
    for (const NamedTensor& item : read_wav2vec2(SafetensorsFile::open(weights), config.wav2vec2.model))
        part.sources.push_back(source_as(item, "audio.wav2vec2.model.", request.type));
    torch::manual_seed(kSeedOfEncoder);
    const CausalAudioEncoder encoder(config.encoder);
    for (const NamedTensor& item : tensors_of(*encoder, "audio.encoder.")) part.sources.push_back(source_as(item, "", request.type));
    draft.manifest.config["audio"] = to_json(config);
    draft.parts.push_back(std::move(part));
    draft.manifest.provenance["sources"].push_back({{"model", "wav2vec2"}, {"from", path.filename().string()}});
}

}  // namespace mirrorme

// Note [A published model learns to speak]
// Its bundle holds every module that ours has, in their initial values: outputs start at zero, so the picture stream is LTX's own until
// training changes it. They are stored, and not made again from a seed at every load: one file is then all of the model, its hash covers all that runs,
// no load depends on how some version of torch draws numbers, and training, export and render know one kind of bundle. It costs a ninth of the
// file (2B in bfloat16: 0.7 of 6.3 GB).

#include "published/speaking_parts.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "denoise/audio_adapter.h"
#include "denoise/dit_model.h"
#include "features/audio_frontend.h"
#include "published/load_module.h"

namespace mirrorme {
namespace {

constexpr std::uint64_t kSeed = 20'250'627;
constexpr int kMapStride = 4;       // pixels of a cell of a skeleton map: cells must be multiples of it
constexpr int kAudioShare = 2;      // the transformer's width over the audio tokens'
constexpr int kStyleWidth = 64;     // StyleEncoderConfig::style

/// A denoiser's tensor as the bundle calls it.
std::string in_bundle(std::string_view name) {
    std::string full = "denoiser.";
    full += name;
    return full;
}

/// A block's adapter with its initial values. The last one made is kept, because its tensors are written one after another. One thread.
class FreshAdapters {
public:
    explicit FreshAdapters(const DitConfig& config) : config_(config) {}

    torch::Tensor take(int block, const std::string& name) {
        if (block != block_) {
            torch::manual_seed(kSeed + 1 + static_cast<std::uint64_t>(block));
            adapter_ = AudioAdapter(config_, block);
            block_ = block;
        }
        return adapter_->named_parameters()[name].detach();
    }

private:
    DitConfig config_;
    AudioAdapter adapter_{nullptr};
    int block_ = -1;
};

TensorSource source_of_value(const std::string& name, const torch::Tensor& value, torch::ScalarType type) {
    return {name, type, value.sizes().vec(), [value, type] { return value.to(type); }};
}

/// The type that most of the imported denoiser is stored in.
torch::ScalarType type_of_denoiser(const BundleDraft& draft) {
    for (const BundlePart& part : draft.parts)
        for (const TensorSource& source : part.sources)
            if (source.name == in_bundle("proj_in.weight")) return source.type;
    return torch::kFloat;
}

void add_denoiser_modules(const DitConfig& config, torch::ScalarType type, BundleDraft& draft) {
    BundlePart part{.file = "speaking.safetensors"};
    DitConfig one = config;  // blocks are alike: one is made and counted out
    one.num_layers = 1;
    torch::manual_seed(kSeed);
    const DefaultType narrow(torch::kBFloat16);
    const DitModel model(one);
    const DefaultType wide(torch::kFloat);
    const auto adapters = std::make_shared<FreshAdapters>(config);
    constexpr std::string_view kBlock = "transformer_blocks.0.", kAdapter = "audio_adapter.";
    for (const auto& item : model->named_parameters()) {
        if (is_ltx_tensor(item.key())) continue;
        if (!item.key().starts_with(kBlock)) {
            part.sources.push_back(source_of_value(in_bundle(item.key()), item.value().detach().clone(), type));
            continue;
        }
        const std::string name = item.key().substr(kBlock.size()), inner = name.substr(kAdapter.size());
        TORCH_CHECK(name.starts_with(kAdapter), "a block's own tensor '", name, "' is of no known module");
        for (int i = 0; i < config.num_layers; ++i)
            part.sources.push_back({in_bundle("transformer_blocks." + std::to_string(i) + '.' + name), type, item.value().sizes().vec(),
                                    [adapters, i, inner, type] { return adapters->take(i, inner).to(type); }});
    }
    draft.parts.push_back(std::move(part));
}

void add_mel(const DitConfig& denoiser, const ImportRequest& request, BundleDraft& draft) {
    AudioFrontEndConfig config;
    config.fps = request.fps;
    config.encoder.temporal = denoiser.grid.temporal;
    config.encoder.tokens = denoiser.adapter.tokens;
    config.encoder.width = denoiser.adapter.audio_dim;
    config.fit_encoder();
    torch::manual_seed(kSeed);
    const AudioFrontEnd front_end(config);
    BundlePart part{.file = "audio.safetensors"};
    for (const NamedTensor& item : tensors_of(*front_end, "audio.")) part.sources.push_back(source_of_value(item.name, item.tensor, request.type.value_or(torch::kFloat)));
    draft.manifest.config["audio"] = to_json(config);
    draft.parts.push_back(std::move(part));
}

}  // namespace

void fit_speaking_parts(DitConfig& config, int temporal, int stride) {
    config.grid.temporal = temporal;
    config.grid.spatial_stride = stride;
    config.adapter = {.enabled = true, .tokens = 4, .audio_dim = std::max(8, config.width() / kAudioShare / 8 * 8)};
    config.pose = {.kind = stride % kMapStride == 0 ? PoseKind::maps : PoseKind::none, .tokens = {}};
    config.style = {.dim = kStyleWidth, .audio_tokens = {}};
    config.context = {.mode = AttentionMode::block_causal, .one_shot = true};
}

void add_speaking_parts(const ImportRequest& request, BundleDraft& draft) {
    if (!draft.manifest.config.contains("denoiser")) return;
    const DitConfig denoiser = dit_config_from_json(draft.manifest.config["denoiser"], "config.denoiser");
    add_denoiser_modules(denoiser, type_of_denoiser(draft), draft);
    if (!draft.manifest.config.contains("audio")) add_mel(denoiser, request, draft);
}

}  // namespace mirrorme

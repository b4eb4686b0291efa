#include "published/text_states.h"

#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "denoise/dit_config.h"
#include "weights/safetensors.h"

namespace mirrorme {
namespace fs = std::filesystem;
using torch::Tensor;

namespace {

constexpr std::array kStates{"prompt_embeds", "encoder_hidden_states"};
constexpr std::array kMasks{"prompt_attention_mask", "encoder_attention_mask"};
constexpr int64_t kMostTokens = 4096;
constexpr const char* kRemedy = "Save prompt_embeds [tokens, width] and prompt_attention_mask [tokens], such as diffusers' LTXPipeline.encode_prompt returns them.";

/// The first of `names` that the file has, without a leading axis of one; undefined when it has none.
Tensor find(const SafetensorsFile& file, const std::array<const char*, 2>& names, int64_t axes, std::string& subject) {
    for (const char* name : names)
        for (const TensorInfo& info : file.tensors())
            if (info.name == name) {
                subject = file.path().string() + " [" + name + "]";
                Tensor found = file.tensor(name);
                if (found.dim() == axes + 1 && found.size(0) == 1) found = found.squeeze(0);
                if (found.dim() != axes) throw Error(ErrorCode::mismatch, subject, "has " + std::to_string(found.dim()) + " axes, and one prompt has " + std::to_string(axes), kRemedy);
                return found;
            }
    return {};
}

}  // namespace

void add_text_states(const fs::path& path, const ImportRequest& request, BundleDraft& draft) {
    if (!draft.manifest.config.contains("denoiser")) throw Error(ErrorCode::usage, "--text-states", "needs the transformer that reads them", "Give --ltx, too.");
    const SafetensorsFile file = SafetensorsFile::open(path);
    std::string subject = path.string(), mask_subject;
    Tensor states = find(file, kStates, 2, subject);
    if (!states.defined()) throw Error(ErrorCode::mismatch, subject, "has neither prompt_embeds nor encoder_hidden_states", kRemedy);
    if (!states.is_floating_point()) throw Error(ErrorCode::mismatch, subject, "holds no floating point numbers", kRemedy);
    if (const Tensor mask = find(file, kMasks, 1, mask_subject); mask.defined()) {
        if (mask.size(0) != states.size(0))
            throw Error(ErrorCode::mismatch, mask_subject, "is about " + std::to_string(mask.size(0)) + " tokens, and the prompt has " + std::to_string(states.size(0)), kRemedy);
        const Tensor given = mask.to(torch::kFloat);
        if (!((given == 0) | (given == 1)).all().item<bool>()) throw Error(ErrorCode::mismatch, mask_subject, "holds something other than 1 and 0", kRemedy);
        states = states.index_select(0, given.nonzero().flatten());
    }
    if (states.size(0) < 1 || states.size(0) > kMostTokens)
        throw Error(ErrorCode::mismatch, subject, "has " + std::to_string(states.size(0)) + " tokens that are no padding", "Give a prompt of 1 to " + std::to_string(kMostTokens) + ".");
    if (!torch::isfinite(states.to(torch::kFloat)).all().item<bool>()) throw Error(ErrorCode::mismatch, subject, "holds NaN or infinity", kRemedy);
    checked_text(states, dit_config_from_json(draft.manifest.config["denoiser"], "config.denoiser").caption_channels, subject);
    const torch::ScalarType type = request.type.value_or(states.scalar_type());
    draft.parts.push_back({.file = "text.safetensors", .sources = {{kTextStates, type, states.sizes().vec(), [states, type] { return states.to(type); }}}});
    draft.manifest.provenance["sources"].push_back({{"text_states", path.filename().string()}});
}

Tensor checked_text(const Tensor& states, int caption_channels, const std::string& subject) {
    if (states.dim() != 2 || states.size(0) < 1 || states.size(1) != caption_channels) {
        const std::string found = states.dim() == 2 ? std::to_string(states.size(1)) : "no";
        throw Error(ErrorCode::mismatch, subject, "has " + found + " numbers a token, and the transformer takes " + std::to_string(caption_channels), "Give states of the text encoder that the model was trained with.");
    }
    return states.unsqueeze(0);
}

}  // namespace mirrorme

#include "published/forward_stages.h"

#include <array>

#include "core/error.h"
#include "published/ltx_stages.h"
#include "published/wav2vec2_stage.h"

namespace mirrorme {
namespace {

constexpr std::array kStages = {
    ForwardStage{.name = "transformer",
                 .follows = "diffusers LTXVideoTransformer3DModel",
                 .inputs = "hidden_states [B,N,C], encoder_hidden_states [B,L,D], timestep [B] or [B,N] in 0..1000, encoder_attention_mask? [B,L], "
                           "num_frames, height, width (latent cells), rope_interpolation_scale? [3] or video_coords? [B,3,N] (seconds, pixel rows, pixel columns)",
                 .outputs = "sample [B,N,C]",
                 .run = forward_transformer},
    ForwardStage{.name = "vae-encode",
                 .follows = "diffusers AutoencoderKLLTXVideo.encode",
                 .inputs = "sample [B,3,F,H,W] in -1..1, F = 1 + 8n",
                 .outputs = "mean, logvar [B,C,f,h,w], not normalised",
                 .run = forward_vae_encode},
    ForwardStage{.name = "vae-decode",
                 .follows = "diffusers AutoencoderKLLTXVideo.decode, without noise",
                 .inputs = "latents [B,C,f,h,w], not normalised, timestep? [B] in 0..1",
                 .outputs = "sample [B,3,F,H,W]",
                 .run = forward_vae_decode},
    ForwardStage{.name = "wav2vec2",
                 .follows = "transformers Wav2Vec2Model",
                 .inputs = "input_values [B,S] at 16 kHz, as the checkpoint's feature extractor gives them, S >= 400",
                 .outputs = "last_hidden_state, hidden_states.0 .. hidden_states.n [B,T,D]",
                 .run = forward_wav2vec2},
};

}  // namespace

std::span<const ForwardStage> forward_stages() { return kStages; }

TensorMap run_stage(std::string_view name, const Bundle& bundle, StageTensors inputs, const ForwardOptions& options) {
    std::string known;
    for (const ForwardStage& stage : kStages) {
        if (stage.name == name) {
            const torch::NoGradGuard no_gradients;
            TensorMap results = stage.run(bundle, inputs, options);
            inputs.refuse_unused();
            for (auto& [key, tensor] : results) tensor = (tensor.is_floating_point() ? tensor.to(torch::kFloat) : tensor).to(torch::kCPU).contiguous();
            return results;
        }
        known += (known.empty() ? "" : ", ") + std::string(stage.name);
    }
    throw Error(ErrorCode::usage, std::string(name), "no such stage", "Known are " + known + ".");
}

}  // namespace mirrorme

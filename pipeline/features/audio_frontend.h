#pragma once
// From 16 kHz samples to what the transformer hears: log-mel, causal convolutions, features at video rate, causal audio encoder.
// Everything depends on a fixed stretch of samples, so a chunk at a time gives what a whole clip gives. Parameters: "mel.*",
// "encoder.*".

#include <torch/torch.h>

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/time.h"
#include "features/causal_audio_encoder.h"
#include "features/mel.h"
#include "features/mel_backbone.h"
#include "features/speech_activity.h"

namespace mirrorme {

struct AudioFrontEndConfig {
    MelBackboneConfig mel;
    CausalAudioEncoderConfig encoder;
    SpeechActivityConfig speech;
    Rational fps{24, 1};
    int64_t look_ahead = 1600;  // samples heard beyond the end of a latent frame: 100 ms
};

nlohmann::json to_json(const AudioFrontEndConfig& config);
/// Absent fields keep their defaults. Throws Error naming the field: unreadable, mismatch.
AudioFrontEndConfig audio_frontend_config_from_json(const nlohmann::json& json, const std::string& subject);

/// What is heard of T' latent frames.
struct AudioTokens {
    torch::Tensor tokens;  // [B, T', n + 1, D_a]: Conditioning::audio
    torch::Tensor silent;  // [B, T'] bool: Conditioning::silent
};

// Note [What a latent frame hears]
// Video frame f ends at sample 16000 (f + 1) / fps; it hears up to look_ahead beyond that, at the last two features that end by
// then, weighted by time. A latent frame hears its last video frame and receptive_field() - 1 frames before it. Feature and mel
// grids lie on multiples of 320 and 160 samples of the stream (not of a chunk), and positions are whole-number arithmetic, so
// neither the cut into chunks nor the length of a stream changes what is computed.

class AudioFrontEndImpl : public torch::nn::Module {
public:
    explicit AudioFrontEndImpl(const AudioFrontEndConfig& config);

    /// Samples that encode() wants for these latent frames: as many for every span of the same size; before the stream's first
    /// sample (negative indices) there is silence, or what was really heard before a clip.
    SampleSpan span(IndexSpan latents, FirstLatent start) const;

    /// samples [B, span(latents, start).size()] float32, +-1.
    AudioTokens encode(const torch::Tensor& samples, IndexSpan latents, FirstLatent start);

    const AudioFrontEndConfig& config() const { return config_; }

private:
    struct Plan;
    Plan plan(IndexSpan latents, FirstLatent start) const;

    AudioFrontEndConfig config_;
    LogMel log_mel_;
    MelBackbone mel{nullptr};
    CausalAudioEncoder encoder{nullptr};
};
TORCH_MODULE(AudioFrontEnd);

/// Linear interpolation along the last axis: x [B, C, n], position p of output i = low[i] + share[i] -> [B, C, outputs].
torch::Tensor resample_features(const torch::Tensor& x, const torch::Tensor& low, const torch::Tensor& share);

}  // namespace mirrorme

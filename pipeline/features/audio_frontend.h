#pragma once
// From 16 kHz samples to what the transformer hears: a backbone's features at video rate, causal audio encoder.
// Everything depends on a fixed stretch of samples, so a chunk at a time gives what a whole clip gives. Parameters: "mel.*" or
// "wav2vec2.model.*", "encoder.*".

#include <torch/torch.h>

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "core/time.h"
#include "features/causal_audio_encoder.h"
#include "features/mel_backbone.h"
#include "features/speech_activity.h"
#include "features/wav2vec2_backbone.h"

namespace mirrorme {

enum class BackboneKind { mel, wav2vec2 };

struct AudioFrontEndConfig {
    BackboneKind backbone = BackboneKind::mel;
    MelBackboneConfig mel;            // used with mel
    Wav2Vec2BackboneConfig wav2vec2;  // used with wav2vec2
    CausalAudioEncoderConfig encoder;
    SpeechActivityConfig speech;
    Rational fps{24, 1};
    int64_t look_ahead = 1600;  // samples heard beyond the end of a latent frame: 100 ms

    /// Makes the encoder take what the backbone gives: its width and number of layers.
    void fit_encoder();
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
// Video frame f ends at sample 16000 (f + 1) / fps; it hears up to look_ahead beyond that: with mel, the last two features that end
// by then, weighted by time; with wav2vec2 as in Note [A window for each latent frame]. A latent frame hears its last video frame
// and receptive_field() - 1 frames before it. Feature and mel grids lie on multiples of 320 and 160 samples of the stream (not of
// a chunk), and positions are whole-number arithmetic, so neither the cut into chunks nor the length of a stream changes what is
// computed.

class AudioFrontEndImpl : public torch::nn::Module {
public:
    /// `subject` names the config in errors. Throws Error naming the field: mismatch, unsupported.
    explicit AudioFrontEndImpl(const AudioFrontEndConfig& config, const std::string& subject = "audio config");

    /// Samples that encode() wants for these latent frames: as many for every span of the same size; before the stream's first
    /// sample (negative indices) there is silence, or what was really heard before a clip.
    SampleSpan span(IndexSpan latents, FirstLatent start) const;

    /// samples [B, span(latents, start).size()] float32, +-1.
    AudioTokens encode(const torch::Tensor& samples, IndexSpan latents, FirstLatent start);

    const AudioFrontEndConfig& config() const { return config_; }
    /// The published model in it; null with another backbone.
    Wav2Vec2 wav2vec2() const;

private:
    struct Plan;
    Plan plan(IndexSpan latents, FirstLatent start) const;

    AudioFrontEndConfig config_;
    std::shared_ptr<AudioBackbone> backbone_;
    CausalAudioEncoder encoder{nullptr};
};
TORCH_MODULE(AudioFrontEnd);

}  // namespace mirrorme

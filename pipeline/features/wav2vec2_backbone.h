#pragma once
// wav2vec2 live: what a latent frame hears is one pass over a window of fixed length, so that nothing depends on how sound arrives.

#include <torch/torch.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "features/audio_backbone.h"
#include "features/wav2vec2.h"

namespace mirrorme {

inline constexpr int kMostWindowFeatures = 500;  // 10 s: a session keeps 20 s of sound

/// Where 50 features a second become one a video frame. A model is trained with one of the two and cannot change.
enum class FeatureResampling {
    hidden_states,  // the layers run at 50 Hz, as they were pretrained, and each state is interpolated (Wan2.2-S2V's way)
    convolutions,   // the convolutions' output is interpolated, and the layers run at video rate (Hallo's and MultiTalk's way)
};

struct Wav2Vec2BackboneConfig {
    Wav2Vec2Config model;
    int window_features = 200;  // N, at 50 Hz: 4 s
    FeatureResampling resampling = FeatureResampling::hidden_states;
    bool normalise = true;      // do_normalize of preprocessor_config.json

    int layers() const { return model.num_hidden_layers + 1; }
    int64_t window_samples() const { return model.receptive_field() + kFeatureHop * (window_features - 1); }
};

// Note [A window for each latent frame]
// Three things in wav2vec2 see all of a clip: the samples' normalisation, base's group norm and attention. A stream has no such
// thing, so the clip is a window here: the last N features that end within the look-ahead of a latent frame, in whole hops of the
// stream. A latent frame takes all video frames that it depends on from its own window, the earlier ones again with more future
// than their own latent frame had. Therefore a latent frame costs one pass, needs no memory of the last one, and is the same in
// a live chunk, in a clip of a minute and in training. Before a stream's first sample there is silence.
//
// Feature i of the stream's grid ends at sample 320 i; its middle lies half a receptive field before that. A video frame is
// what is interpolated at its own middle (with the frames of the look-ahead as context only), at the last feature if that comes
// first. Times are exact: a window is not stretched to a whole number of frames, as align_corners of the public ones does.

/// g = one stretch for each latent frame, L = layers(): hidden states 0 .. n - 1 and last_hidden_state (Note [The last hidden state]).
class Wav2Vec2BackboneImpl : public AudioBackbone {
public:
    /// Throws Error unsupported, naming `subject` and the field, when features of the model are not kFeatureHop samples apart.
    Wav2Vec2BackboneImpl(const Wav2Vec2BackboneConfig& config, const HearingTimes& times, const std::string& subject);

    SampleSpan span(const HeardFrames& heard) const override;
    int64_t longest_field() const override;
    torch::Tensor forward(const torch::Tensor& samples, const HeardFrames& heard) override;

    Wav2Vec2& model() { return wav2vec2_; }

private:
    struct Window;
    Window window_of(FrameIndex last, int64_t field) const;

    Wav2Vec2BackboneConfig config_;
    HearingTimes times_;
    int64_t frames_;     // convolutions: video frames that the layers see
    Wav2Vec2 wav2vec2_{nullptr};
};
TORCH_MODULE(Wav2Vec2Backbone);

/// {"wav2vec2": {as in config.json}, "window_features", "resampling", "normalise"}
void add_json(nlohmann::json& json, const Wav2Vec2BackboneConfig& config);
/// Absent fields keep their defaults. Throws Error naming `subject` and the field.
Wav2Vec2BackboneConfig wav2vec2_backbone_config_from_json(const nlohmann::json& json, const std::string& subject);

}  // namespace mirrorme

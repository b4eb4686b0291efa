#pragma once
// wav2vec2: 16 kHz sound -> what a transformer makes of it, 50 times a second. Both published kinds: base (group norm in the first
// convolution, norms after attention and feed-forward) and large (layer norm in every convolution, norms before).
// Parameter names are those of transformers' Wav2Vec2Model, but for the positional convolution's weight, which is one tensor
// (wav2vec2_names.h). Source: transformers modeling_wav2vec2.py; formulas restated where they are computed.

#include <torch/torch.h>

#include <vector>

#include "features/wav2vec2_config.h"

namespace mirrorme {

/// The published model's input: (x - mean) / sqrt(variance + 1e-7) over each row, samples [B, n] float32.
torch::Tensor normalise_sound(const torch::Tensor& samples);

// Note [The last hidden state]
// With norms before attention and feed-forward, one more norm follows the last layer. `last_hidden_state` is what it gives.
// hidden_states[n] is what the last layer gives, as transformers 5 has it; in transformers 4 it was last_hidden_state again, and so
// models that were trained on a mix of layers then want last_hidden_state in its place. With norms after, the two are one.

struct Wav2Vec2States {
    std::vector<torch::Tensor> hidden;  // 0 .. n, [B, T, D] each
    torch::Tensor last;                 // [B, T, D]
};

class Wav2Vec2FeatureEncoderImpl : public torch::nn::Module {
public:
    explicit Wav2Vec2FeatureEncoderImpl(const Wav2Vec2Config& config);
    /// samples [B, S], S >= receptive_field() -> [B, C, features_of(S)].
    torch::Tensor forward(const torch::Tensor& samples);

private:
    struct Layer {
        torch::nn::Conv1d conv{nullptr};
        torch::nn::GroupNorm group_norm{nullptr};  // one norm or none
        torch::nn::LayerNorm layer_norm{nullptr};
    };
    std::vector<Layer> layers_;
};
TORCH_MODULE(Wav2Vec2FeatureEncoder);

class Wav2Vec2LayerImpl : public torch::nn::Module {
public:
    explicit Wav2Vec2LayerImpl(const Wav2Vec2Config& config);
    torch::Tensor forward(const torch::Tensor& x);  // [B, T, D] -> the same

private:
    torch::Tensor attend(const torch::Tensor& x);
    torch::Tensor feed_forward(const torch::Tensor& x);

    bool norm_first_;
    int64_t heads_;
    torch::nn::Linear q_proj{nullptr}, k_proj{nullptr}, v_proj{nullptr}, out_proj{nullptr}, intermediate_dense{nullptr}, output_dense{nullptr};
    torch::nn::LayerNorm layer_norm{nullptr}, final_layer_norm{nullptr};
};
TORCH_MODULE(Wav2Vec2Layer);

/// Positions by a convolution over time, a norm, and the layers.
class Wav2Vec2EncoderImpl : public torch::nn::Module {
public:
    explicit Wav2Vec2EncoderImpl(const Wav2Vec2Config& config);
    /// x [B, T, D] -> states of the same shape.
    Wav2Vec2States forward(const torch::Tensor& x);
    /// GELU of the positional convolution, to be added to x: [B, T, D] -> the same.
    torch::Tensor positions(const torch::Tensor& x);

private:
    bool norm_first_;
    torch::nn::Conv1d pos_conv{nullptr};
    torch::nn::LayerNorm layer_norm{nullptr};
    torch::nn::ModuleList layers{nullptr};
};
TORCH_MODULE(Wav2Vec2Encoder);

class Wav2Vec2Impl : public torch::nn::Module {
public:
    explicit Wav2Vec2Impl(const Wav2Vec2Config& config);

    /// input_values [B, S] as normalise_sound gives them -> states of features_of(S) features.
    Wav2Vec2States forward(const torch::Tensor& input_values) { return states(convolve(input_values)); }

    /// The two halves of it: the convolutions, [B, S] -> [B, C, T], and what makes states of them at whatever rate they are given.
    torch::Tensor convolve(const torch::Tensor& input_values);
    Wav2Vec2States states(const torch::Tensor& features);
    /// Features [B, C, T] -> transformer's width [B, T, D].
    torch::Tensor project(const torch::Tensor& features);

    const Wav2Vec2Config& config() const { return config_; }
    Wav2Vec2FeatureEncoder feature_extractor{nullptr};
    Wav2Vec2Encoder encoder{nullptr};

private:
    Wav2Vec2Config config_;
    torch::nn::LayerNorm layer_norm{nullptr};
    torch::nn::Linear projection{nullptr};
};
TORCH_MODULE(Wav2Vec2);

}  // namespace mirrorme

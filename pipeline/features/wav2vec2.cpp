#include "features/wav2vec2.h"

#include <memory>
#include <string>

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr double kConvNormEps = 1e-5;  // the published classes do not take layer_norm_eps here

/// A folder of names.
std::shared_ptr<torch::nn::Module> group() { return std::make_shared<torch::nn::Module>(); }

torch::nn::LayerNorm norm_of(int64_t width, double eps) { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(eps)); }

}  // namespace

Tensor normalise_sound(const Tensor& samples) {
    const Tensor centred = samples - samples.mean(-1, /*keepdim=*/true);
    return centred * torch::rsqrt(centred.square().mean(-1, /*keepdim=*/true) + 1e-7);
}

Wav2Vec2FeatureEncoderImpl::Wav2Vec2FeatureEncoderImpl(const Wav2Vec2Config& config) {
    const auto conv_layers = register_module("conv_layers", torch::nn::ModuleList());
    int64_t in = 1;
    for (std::size_t i = 0; i < config.conv_dim.size(); ++i) {
        const int64_t out = config.conv_dim[i];
        const auto names = group();
        Layer layer;
        layer.conv = names->register_module(
            "conv", torch::nn::Conv1d(torch::nn::Conv1dOptions(in, out, config.conv_kernel[i]).stride(config.conv_stride[i]).bias(config.conv_bias)));
        if (config.feat_extract_norm == ConvNorm::layer)
            layer.layer_norm = names->register_module("layer_norm", norm_of(out, kConvNormEps));
        else if (i == 0)
            layer.group_norm = names->register_module("layer_norm", torch::nn::GroupNorm(torch::nn::GroupNormOptions(out, out).eps(kConvNormEps)));
        conv_layers->push_back(names);
        layers_.push_back(layer);
        in = out;
    }
}

Tensor Wav2Vec2FeatureEncoderImpl::forward(const Tensor& samples) {
    Tensor x = samples.unsqueeze(1);
    for (Layer& layer : layers_) {
        x = layer.conv->forward(x);
        if (layer.group_norm) x = layer.group_norm->forward(x);
        if (layer.layer_norm) x = layer.layer_norm->forward(x.transpose(1, 2)).transpose(1, 2);
        x = torch::gelu(x);
    }
    return x;
}

Wav2Vec2LayerImpl::Wav2Vec2LayerImpl(const Wav2Vec2Config& config) : norm_first_(config.do_stable_layer_norm), heads_(config.num_attention_heads) {
    const int64_t width = config.hidden_size, hidden = config.intermediate_size;
    const auto attention = register_module("attention", group());
    q_proj = attention->register_module("q_proj", torch::nn::Linear(width, width));
    k_proj = attention->register_module("k_proj", torch::nn::Linear(width, width));
    v_proj = attention->register_module("v_proj", torch::nn::Linear(width, width));
    out_proj = attention->register_module("out_proj", torch::nn::Linear(width, width));
    layer_norm = register_module("layer_norm", norm_of(width, config.layer_norm_eps));
    const auto names = register_module("feed_forward", group());
    intermediate_dense = names->register_module("intermediate_dense", torch::nn::Linear(width, hidden));
    output_dense = names->register_module("output_dense", torch::nn::Linear(hidden, width));
    final_layer_norm = register_module("final_layer_norm", norm_of(width, config.layer_norm_eps));
}

Tensor Wav2Vec2LayerImpl::attend(const Tensor& x) {
    const auto split = [this](const Tensor& t) { return t.unflatten(-1, {heads_, -1}).transpose(1, 2); };  // [B, heads, n, d]
    const Tensor mixed = torch::scaled_dot_product_attention(split(q_proj->forward(x)), split(k_proj->forward(x)), split(v_proj->forward(x)));
    return out_proj->forward(mixed.transpose(1, 2).flatten(2));
}

Tensor Wav2Vec2LayerImpl::feed_forward(const Tensor& x) { return output_dense->forward(torch::gelu(intermediate_dense->forward(x))); }

Tensor Wav2Vec2LayerImpl::forward(const Tensor& x) {
    if (norm_first_) {
        const Tensor h = x + attend(layer_norm->forward(x));
        return h + feed_forward(final_layer_norm->forward(h));
    }
    const Tensor h = layer_norm->forward(x + attend(x));
    return final_layer_norm->forward(h + feed_forward(h));
}

Wav2Vec2EncoderImpl::Wav2Vec2EncoderImpl(const Wav2Vec2Config& config) : norm_first_(config.do_stable_layer_norm) {
    const int64_t width = config.hidden_size, kernel = config.num_conv_pos_embeddings;
    pos_conv = register_module("pos_conv_embed", group())
                   ->register_module("conv", torch::nn::Conv1d(torch::nn::Conv1dOptions(width, width, kernel)
                                                                   .padding(kernel / 2)
                                                                   .groups(config.num_conv_pos_embedding_groups)));
    layer_norm = register_module("layer_norm", norm_of(width, config.layer_norm_eps));
    layers = register_module("layers", torch::nn::ModuleList());
    for (int i = 0; i < config.num_hidden_layers; ++i) layers->push_back(Wav2Vec2Layer(config));
}

Tensor Wav2Vec2EncoderImpl::positions(const Tensor& x) {
    // An even kernel gives one output too many: the last is dropped.
    return torch::gelu(pos_conv->forward(x.transpose(1, 2)).narrow(2, 0, x.size(1))).transpose(1, 2);
}

Wav2Vec2States Wav2Vec2EncoderImpl::forward(const Tensor& x) {
    Tensor h = x + positions(x);
    if (!norm_first_) h = layer_norm->forward(h);
    Wav2Vec2States states{.hidden = {h}, .last = {}};
    for (const auto& layer : *layers) states.hidden.push_back(layer->as<Wav2Vec2Layer>()->forward(states.hidden.back()));
    states.last = norm_first_ ? layer_norm->forward(states.hidden.back()) : states.hidden.back();
    return states;
}

Wav2Vec2Impl::Wav2Vec2Impl(const Wav2Vec2Config& config) : config_(config) {
    feature_extractor = register_module("feature_extractor", Wav2Vec2FeatureEncoder(config));
    const auto names = register_module("feature_projection", group());
    layer_norm = names->register_module("layer_norm", norm_of(config.conv_dim.back(), config.layer_norm_eps));
    projection = names->register_module("projection", torch::nn::Linear(config.conv_dim.back(), config.hidden_size));
    encoder = register_module("encoder", Wav2Vec2Encoder(config));
}

Tensor Wav2Vec2Impl::convolve(const Tensor& input_values) {
    TORCH_CHECK(input_values.dim() == 2 && input_values.size(1) >= config_.receptive_field(), "wav2vec2 wants [B, samples] of at least ",
                config_.receptive_field(), " samples and got ", input_values.sizes());
    return feature_extractor->forward(input_values);
}

Tensor Wav2Vec2Impl::project(const Tensor& features) { return projection->forward(layer_norm->forward(features.transpose(1, 2))); }

Wav2Vec2States Wav2Vec2Impl::states(const Tensor& features) { return encoder->forward(project(features)); }

}  // namespace mirrorme

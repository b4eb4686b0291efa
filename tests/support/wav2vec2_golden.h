#pragma once
// Wav2vec2 models whose published tensors hold what golden_fill.h makes of their names, and the rows recorded with them (torchaudio's
// implementation, float32). Weights go the published way: a safetensors file in either spelling of weight norm, read by read_wav2vec2.

#include <filesystem>
#include <map>
#include <string>

#include "features/wav2vec2.h"
#include "features/wav2vec2_names.h"
#include "support/golden_fill.h"
#include "support/summary.h"

namespace mirrorme::golden {

inline constexpr const char* kPositionsWeight = "encoder.pos_conv_embed.conv.weight";

enum class WeightNormNames { old, parametrized };

/// The tensors of a published file, names without prefix; values by the old names in either spelling.
inline std::vector<NamedTensor> published_wav2vec2(const Wav2Vec2Config& config, WeightNormNames spelling = WeightNormNames::old) {
    std::vector<NamedTensor> tensors;
    const auto add = [&](const std::string& filled_as, const std::string& name, std::vector<int64_t> shape) {
        torch::Tensor tensor = torch::empty(shape);
        fill(tensor, filled_as);
        tensors.push_back({name, tensor});
    };
    const bool old = spelling == WeightNormNames::old;
    const std::string positions = "encoder.pos_conv_embed.conv.";
    for (const TensorShape& wanted : wav2vec2_shapes(config)) {
        if (wanted.name != kPositionsWeight) {
            add(wanted.name, wanted.name, wanted.shape);
            continue;
        }
        add(positions + "weight_g", positions + (old ? "weight_g" : "parametrizations.weight.original0"), {1, 1, wanted.shape[2]});
        add(positions + "weight_v", positions + (old ? "weight_v" : "parametrizations.weight.original1"), wanted.shape);
    }
    return tensors;
}

/// Copies what read_wav2vec2 gave into the module of the same config.
inline void put_weights(Wav2Vec2& model, const std::vector<NamedTensor>& tensors) {
    torch::NoGradGuard no_gradients;
    std::map<std::string, torch::Tensor> targets;
    for (const auto& item : model->named_parameters()) targets.emplace(item.key(), item.value());
    for (const auto& item : model->named_buffers()) targets.emplace(item.key(), item.value());
    REQUIRE(tensors.size() == targets.size());
    for (const NamedTensor& tensor : tensors) {
        CAPTURE(tensor.name);
        REQUIRE(targets.contains(tensor.name));
        targets[tensor.name].copy_(tensor.tensor);
    }
    model->eval();
}

inline Wav2Vec2 golden_wav2vec2(const Wav2Vec2Config& config, const std::filesystem::path& file) {
    write_safetensors(file, published_wav2vec2(config));
    Wav2Vec2 model(config);
    put_weights(model, read_wav2vec2(SafetensorsFile::open(file), config));
    return model;
}

/// One second, [1, 16000].
inline torch::Tensor golden_sound() { return normalise_sound(input("in.audio", {1, 16000})); }

inline Wav2Vec2Config tiny_wav2vec2() {
    Wav2Vec2Config config;
    config.conv_dim = std::vector<int>(7, 16);
    config.hidden_size = 32;
    config.num_hidden_layers = 2;
    config.num_attention_heads = 4;
    config.intermediate_size = 64;
    config.num_conv_pos_embeddings = 8;
    config.num_conv_pos_embedding_groups = 4;
    return config;
}

/// Norms in every convolution, which have biases, and before attention and feed-forward.
inline Wav2Vec2Config as_large_kind(Wav2Vec2Config config) {
    config.feat_extract_norm = ConvNorm::layer;
    config.conv_bias = true;
    config.do_stable_layer_norm = true;
    return config;
}

}  // namespace mirrorme::golden

#pragma once
// Sizes of a wav2vec2 model, under the names of the published config.json (transformers, Wav2Vec2Config).

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "core/time.h"

namespace mirrorme {

/// What follows the feature extractor's convolutions: `group`: the first only, each channel over all of time (base);
/// `layer`: every one, all channels of a time step (large).
enum class ConvNorm { group, layer };

struct Wav2Vec2Config {
    std::vector<int> conv_dim = std::vector<int>(7, 512), conv_kernel{10, 3, 3, 3, 3, 2, 2}, conv_stride{5, 2, 2, 2, 2, 2, 2};
    ConvNorm feat_extract_norm = ConvNorm::group;
    bool conv_bias = false;
    int hidden_size = 768;             // D
    int num_hidden_layers = 12;        // n: there are n + 1 hidden states
    int num_attention_heads = 12;
    int intermediate_size = 3072;
    int num_conv_pos_embeddings = 128;  // kernel of the positional convolution
    int num_conv_pos_embedding_groups = 16;
    bool do_stable_layer_norm = false;  // norms before attention and feed-forward instead of after, and one at the end
    double layer_norm_eps = 1e-5;

    int64_t hop() const;              // samples between features
    int64_t receptive_field() const;  // samples that a feature's convolutions see
    /// Features of `samples` samples; 0 when they are fewer than receptive_field().
    int64_t features_of(int64_t samples) const;
};

nlohmann::json to_json(const Wav2Vec2Config& config);
/// Reads a published config.json, or what to_json wrote; absent fields keep their defaults, which are those of base; fields that change nothing
/// here (dropout, masking, losses) are not looked at. Throws Error naming `subject` and the field: unreadable, mismatch, unsupported.
Wav2Vec2Config wav2vec2_config_from_json(const nlohmann::json& json, const std::string& subject);

}  // namespace mirrorme

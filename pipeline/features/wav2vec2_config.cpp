#include "features/wav2vec2_config.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_fields.h"

namespace mirrorme {
namespace {

void read(const JsonObject& json, const char* key, int maximum, int& out) {
    if (json.has(key)) out = static_cast<int>(json.integer(key, 1, maximum));
}

void read(const JsonObject& json, const char* key, bool& out) {
    if (json.has(key)) out = json.flag(key);
}

void read(const JsonObject& json, const char* key, int maximum, std::vector<int>& out) {
    if (!json.has(key)) return;
    out.clear();
    for (const auto& value : json.array(key, 32)) {
        if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > maximum)
            json.wrong(key, "holds something that is no size", "Give whole numbers from 1 to " + std::to_string(maximum) + ", one for each convolution.");
        out.push_back(value.get<int>());
    }
}

/// Another value would be another architecture under the same names.
void want_text(const JsonObject& json, const char* key, const char* only) {
    if (json.has(key) && json.text(key) != only)
        throw Error(ErrorCode::unsupported, json.subject() + ", field " + key, "'" + json.text(key) + "' is not known here", std::string("Known is ") + only + ".");
}

void check(const JsonObject& json, const Wav2Vec2Config& c) {
    if (c.conv_dim.empty()) json.wrong("conv_dim", "is empty", "Give the channels of at least one convolution.");
    if (c.conv_kernel.size() != c.conv_dim.size()) json.wrong("conv_kernel", "is not as long as conv_dim");
    if (c.conv_stride.size() != c.conv_dim.size()) json.wrong("conv_stride", "is not as long as conv_dim");
    if (c.hidden_size % c.num_attention_heads != 0) json.wrong("num_attention_heads", "does not divide hidden_size");
    if (c.hidden_size % c.num_conv_pos_embedding_groups != 0) json.wrong("num_conv_pos_embedding_groups", "does not divide hidden_size");
}

}  // namespace

int64_t Wav2Vec2Config::hop() const {
    int64_t hop = 1;
    for (const int stride : conv_stride) hop *= stride;
    return hop;
}

int64_t Wav2Vec2Config::receptive_field() const {
    int64_t field = 1;
    for (std::size_t i = conv_kernel.size(); i-- > 0;) field = (field - 1) * conv_stride[i] + conv_kernel[i];
    return field;
}

int64_t Wav2Vec2Config::features_of(int64_t samples) const { return samples < receptive_field() ? 0 : (samples - receptive_field()) / hop() + 1; }

nlohmann::json to_json(const Wav2Vec2Config& c) {
    return {{"model_type", "wav2vec2"},
            {"conv_dim", c.conv_dim},
            {"conv_kernel", c.conv_kernel},
            {"conv_stride", c.conv_stride},
            {"feat_extract_norm", c.feat_extract_norm == ConvNorm::group ? "group" : "layer"},
            {"conv_bias", c.conv_bias},
            {"hidden_size", c.hidden_size},
            {"num_hidden_layers", c.num_hidden_layers},
            {"num_attention_heads", c.num_attention_heads},
            {"intermediate_size", c.intermediate_size},
            {"num_conv_pos_embeddings", c.num_conv_pos_embeddings},
            {"num_conv_pos_embedding_groups", c.num_conv_pos_embedding_groups},
            {"do_stable_layer_norm", c.do_stable_layer_norm},
            {"layer_norm_eps", c.layer_norm_eps}};
}

Wav2Vec2Config wav2vec2_config_from_json(const nlohmann::json& value, const std::string& subject) {
    const JsonObject json(value, subject);
    Wav2Vec2Config config;
    want_text(json, "model_type", "wav2vec2");
    want_text(json, "hidden_act", "gelu");
    want_text(json, "feat_extract_activation", "gelu");
    if (json.has("add_adapter") && json.flag("add_adapter"))
        throw Error(ErrorCode::unsupported, subject + ", field add_adapter", "this model has an adapter after its last layer", "Take one without, such as wav2vec2-base-960h.");
    if (json.has("adapter_attn_dim") && !json.raw("adapter_attn_dim").is_null())
        throw Error(ErrorCode::unsupported, subject + ", field adapter_attn_dim", "this model has adapters in its layers", "Take one without, such as wav2vec2-base-960h.");
    if (json.has("feat_extract_norm")) {
        const std::string norm = json.text("feat_extract_norm");
        if (norm != "group" && norm != "layer") json.wrong("feat_extract_norm", "'" + norm + "' is not known", "Known are group and layer.");
        config.feat_extract_norm = norm == "group" ? ConvNorm::group : ConvNorm::layer;
    }
    read(json, "conv_dim", 65536, config.conv_dim);
    read(json, "conv_kernel", 1024, config.conv_kernel);
    read(json, "conv_stride", 64, config.conv_stride);
    read(json, "conv_bias", config.conv_bias);
    read(json, "hidden_size", 65536, config.hidden_size);
    read(json, "num_hidden_layers", 1024, config.num_hidden_layers);
    read(json, "num_attention_heads", 1024, config.num_attention_heads);
    read(json, "intermediate_size", 262144, config.intermediate_size);
    read(json, "num_conv_pos_embeddings", 4096, config.num_conv_pos_embeddings);
    read(json, "num_conv_pos_embedding_groups", 4096, config.num_conv_pos_embedding_groups);
    read(json, "do_stable_layer_norm", config.do_stable_layer_norm);
    if (json.has("layer_norm_eps")) config.layer_norm_eps = json.number("layer_norm_eps", 1e-12, 1);
    check(json, config);
    return config;
}

}  // namespace mirrorme

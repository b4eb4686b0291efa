#include "denoise/dit_config.h"

#include <nlohmann/json.hpp>

#include "core/json_fields.h"

namespace mirrorme {
namespace {

template <typename T>
struct Named {
    T value;
    const char* name;
};
constexpr Named<AttentionMode> kModes[] = {{AttentionMode::bidirectional, "bidirectional"}, {AttentionMode::block_causal, "block_causal"}};
constexpr Named<StreamHistory> kHistories[] = {{StreamHistory::clean, "clean"}, {StreamHistory::step_matched, "step_matched"}};
constexpr Named<PoseKind> kPoses[] = {{PoseKind::none, "none"}, {PoseKind::points, "points"}, {PoseKind::maps, "maps"}};

template <typename T, std::size_t N>
const char* name_of(T value, const Named<T> (&names)[N]) {
    for (const auto& entry : names)
        if (entry.value == value) return entry.name;
    return names[0].name;
}

template <typename T, std::size_t N>
void read_name(const JsonObject& json, const char* key, const Named<T> (&names)[N], T& out) {
    if (!json.has(key)) return;
    const std::string wanted = json.text(key);
    std::string known;
    for (const auto& entry : names) {
        if (wanted == entry.name) {
            out = entry.value;
            return;
        }
        known += (known.empty() ? "" : ", ") + std::string(entry.name);
    }
    json.wrong(key, "'" + wanted + "' is not known", "Known are " + known + ".");
}

void read(const JsonObject& json, const char* key, int minimum, int maximum, int& out) {
    if (json.has(key)) out = static_cast<int>(json.integer(key, minimum, maximum));
}
void read(const JsonObject& json, const char* key, double minimum, double maximum, double& out) {
    if (json.has(key)) out = json.number(key, minimum, maximum);
}
void read(const JsonObject& json, const char* key, bool& out) {
    if (json.has(key)) out = json.flag(key);
}
void read(const JsonObject& json, const char* key, int maximum, std::vector<int>& out) {
    if (!json.has(key)) return;
    out.clear();
    for (const auto& value : json.array(key, static_cast<std::size_t>(maximum))) {
        if (!value.is_number_integer() || value.get<std::int64_t>() < 0 || value.get<std::int64_t>() >= maximum)
            json.wrong(key, "holds something that is no token index", "Give whole numbers from 0.");
        out.push_back(value.get<int>());
    }
}

constexpr int kMostTokens = 65536;

void read_grid(const JsonObject& json, GridConfig& grid) {
    read(json, "temporal", 1, 64, grid.temporal);
    read(json, "spatial_stride", 1, 1024, grid.spatial_stride);
    read(json, "identity_time", -1000.0, 1000.0, grid.identity_time);
    if (!json.has("fps")) return;
    const auto& fps = json.array("fps", 2);
    if (fps.size() != 2 || !fps[0].is_number_integer() || !fps[1].is_number_integer())
        json.wrong("fps", "is no rate", "Give two whole numbers, such as [24, 1].");
    grid.fps = {fps[0].get<std::int64_t>(), fps[1].get<std::int64_t>()};
    if (!grid.fps.positive() || grid.fps.num > 1'000'000 || grid.fps.den > 1'000'000)
        json.wrong("fps", "is out of range", "Give a rate such as [24, 1] or [30000, 1001].");
}

void read_modules(const JsonObject& json, DitConfig& config) {
    if (json.has("adapter")) {
        const JsonObject adapter = json.object("adapter");
        read(adapter, "enabled", config.adapter.enabled);
        read(adapter, "tokens", 1, 64, config.adapter.tokens);
        read(adapter, "audio_dim", 1, 16384, config.adapter.audio_dim);
        read(adapter, "alpha_first", 0.0, 1.0, config.adapter.alpha_first);
        read(adapter, "alpha_last", 0.0, 1.0, config.adapter.alpha_last);
    }
    if (json.has("pose")) {
        const JsonObject pose = json.object("pose");
        read_name(pose, "kind", kPoses, config.pose.kind);
        read(pose, "points", 1, 4096, config.pose.points);
        read(pose, "hidden", 1, 16384, config.pose.hidden);
        read(pose, "tokens", kMostTokens, config.pose.tokens);
    }
    if (json.has("style")) {
        const JsonObject style = json.object("style");
        read(style, "dim", 0, 16384, config.style.dim);
        read(style, "audio_tokens", kMostTokens, config.style.audio_tokens);
    }
    if (json.has("context")) {
        const JsonObject context = json.object("context");
        read_name(context, "mode", kModes, config.context.mode);
        read_name(context, "history", kHistories, config.context.history);
        read(context, "chunk", 1, 64, config.context.chunk);
        read(context, "window", 0, 256, config.context.window);
        read(context, "anchor", config.context.anchor);
        read(context, "one_shot", config.context.one_shot);
    }
}

void check(const JsonObject& json, const DitConfig& config) {
    if (config.width() < 6 || config.width() % 2 != 0)
        json.wrong("attention_head_dim", "makes a transformer that three rotary axes do not fit", "Give an even number of heads times head width, at least 6.");
    if (config.caption_channels > 0 && config.cross_attention_dim != config.width())
        json.wrong("cross_attention_dim", "differs from the width of the transformer", "Give heads times head width.");
    if (config.part_tokens > 0)
        for (const std::vector<int>* tokens : {&config.pose.tokens, &config.style.audio_tokens})
            for (const int token : *tokens)
                if (token >= config.part_tokens) json.wrong("part_tokens", "is fewer than the tokens named by pose or style");
}

}  // namespace

double DitConfig::alpha(int layer) const {
    if (num_layers < 2) return adapter.alpha_last;
    return adapter.alpha_first + (adapter.alpha_last - adapter.alpha_first) * layer / (num_layers - 1);
}

DitConfig ltx_2b_config() { return {}; }

DitConfig mini_dit_config() {
    DitConfig config;
    config.num_layers = 6;
    config.num_attention_heads = 5;
    config.attention_head_dim = 32;
    config.cross_attention_dim = config.width();
    config.caption_channels = 0;
    config.grid = {.temporal = 4, .spatial_stride = 1, .fps = {24, 1}};
    config.adapter = {.enabled = true, .tokens = 2, .audio_dim = 128};
    config.pose = {.kind = PoseKind::points, .tokens = {4, 5}};
    config.style = {.dim = 64, .audio_tokens = {0}};
    config.context = {.mode = AttentionMode::block_causal, .window = 6};
    config.part_tokens = 6;
    return config;
}

nlohmann::json to_json(const DitConfig& c) {
    return {{"num_layers", c.num_layers},
            {"num_attention_heads", c.num_attention_heads},
            {"attention_head_dim", c.attention_head_dim},
            {"in_channels", c.in_channels},
            {"out_channels", c.out_channels},
            {"cross_attention_dim", c.cross_attention_dim},
            {"caption_channels", c.caption_channels},
            {"norm_elementwise_affine", c.norm_elementwise_affine},
            {"norm_eps", c.norm_eps},
            {"positional_embedding_theta", c.positional_embedding_theta},
            {"positional_embedding_max_pos", c.positional_embedding_max_pos},
            {"causal_temporal_positioning", c.causal_temporal_positioning},
            {"part_tokens", c.part_tokens},
            {"grid",
             {{"temporal", c.grid.temporal},
              {"spatial_stride", c.grid.spatial_stride},
              {"fps", {c.grid.fps.num, c.grid.fps.den}},
              {"identity_time", c.grid.identity_time}}},
            {"adapter",
             {{"enabled", c.adapter.enabled},
              {"tokens", c.adapter.tokens},
              {"audio_dim", c.adapter.audio_dim},
              {"alpha_first", c.adapter.alpha_first},
              {"alpha_last", c.adapter.alpha_last}}},
            {"pose",
             {{"kind", name_of(c.pose.kind, kPoses)},
              {"points", c.pose.points},
              {"hidden", c.pose.hidden},
              {"tokens", c.pose.tokens}}},
            {"style", {{"dim", c.style.dim}, {"audio_tokens", c.style.audio_tokens}}},
            {"context",
             {{"mode", name_of(c.context.mode, kModes)},
              {"history", name_of(c.context.history, kHistories)},
              {"chunk", c.context.chunk},
              {"window", c.context.window},
              {"anchor", c.context.anchor},
              {"one_shot", c.context.one_shot}}}};
}

DitConfig dit_config_from_json(const nlohmann::json& value, const std::string& subject) {
    const JsonObject json(value, subject);
    DitConfig config;
    read(json, "num_layers", 1, 1024, config.num_layers);
    read(json, "num_attention_heads", 1, 1024, config.num_attention_heads);
    read(json, "attention_head_dim", 1, 4096, config.attention_head_dim);
    config.cross_attention_dim = config.width();
    read(json, "in_channels", 1, 16384, config.in_channels);
    config.out_channels = config.in_channels;
    if (json.has("out_channels") && !json.raw("out_channels").is_null()) read(json, "out_channels", 1, 16384, config.out_channels);
    read(json, "cross_attention_dim", 0, 65536, config.cross_attention_dim);
    if (json.has("caption_channels") && json.raw("caption_channels").is_null()) config.caption_channels = 0;
    else read(json, "caption_channels", 0, 65536, config.caption_channels);
    read(json, "norm_elementwise_affine", config.norm_elementwise_affine);
    read(json, "norm_eps", 1e-12, 1.0, config.norm_eps);
    read(json, "positional_embedding_theta", 1.0, 1e9, config.positional_embedding_theta);
    read(json, "causal_temporal_positioning", config.causal_temporal_positioning);
    read(json, "part_tokens", 0, kMostTokens, config.part_tokens);
    if (json.has("positional_embedding_max_pos")) {
        const auto& axes = json.array("positional_embedding_max_pos", 3);
        if (axes.size() != 3) json.wrong("positional_embedding_max_pos", "does not have three axes", "Give time, height and width.");
        for (std::size_t i = 0; i < 3; ++i) {
            if (!axes[i].is_number() || axes[i].get<double>() <= 0)
                json.wrong("positional_embedding_max_pos", "holds something that is no positive number");
            config.positional_embedding_max_pos[i] = axes[i].get<double>();
        }
    }
    if (json.has("grid")) read_grid(json.object("grid"), config.grid);
    read_modules(json, config);
    check(json, config);
    return config;
}

}  // namespace mirrorme

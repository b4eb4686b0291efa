#pragma once
// Sizes and switches of the diffusion transformer. The first group carries the names that published LTX-Video
// configurations use; the rest is ours. Whatever is switched off leaves no tensors behind.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/time.h"

namespace mirrorme {

enum class AttentionMode {
    bidirectional,  // every token sees every token: clips made in one go
    block_causal,   // a chunk sees the identity, the anchor, the last `window` latent frames and itself: streams
};

/// What a chunk sees of the latent frames before it.
enum class StreamHistory {
    clean,         // finished latents, run once more at time 0
    step_matched,  // what they were at the same step of their own sampling
};

enum class PoseKind { none, points, maps };

struct AdapterConfig {
    bool enabled = false;
    int tokens = 4;           // n: tokens of a latent frame; the encoder adds one learned token
    int audio_dim = 1024;     // D_a
    double alpha_first = 0;   // weight of the window branch in the first block ...
    double alpha_last = 1;    // ... and in the last, linear in between (RAP: 0 and 1)
};

struct PoseConfig {
    PoseKind kind = PoseKind::none;
    int points = 44;          // key points of a frame (two hands with elbow and wrist), each x, y, confidence
    int hidden = 128;         // width of the inner layer (points) or of the convolutions (maps)
    std::vector<int> tokens;  // points: the tokens of a latent frame that receive the pose
};

struct StyleConfig {
    int dim = 0;                    // D_s, 0 = no style input
    std::vector<int> audio_tokens;  // tokens of a latent frame that follow the sound rather than the style
};

struct ContextConfig {
    AttentionMode mode = AttentionMode::bidirectional;
    StreamHistory history = StreamHistory::clean;
    int chunk = 1;        // c: latent frames made together
    int window = 6;       // k: latent frames before the chunk that it sees
    bool anchor = true;   // it also sees the stream's first latent frame
    bool one_shot = false;  // the weights also know clips made in one go, whatever the mode
};

/// How latent cells lie in time and space, for the rotary positions.
struct GridConfig {
    int temporal = 8;            // r: video frames of a latent frame
    int spatial_stride = 32;     // pixels of a cell
    Rational fps{25, 1};
    double identity_time = -1;   // where the reference picture lies, in latent frames
};

struct DitConfig {
    int num_layers = 28;
    int num_attention_heads = 32;
    int attention_head_dim = 64;
    int in_channels = 128;
    int out_channels = 128;
    int cross_attention_dim = 2048;   // must equal width() where there is text
    int caption_channels = 4096;      // 0 = no text cross-attention at all
    bool norm_elementwise_affine = false;  // weights in the norms before self-attention and feed-forward
    double norm_eps = 1e-6;                // of these norms
    double positional_embedding_theta = 10000;
    std::vector<double> positional_embedding_max_pos{20, 2048, 2048};
    bool causal_temporal_positioning = true;  // the first latent frame stands for one video frame (LTX 0.9.5 and later)

    GridConfig grid;
    AdapterConfig adapter;
    PoseConfig pose;
    StyleConfig style;
    ContextConfig context;
    int part_tokens = 0;  // > 0: tokens of a latent frame that each have their own meaning, and their own projections

    int width() const { return num_attention_heads * attention_head_dim; }
    /// Weight of the window branch in block `layer`.
    double alpha(int layer) const;
};

/// The published LTX-Video 2B transformer, without our modules.
DitConfig ltx_2b_config();
/// The transformer of `mini`: codec `motion`, six part tokens, chunks of four frames.
DitConfig mini_dit_config();

nlohmann::json to_json(const DitConfig& config);
/// Absent fields keep their defaults; unknown fields are left alone (published configurations carry many).
/// Throws Error: unreadable (wrong type), mismatch (value out of range), naming the field.
DitConfig dit_config_from_json(const nlohmann::json& json, const std::string& subject);

}  // namespace mirrorme

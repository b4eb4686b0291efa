#pragma once
// A transformer with everything of ours in it, small enough to run in milliseconds.

#include "denoise/dit_model.h"
#include "support/golden_fill.h"

namespace mirrorme::testing {

inline DitConfig small_config() {
    DitConfig config = mini_dit_config();
    config.num_layers = 3;
    config.num_attention_heads = 2;
    config.attention_head_dim = 24;
    config.cross_attention_dim = 48;
    config.in_channels = config.out_channels = 12;
    config.adapter.audio_dim = 20;
    config.pose.hidden = 16;
    config.style.dim = 5;
    config.context.window = 2;
    return config;
}

/// Every weight random, those that start at zero too.
inline DitModel trained_model(const DitConfig& config) {
    DitModel model(config);
    golden::fill(*model);
    model->eval();
    return model;
}

inline Conditioning small_conditioning(const DitConfig& config, int64_t batch, int64_t frames) {
    const int64_t tokens = config.part_tokens;
    Conditioning told;
    told.audio = golden::input("audio", {batch, frames, config.adapter.tokens + 1, config.adapter.audio_dim});
    told.silent = torch::zeros({batch, frames}, torch::kBool);
    if (frames > 2) told.silent.select(1, 2).fill_(true);
    told.identity = golden::input("identity", {batch, config.in_channels, 1, 1, tokens});
    told.pose = golden::input("pose", {batch, frames, PoseEncoder::pose_dim(config)});
    told.pose_given = torch::ones({batch, frames}, torch::kBool);
    if (frames > 1) told.pose_given.select(1, 1).fill_(false);
    told.face_mask = golden::input("mask", {batch, frames, tokens}) * 0.5 + 0.5;
    told.style = golden::input("style", {batch, config.style.dim});
    return told;
}

/// Latent frames [first, first + count) of a clip's conditioning.
inline Conditioning part_of(const Conditioning& all, int64_t first, int64_t count) {
    Conditioning part = all;
    for (torch::Tensor* t : {&part.audio, &part.silent, &part.pose, &part.pose_given, &part.face_mask})
        if (t->defined()) *t = t->narrow(1, first, count);
    return part;
}

inline double largest_difference(const torch::Tensor& a, const torch::Tensor& b) { return (a - b).abs().max().item<double>(); }

}  // namespace mirrorme::testing

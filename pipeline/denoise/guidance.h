#pragma once
// Guidance of clips made in one go: what a model says when it is told, against what it says when it is not (CFG), and when some of its blocks are made
// worse (STG). Up to three passes a step, so streams do without. Source: LTX-Video pipeline_ltx_video.py, skip_layer_strategy.py, restated.

#include <torch/torch.h>

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "denoise/dit_model.h"

namespace mirrorme {

struct GuidanceConfig {
    double scale = 1;        // w of CFG; 1 = off
    bool projected = false;  // CFG*: the untold pass is first scaled onto the told one
    double stg = 0;          // s of STG; 0 = off
    PerturbedBlocks perturbed = {.kind = Perturbation::attention_values, .blocks = {}};
    double rescale = 0;      // r: with STG, how far the spread is brought back to the told pass's; 0 = not, 1 = wholly

    bool wants_untold() const { return scale != 1; }
    bool wants_perturbed() const { return stg != 0 && !perturbed.blocks.empty(); }
};

/// {"scale", "projected", "stg", "stg_blocks", "stg_mode", "rescale"}.
nlohmann::json to_json(const GuidanceConfig& config);
/// Throws Error naming the field: unreadable, mismatch (a block that a transformer of `layers` blocks has not).
GuidanceConfig guidance_config_from_json(const nlohmann::json& json, const std::string& subject, int layers);

/// The same picture and pose, nothing heard, no text, no style: what CFG steers away from.
Conditioning untold(const Conditioning& told);

// g = u + w (c - u); g += s (c - p); g *= r std(c) / std(g) + 1 - r, a sample at a time. All [B, ...] of one shape; an undefined pass leaves its term out.
torch::Tensor guided_velocity(const torch::Tensor& told, const torch::Tensor& untold, const torch::Tensor& perturbed, const GuidanceConfig& config);

}  // namespace mirrorme

#pragma once
// Is anybody heard in a latent frame? The same question, asked the same way, when a model is trained and when it runs. It has no
// state: the answer for a latent frame depends on a fixed stretch of samples, so it does not matter how they came.

#include <torch/torch.h>

#include <vector>

#include "core/time.h"

namespace mirrorme {

struct SpeechActivityConfig {
    double threshold_db = -50;  // dB of full scale: below it nothing is ever heard
    double margin_db = 10;      // above the noise floor, the tenth percentile of the level over `history`
    int hang_hops = 12;         // hops of 10 ms before a latent frame that still count for it
    int history_hops = 200;     // hops over which the noise floor is looked for
    int loud_hops = 3;          // hops that must be loud: a click is not speech
};

inline constexpr int64_t kSpeechHop = 160;  // samples

/// Levels in dB of full scale: samples [B, 160 n] -> [B, n], at least -120.
torch::Tensor hop_levels(const torch::Tensor& samples);

/// levels [B, n], hop `first_hop` first; spans in hops, one a latent frame -> [B, spans] bool, true = nobody is heard.
/// Every span must have config.history_hops of levels before its end.
torch::Tensor find_silence(const torch::Tensor& levels, int64_t first_hop, const std::vector<IndexSpan>& spans,
                           const SpeechActivityConfig& config);

}  // namespace mirrorme

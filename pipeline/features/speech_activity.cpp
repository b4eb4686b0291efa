#include "features/speech_activity.h"

#include <algorithm>

namespace mirrorme {

using torch::Tensor;

Tensor hop_levels(const Tensor& samples) {
    const Tensor power = samples.to(torch::kFloat).unflatten(1, {-1, kSpeechHop}).square().mean(-1);
    return 10 * torch::log10(power.clamp_min(1e-12));
}

Tensor find_silence(const Tensor& levels, int64_t first_hop, const std::vector<IndexSpan>& spans, const SpeechActivityConfig& config) {
    std::vector<Tensor> silent;
    for (const IndexSpan& span : spans) {
        const int64_t end = span.end - first_hop;
        const int64_t history = std::min<int64_t>(config.history_hops, end);
        const Tensor past = levels.narrow(1, end - history, history);
        const Tensor floor = std::get<0>(past.kthvalue(std::max<int64_t>(1, history / 10), 1));
        const int64_t hops = std::min<int64_t>(span.size() + config.hang_hops, end);
        const Tensor recent = levels.narrow(1, end - hops, hops);
        const Tensor loudest = std::get<0>(recent.kthvalue(std::max<int64_t>(1, hops - config.loud_hops + 1), 1));
        silent.push_back(loudest < (floor + config.margin_db).clamp_min(config.threshold_db));
    }
    return torch::stack(silent, 1);
}

}  // namespace mirrorme

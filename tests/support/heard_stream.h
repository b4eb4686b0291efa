#pragma once
// An audio front end on sound that is all there, as a stream would give it.

#include <torch/torch.h>

#include <algorithm>

#include "features/audio_frontend.h"

namespace mirrorme::testing {

/// What a reader of the stream gets: silence before its start and after its end.
inline torch::Tensor window(const torch::Tensor& sound, const SampleSpan& span) {
    torch::Tensor out = torch::zeros({sound.size(0), span.size()});
    const SampleIndex first = std::max<SampleIndex>(span.first, 0), end = std::min<SampleIndex>(span.end, sound.size(1));
    if (end > first) out.slice(1, first - span.first, end - span.first).copy_(sound.slice(1, first, end));
    return out;
}

inline AudioTokens hear(AudioFrontEnd& front, const torch::Tensor& sound, IndexSpan latents, FirstLatent start) {
    return front->encode(window(sound, front->span(latents, start)), latents, start);
}

}  // namespace mirrorme::testing

#include "engine/session/speech_track.h"

#include <algorithm>

namespace mirrorme {

void SpeechTrack::advance(const AudioTimeline& audio, SampleIndex until) noexcept {
    constexpr std::int64_t kHop = SpeechGate::kHopSamples;
    const std::int64_t anchor_hop = mul_div_floor(audio.anchored_at(), 1, kHop);
    if (next_hop_ < anchor_hop) {  // the sound jumped: what was learnt about the room still holds, what was open does not
        open_.fill(false);
        next_hop_ = anchor_hop;
    }
    std::array<float, kHop> samples;
    for (; (next_hop_ + 1) * kHop <= until; ++next_hop_) {
        audio.read(next_hop_ * kHop, samples);
        const SpeechGate::Hop hop = gate_.process(samples);
        open_[static_cast<std::size_t>(next_hop_ % kHops)] = hop.open;
        level_db_ = hop.level_db;
    }
}

bool SpeechTrack::speech_in(SampleSpan span) const noexcept {
    constexpr std::int64_t kHop = SpeechGate::kHopSamples;
    const std::int64_t first = std::max({mul_div_floor(span.first, 1, kHop), next_hop_ - kHops, std::int64_t{0}});
    const std::int64_t end = std::min(mul_div_ceil(span.end, 1, kHop), next_hop_);
    for (std::int64_t hop = first; hop < end; ++hop)
        if (open_[static_cast<std::size_t>(hop % kHops)]) return true;
    return false;
}

}  // namespace mirrorme

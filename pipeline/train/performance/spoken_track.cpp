#include "train/performance/spoken_track.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace mirrorme {

SpokenTrackBuilder::SpokenTrackBuilder(std::int64_t samples) {
    track_.audio_16k.assign(static_cast<std::size_t>(std::max<std::int64_t>(samples, 0)), 0.0f);
}

void SpokenTrackBuilder::add_silence(std::int64_t end) {
    const std::int64_t start = track_.phonemes.empty() ? 0 : track_.phonemes.back().end_sample;
    if (end <= start) return;
    if (!track_.phonemes.empty() && track_.phonemes.back().phone == Phone::silence) track_.phonemes.back().end_sample = end;
    else track_.phonemes.push_back({Phone::silence, start, end, start, 0, false});
}

void SpokenTrackBuilder::add(const SpeechClip& clip, std::int64_t start) {
    const auto size = static_cast<std::int64_t>(track_.audio_16k.size());
    const std::int64_t first = std::max<std::int64_t>(0, -start);
    const std::int64_t last = std::min(static_cast<std::int64_t>(clip.samples.size()), size - start);
    for (std::int64_t i = first; i < last; ++i) track_.audio_16k[static_cast<std::size_t>(start + i)] += clip.samples[static_cast<std::size_t>(i)];

    add_silence(std::min(start, size));
    for (PhonemeSpan span : clip.phonemes) {
        const std::int64_t from = track_.phonemes.empty() ? 0 : track_.phonemes.back().end_sample;
        span.start_sample = std::clamp(span.start_sample + start, from, size);
        span.end_sample = std::clamp(span.end_sample + start, from, size);
        span.release_sample = std::clamp(span.release_sample + start, span.start_sample, span.end_sample);
        if (span.end_sample <= span.start_sample) continue;
        if (span.phone == Phone::silence) add_silence(span.end_sample);
        else track_.phonemes.push_back(span);
    }
}

void SpokenTrackBuilder::add_breath(std::int64_t end, SeededRandom& random) {
    const auto length = static_cast<std::int64_t>(kSpeechRate * (0.25 + 0.2 * random.unit()));
    const double level = 0.004 + 0.008 * random.unit();
    double low = 0, band = 0;  // a wide resonance near 1.5 kHz
    for (std::int64_t i = 0; i < length; ++i) {
        const double shape = std::sin(std::numbers::pi * static_cast<double>(i) / static_cast<double>(length));
        const double high = random.normal() - low - 0.9 * band;
        band += 0.55 * high;
        low += 0.55 * band;
        const std::int64_t at = end - length + i;
        if (at < 0 || at >= static_cast<std::int64_t>(track_.audio_16k.size())) continue;
        track_.audio_16k[static_cast<std::size_t>(at)] += static_cast<float>(level * shape * band);
    }
}

SpokenTrack SpokenTrackBuilder::finish() {
    add_silence(static_cast<std::int64_t>(track_.audio_16k.size()));
    return std::move(track_);
}

}  // namespace mirrorme

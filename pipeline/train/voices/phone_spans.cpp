#include "train/voices/phone_spans.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace mirrorme {
namespace {

// Note [Closures]
// A stop is silence (or a murmur) behind closed lips, then a burst. espeak-ng says when a voiceless stop bursts and
// leaves its closure to the sound before; its voiced stops, and all of flite's, begin with the closure. Here every stop
// spans closure and burst, with the moment between them. It is read off the sound in steps of 5 ms: a closure is a run
// of next to no energy, a release is where the high frequencies (differences of neighbouring samples) come back.

constexpr int kStep = kSpeechRate / 200;  // 5 ms
constexpr std::int64_t ms(int value) { return std::int64_t{kSpeechRate} * value / 1000; }

constexpr std::int64_t kLongestClosure = ms(140);
constexpr std::int64_t kShortestClosure = ms(30);
constexpr std::int64_t kClosureAfterPause = ms(60);   // lips come together before the sound starts
constexpr std::int64_t kMurmurAfterPause = ms(40);

/// How the sounds of one label share its time: the first target of a diphthong is held longer.
std::vector<double> shares_of(std::size_t count) {
    if (count == 2) return {0.58, 1};
    if (count == 3) return {0.45, 0.75, 1};
    std::vector<double> shares(count);
    for (std::size_t i = 0; i < count; ++i) shares[i] = static_cast<double>(i + 1) / static_cast<double>(count);
    return shares;
}

/// Level and high-frequency level of each step.
struct Levels {
    std::vector<float> level, edge;
    float loud = 0;  // level that a tenth of the steps exceed

    explicit Levels(std::span<const float> samples) {
        const std::size_t steps = samples.size() / kStep;
        level.resize(steps);
        edge.resize(steps);
        for (std::size_t k = 0; k < steps; ++k) {
            float energy = 0, high = 0;
            for (std::size_t i = k * kStep; i < (k + 1) * kStep; ++i) {
                const float difference = i > 0 ? samples[i] - samples[i - 1] : 0.0f;
                energy += samples[i] * samples[i];
                high += difference * difference;
            }
            level[k] = std::sqrt(energy / kStep);
            edge[k] = std::sqrt(high / kStep);
        }
        std::vector<float> sorted = level;
        if (!sorted.empty()) {
            const auto nth = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() * 9 / 10);
            std::nth_element(sorted.begin(), nth, sorted.end());
            loud = *nth;
        }
    }
    std::int64_t steps() const { return static_cast<std::int64_t>(level.size()); }
};

std::vector<PhonemeSpan> spans_of_labels(const EngineSpeech& speech, std::int64_t size, const LabelReader& reader) {
    std::vector<PhonemeSpan> spans;
    const auto append = [&](Phone phone, std::int64_t start, std::int64_t end) {
        if (end <= start) return;
        if (!spans.empty() && spans.back().phone == Phone::silence && phone == Phone::silence) {
            spans.back().end_sample = end;
            return;
        }
        spans.push_back({phone, start, end, start, 0, false});
    };
    std::int64_t at = 0;
    for (const EngineLabel& label : speech.labels) {
        const std::int64_t start = std::clamp(label.start_sample * kSpeechRate / speech.rate, at, size);
        const std::int64_t end = std::clamp(label.end_sample * kSpeechRate / speech.rate, start, size);
        if (start > at && spans.empty()) append(Phone::silence, at, start);
        const std::vector<Phone> phones = reader(label.name);
        if (phones.empty()) {  // a mark without a sound of its own
            if (spans.empty()) append(Phone::silence, start, end);
            else spans.back().end_sample = end;
        }
        const std::vector<double> shares = shares_of(phones.size());
        std::int64_t from = start;
        for (std::size_t i = 0; i < phones.size(); ++i) {
            const std::int64_t to = start + static_cast<std::int64_t>(std::llround(static_cast<double>(end - start) * shares[i]));
            append(phones[i], from, to);
            from = to;
        }
        at = end;
    }
    if (at < size) append(Phone::silence, at, size);
    return spans;
}

bool is_voiceless_stop(Phone p) {
    return p == Phone::p || p == Phone::t || p == Phone::k || p == Phone::ts || p == Phone::ch;
}

/// First sample of the quiet run that ends at `burst`, not before `earliest`.
std::int64_t quiet_run_before(const Levels& levels, std::int64_t burst, std::int64_t earliest) {
    const float quiet = 0.06f * levels.loud;
    std::int64_t step = std::min(burst / kStep, levels.steps()) - 1;
    while (step >= 0 && step * kStep >= earliest && levels.level[static_cast<std::size_t>(step)] < quiet) --step;
    return std::max((step + 1) * kStep, earliest);
}

/// Gives a voiceless stop of espeak-ng the closure that its predecessor holds.
void take_closure_from(PhonemeSpan& before, PhonemeSpan& stop, const Levels& levels) {
    const std::int64_t burst = stop.start_sample;
    const std::int64_t held = before.end_sample - before.start_sample;
    std::int64_t start;
    if (before.phone == Phone::silence) {
        start = std::max(burst - kClosureAfterPause, before.start_sample + held / 4);
    } else {
        // Part of the sound before must stay, of a voiceless stop the burst too.
        const std::int64_t keep = std::max(before.release_sample, before.start_sample) + std::min(held / 3, ms(40));
        const std::int64_t earliest = std::min(burst, std::max(burst - kLongestClosure, keep));
        start = quiet_run_before(levels, burst, earliest);
        start = std::max(earliest, std::min(start, burst - kShortestClosure));
    }
    stop.start_sample = before.end_sample = start;
    stop.release_sample = burst;
}

/// Where the closure at the start of `stop` opens.
std::int64_t release_in(const PhonemeSpan& stop, const Levels& levels) {
    const std::int64_t first = stop.start_sample / kStep;
    const std::int64_t last = std::min(stop.end_sample / kStep, levels.steps());
    if (last - first < 3) return stop.end_sample;
    // Pitch pulses fall between steps: two neighbours together are never between pulses.
    const auto edge = [&](std::int64_t k) {
        const auto next = std::min(k + 1, levels.steps() - 1);
        return std::max(levels.edge[static_cast<std::size_t>(k)], levels.edge[static_cast<std::size_t>(next)]);
    };
    std::int64_t calm = first;
    float peak = 0;
    for (std::int64_t k = first; k < last; ++k) {
        if (edge(k) < edge(calm)) calm = k;
    }
    for (std::int64_t k = calm; k < std::min(last + 6, levels.steps()); ++k) peak = std::max(peak, edge(k));
    for (std::int64_t k = calm + 1; k < last; ++k) {
        if (levels.edge[static_cast<std::size_t>(k)] > 0.2f * peak) return std::max(k * kStep, stop.start_sample + ms(10));
    }
    return stop.end_sample;
}

void find_closures(std::vector<PhonemeSpan>& spans, const Levels& levels, ClosureLabels convention) {
    const auto taken_from_before = [&](Phone p) { return convention == ClosureLabels::before_voiceless && is_voiceless_stop(p); };
    for (std::size_t i = 1; i < spans.size(); ++i) {
        if (taken_from_before(spans[i].phone)) take_closure_from(spans[i - 1], spans[i], levels);
    }
    for (std::size_t i = 0; i < spans.size(); ++i) {
        PhonemeSpan& span = spans[i];
        if (span.phone == Phone::m) span.release_sample = span.end_sample;
        if (!is_stop(span.phone) || taken_from_before(span.phone)) continue;
        if (i > 0 && spans[i - 1].phone == Phone::silence) {
            PhonemeSpan& pause = spans[i - 1];
            const std::int64_t held = pause.end_sample - pause.start_sample;
            span.start_sample = pause.end_sample = std::max(span.start_sample - kMurmurAfterPause, pause.start_sample + held / 4);
        }
        span.release_sample = release_in(span, levels);
    }
    std::erase_if(spans, [](const PhonemeSpan& s) { return s.end_sample <= s.start_sample; });
    for (PhonemeSpan& s : spans) s.release_sample = std::clamp(s.release_sample, s.start_sample, s.end_sample);
}

float decibels(const Levels& levels, const PhonemeSpan& span) {
    const std::int64_t first = span.start_sample / kStep;
    const std::int64_t last = std::min(std::max(span.end_sample / kStep, first + 1), levels.steps());
    float energy = 1e-8f;
    for (std::int64_t k = first; k < last; ++k) {
        const float level = levels.level[static_cast<std::size_t>(k)];
        energy += level * level / static_cast<float>(last - first);
    }
    return 10 * std::log10(energy);
}

/// Louder and longer than the other vowels of the clip is prominent: what a listener, or a model, can hear.
void find_prominence(std::vector<PhonemeSpan>& spans, const Levels& levels) {
    struct Nucleus { std::size_t first, end; float db, length; };
    std::vector<Nucleus> nuclei;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (!is_vowel(spans[i].phone)) continue;
        std::size_t end = i + 1;
        while (end < spans.size() && is_vowel(spans[end].phone)) ++end;
        PhonemeSpan whole = spans[i];
        whole.end_sample = spans[end - 1].end_sample;
        const auto length = static_cast<float>(whole.end_sample - whole.start_sample) / kSpeechRate;
        nuclei.push_back({i, end, decibels(levels, whole), std::log(std::max(length, 0.01f))});
        i = end;
    }
    if (nuclei.empty()) return;
    const auto count = static_cast<float>(nuclei.size());
    float db = 0, length = 0, db2 = 0, length2 = 0;
    for (const Nucleus& n : nuclei) {
        db += n.db / count;
        length += n.length / count;
    }
    for (const Nucleus& n : nuclei) {
        db2 += (n.db - db) * (n.db - db) / count;
        length2 += (n.length - length) * (n.length - length) / count;
    }
    const float db_scale = 1 / std::max(std::sqrt(db2), 1.0f), length_scale = 1 / std::max(std::sqrt(length2), 0.1f);
    for (const Nucleus& n : nuclei) {
        const float z = 0.9f * (n.db - db) * db_scale + 0.7f * (n.length - length) * length_scale;
        const float prominence = 1 / (1 + std::exp(-1.2f * z));
        for (std::size_t i = n.first; i < n.end; ++i) spans[i].prominence = prominence;
        spans[n.first].stressed = prominence > kStressedProminence;
    }
}

}  // namespace

std::vector<PhonemeSpan> phone_spans(const EngineSpeech& speech, std::span<const float> samples, ClosureLabels convention,
                                     const LabelReader& reader) {
    const Levels levels(samples);
    auto spans = spans_of_labels(speech, static_cast<std::int64_t>(samples.size()), reader);
    find_closures(spans, levels, convention);
    find_prominence(spans, levels);
    return spans;
}

}  // namespace mirrorme

#include "train/performance/mouth_track.h"

#include <algorithm>
#include <cmath>

#include "train/performance/performance.h"
#include "train/performance/visemes.h"

namespace mirrorme {
namespace {

// Note [Coarticulation]
// Every sound pulls the mouth towards its viseme before it starts and after it ends, and the mouth is the weighted mean
// of what pulls (Cohen and Massaro's dominance functions). Jaws move within about 60 ms, rounded lips announce
// themselves 100 ms ahead. A mean never reaches an extreme, and lips that do not touch in an m are the first thing a
// viewer sees, so closures are laid over it as gates: exactly shut between closure and release, smooth on both sides.
// At 24 fps a closure may fall between two frames; its gate then reaches to the nearest one.

constexpr double kHorizon = 0.35;          // seconds: what is further away does not pull
constexpr double kJawBefore = 0.050, kJawAfter = 0.055;
constexpr double kLipsBefore = 0.055, kLipsAfter = 0.060, kRoundingBefore = 0.045;  // the last is added when rounded
constexpr double kTransition = 0.045;      // the most of a sound that its neighbours take at each end
constexpr double kCloseBefore = 0.050, kOpenAfter = 0.045;

double seconds_of(std::int64_t sample) { return static_cast<double>(sample) / kSpeechRate; }
double smooth_step(double x) {
    x = std::clamp(x, 0.0, 1.0);
    return x * x * (3 - 2 * x);
}

/// One sound, prepared.
struct Pull {
    double start, end;              // where it pulls fully, seconds
    double jaw_before, jaw_after, lips_before, lips_after;
    float opening, width, rounding, teeth, tongue;
    float opening_pull, shape_pull;
};

/// Shuts the mouth to `opening` between start and end.
struct Gate {
    double start, end;
    double before, after;           // lengths of the slopes
    float opening, press, strength;
};

double weight(double t, double start, double end, double before, double after) {
    const double outside = t < start ? (start - t) / before : t > end ? (t - end) / after : 0.0;
    return std::exp(-outside * outside);
}

double gate_value(const Gate& gate, double t) {
    return smooth_step(1 - (gate.start - t) / gate.before) * smooth_step(1 - (t - gate.end) / gate.after);
}

/// Moves an interval's nearer end so that a frame lies in it.
void reach_a_frame(double& start, double& end) {
    const auto frame = static_cast<int>(std::ceil(start * 24 - 1e-9));
    const double next = seconds_of_frame(frame), previous = seconds_of_frame(frame - 1);
    if (next <= end) return;
    if (next - end < start - previous) end = next;
    else start = previous;
}

bool is_long_pause(const PhonemeSpan& span) {
    return span.phone == Phone::silence && seconds_of(span.end_sample - span.start_sample) > kClosedPauseSeconds;
}

std::vector<Pull> pulls_of(std::span<const PhonemeSpan> phonemes, const Prosody& prosody, const Personality& who) {
    std::vector<Pull> pulls;
    pulls.reserve(phonemes.size());
    for (const PhonemeSpan& span : phonemes) {
        const Viseme& v = viseme_of(span.phone);
        const double start = seconds_of(span.start_sample), end = seconds_of(span.end_sample), length = end - start;
        Pull pull{};
        const bool shut = closes_lips(span.phone);
        pull.start = shut ? start : start + std::min(0.22 * length, kTransition);
        pull.end = shut ? seconds_of(span.release_sample) : end - std::min(0.25 * length, kTransition);
        const double tempo = 1 / who.articulation;
        pull.jaw_before = kJawBefore * tempo;
        pull.jaw_after = kJawAfter * tempo;
        pull.lips_before = (kLipsBefore + kRoundingBefore * v.rounding) * tempo;
        pull.lips_after = kLipsAfter * tempo;
        float size = who.mouth_amplitude;
        if (is_vowel(span.phone)) {
            const float loud = std::clamp(prosody.loudness((start + end) / 2), -1.5f, 1.2f);
            size *= (0.78f + 0.44f * span.prominence) * (1 + 0.14f * loud);
        }
        pull.opening = v.opening * size;
        pull.width = v.width * who.width_gain;
        pull.rounding = v.rounding * who.rounding_gain;
        pull.teeth = v.teeth * who.teeth_gain;
        pull.tongue = v.tongue;
        pull.opening_pull = v.opening_pull;
        pull.shape_pull = v.shape_pull;
        pulls.push_back(pull);
    }
    return pulls;
}

std::vector<Gate> gates_of(std::span<const PhonemeSpan> phonemes, const Personality& who) {
    std::vector<Gate> gates;
    for (const PhonemeSpan& span : phonemes) {
        Gate gate{seconds_of(span.start_sample), seconds_of(span.end_sample), kCloseBefore, kOpenAfter, 0, 0, 1};
        switch (span.phone) {
            case Phone::m:
            case Phone::p:
            case Phone::b:
                gate.end = std::max(seconds_of(span.release_sample), gate.start + 0.01);
                gate.press = span.phone == Phone::m ? 0.55f : 0.85f;
                reach_a_frame(gate.start, gate.end);
                break;
            case Phone::f:
            case Phone::v:
                gate.opening = 0.07f;
                gate.strength = 0.95f;
                reach_a_frame(gate.start, gate.end);
                break;
            case Phone::s:
            case Phone::z:
            case Phone::sh:
                gate.opening = 0.10f * who.mouth_amplitude;
                gate.strength = 0.8f;
                gate.start += 0.015;
                gate.end = std::max(gate.end - 0.02, gate.start);
                break;
            case Phone::silence:
                if (!is_long_pause(span)) continue;
                gate.start += kPauseRampSeconds;
                gate.end -= kPauseRampSeconds;
                gate.before = gate.after = kPauseRampSeconds;
                gate.press = who.rest_press;
                break;
            default:
                continue;
        }
        gates.push_back(gate);
    }
    return gates;
}

MouthPose blended(const std::vector<Pull>& pulls, std::size_t& first, double t) {
    while (first < pulls.size() && pulls[first].end < t - kHorizon) ++first;
    double jaw = 1e-6, lips = 1e-6, opening = 0, width = 0, rounding = 0, teeth = 0, tongue = 0;
    for (std::size_t i = first; i < pulls.size() && pulls[i].start < t + kHorizon; ++i) {
        const Pull& p = pulls[i];
        const double a = p.opening_pull * weight(t, p.start, p.end, p.jaw_before, p.jaw_after);
        const double b = p.shape_pull * weight(t, p.start, p.end, p.lips_before, p.lips_after);
        jaw += a;
        lips += b;
        opening += a * p.opening;
        width += b * p.width;
        rounding += b * p.rounding;
        teeth += b * p.teeth;
        tongue += b * p.tongue;
    }
    MouthPose mouth;
    mouth.opening = static_cast<float>(opening / jaw);
    mouth.width = static_cast<float>(width / lips);
    mouth.rounding = static_cast<float>(rounding / lips);
    mouth.teeth = static_cast<float>(teeth / lips);
    mouth.tongue = static_cast<float>(tongue / lips);
    return mouth;
}

}  // namespace

std::vector<MouthPose> mouth_track(std::span<const PhonemeSpan> phonemes, const Prosody& prosody, const Personality& personality,
                                   int frames) {
    const std::vector<Pull> pulls = pulls_of(phonemes, prosody, personality);
    const std::vector<Gate> gates = gates_of(phonemes, personality);
    std::vector<MouthPose> track;
    track.reserve(static_cast<std::size_t>(std::max(frames, 0)));
    std::size_t first_pull = 0, first_gate = 0;
    for (int frame = 0; frame < frames; ++frame) {
        const double t = seconds_of_frame(frame);
        MouthPose mouth = blended(pulls, first_pull, t);
        while (first_gate < gates.size() && gates[first_gate].end < t - kHorizon) ++first_gate;
        for (std::size_t i = first_gate; i < gates.size() && gates[i].start < t + kHorizon; ++i) {
            const Gate& gate = gates[i];
            const double value = gate_value(gate, t);
            const auto shut = static_cast<float>(value) * gate.strength;
            const float target = std::min(gate.opening, mouth.opening);
            mouth.opening = value >= 1 && gate.strength >= 1 ? target : mouth.opening + (target - mouth.opening) * shut;
            mouth.press = std::max(mouth.press, gate.press * static_cast<float>(value * value));
        }
        mouth.opening = std::clamp(mouth.opening, 0.0f, 1.0f);
        mouth.width = std::clamp(mouth.width, -1.0f, 1.0f);
        mouth.rounding = std::clamp(mouth.rounding, 0.0f, 1.0f);
        mouth.teeth = std::clamp(mouth.teeth, 0.0f, 1.0f);
        mouth.tongue = std::clamp(mouth.tongue, 0.0f, 1.0f);
        track.push_back(mouth);
    }
    return track;
}

}  // namespace mirrorme

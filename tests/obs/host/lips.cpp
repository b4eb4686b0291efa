#include "obs/host/lips.h"

#include <algorithm>
#include <cmath>

#include "obs/host/voice.h"

namespace mirrorme::testing {
namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr int kCardFrameMs = 42;  // a card's mouth shows the loudest sample of its frame, 1/24 s

/// One value a millisecond.
struct Curve {
    std::int64_t start_ms = 0;
    std::vector<double> values;
};

Curve mouth_curve(const std::vector<SeenFrame>& frames, std::size_t view) {
    Curve curve;
    curve.start_ms = static_cast<std::int64_t>(frames.front().ns) / kMs;
    for (std::size_t i = 0; i + 1 < frames.size(); ++i) {
        const std::int64_t end = static_cast<std::int64_t>(frames[i + 1].ns) / kMs - curve.start_ms;
        if (end > static_cast<std::int64_t>(curve.values.size())) curve.values.resize(static_cast<std::size_t>(end), frames[i].mouth[view]);
    }
    return curve;
}

/// Loudest sample within half a card frame on either side of each millisecond.
Curve loudness_curve(const HeardSound& sound) {
    Curve curve;
    curve.start_ms = static_cast<std::int64_t>(sound.start_ns) / kMs;
    constexpr std::int64_t kPerMs = kVoiceRate / 1000, kHalf = kCardFrameMs / 2;
    std::vector<double> peaks(sound.left.size() / kPerMs);
    for (std::size_t i = 0; i < peaks.size(); ++i)
        for (std::int64_t s = 0; s < kPerMs; ++s)
            peaks[i] = std::max(peaks[i], static_cast<double>(std::abs(sound.left[i * kPerMs + static_cast<std::size_t>(s)])));
    curve.values.resize(peaks.size());
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(peaks.size()); ++i) {
        const std::int64_t first = std::max<std::int64_t>(0, i - kHalf), end = std::min(static_cast<std::int64_t>(peaks.size()), i + kHalf);
        if (first < end) curve.values[static_cast<std::size_t>(i)] = *std::max_element(peaks.begin() + first, peaks.begin() + end);
    }
    return curve;
}

double correlation(const Curve& mouth, const Curve& loudness, std::int64_t shift_ms) {
    double n = 0, sx = 0, sy = 0, sxx = 0, syy = 0, sxy = 0;
    for (std::size_t i = 0; i < mouth.values.size(); ++i) {
        const std::int64_t at = mouth.start_ms + static_cast<std::int64_t>(i) - shift_ms - loudness.start_ms;
        if (at < 0 || at >= static_cast<std::int64_t>(loudness.values.size())) continue;
        const double x = mouth.values[i], y = loudness.values[static_cast<std::size_t>(at)];
        n += 1, sx += x, sy += y, sxx += x * x, syy += y * y, sxy += x * y;
    }
    const double vx = n * sxx - sx * sx, vy = n * syy - sy * sy;
    return n < 1000 || vx <= 0 || vy <= 0 ? -2 : (n * sxy - sx * sy) / std::sqrt(vx * vy);
}

}  // namespace

std::optional<LipOffset> lip_offset(const std::vector<SeenFrame>& frames, std::size_t view, const HeardSound& sound) {
    if (frames.size() < 2 || sound.left.empty()) return std::nullopt;
    const Curve mouth = mouth_curve(frames, view), loudness = loudness_curve(sound);
    LipOffset best{0, -2};
    for (std::int64_t shift = -400; shift <= 1200; ++shift)
        if (const double r = correlation(mouth, loudness, shift); r > best.correlation) best = {static_cast<double>(shift), r};
    if (best.correlation <= -2) return std::nullopt;
    return best;
}

std::optional<VoiceMatch> find_voice(const HeardSound& sound, std::int64_t from, std::int64_t count, std::uint32_t seed) {
    if (from < 0 || from + count > static_cast<std::int64_t>(sound.left.size())) return std::nullopt;
    const float* heard = sound.left.data() + from;
    constexpr std::int64_t kLongest = 60 * std::int64_t{kVoiceRate}, kProof = 2000, kStep = kVoiceRate / 10;
    const std::vector<float> voice = voice_samples(seed, 0, kLongest + count);
    // Where a stretch is damaged, the next may still tell the place.
    for (std::int64_t begin = 0; begin < count; begin += kStep) {
        // The first sample that is not silent must be the same one of the voice; the noise in it makes it unmistakable.
        std::int64_t loud = begin;
        while (loud < count && std::abs(heard[loud]) < 0.05f) ++loud;
        if (loud + kProof > count) return std::nullopt;
        for (std::int64_t at = 0; at < kLongest; ++at) {
            if (std::abs(voice[static_cast<std::size_t>(at + loud)] - heard[loud]) > 1e-4f) continue;
            std::int64_t same = 0;
            while (same < kProof && std::abs(voice[static_cast<std::size_t>(at + loud + same)] - heard[loud + same]) < 1e-4f) ++same;
            if (same < kProof) continue;
            VoiceMatch match{from - at, 0, count, -1};
            for (std::int64_t i = 0; i < count; ++i) {
                const double wrong = std::abs(voice[static_cast<std::size_t>(at + i)] - heard[i]);
                match.worst = std::max(match.worst, wrong);
                if (match.first_wrong < 0 && wrong > 1e-4) match.first_wrong = i;
            }
            return match;
        }
    }
    return std::nullopt;
}

}  // namespace mirrorme::testing

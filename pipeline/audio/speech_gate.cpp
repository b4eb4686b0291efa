#include "audio/speech_gate.h"

#include <algorithm>
#include <cmath>

namespace mirrorme {
namespace {

constexpr float kSilenceDb = -120;
constexpr float kLowestFloorDb = -90;
// Decibels a hop. Closed: 4 dB/s, so that a fan that starts is learnt in seconds. Open: 1 dB/s, so that a long vowel is not.
constexpr float kRiseClosed = 0.04f, kRiseOpen = 0.01f;
constexpr float kFall = 0.3f;  // share of the way down taken at once

/// Level without the mean: a microphone's DC offset is not speech.
float level_db(std::span<const float> samples) noexcept {
    double sum = 0, squares = 0;
    for (const float x : samples) {
        sum += x;
        squares += static_cast<double>(x) * x;
    }
    const double n = static_cast<double>(samples.size());
    const double power = squares / n - (sum / n) * (sum / n);
    return power > 1e-12 ? static_cast<float>(10 * std::log10(power)) : kSilenceDb;
}

}  // namespace

SpeechGate::Hop SpeechGate::process(std::span<const float> samples) noexcept {
    const float level = level_db(samples);
    const bool loud = level > std::max(settings_.threshold_db, floor_db_ + settings_.margin_db);
    loud_run_ = loud ? loud_run_ + 1 : 0;
    quiet_run_ = loud ? 0 : quiet_run_ + 1;
    if (loud_run_ >= settings_.onset_hops) open_ = true;
    if (quiet_run_ * 10 > settings_.hold_ms) open_ = false;

    if (level < floor_db_) floor_db_ += kFall * (level - floor_db_);
    else floor_db_ = std::min(level, floor_db_ + (open_ ? kRiseOpen : kRiseClosed));
    floor_db_ = std::max(floor_db_, kLowestFloorDb);
    return {open_, level};
}

void SpeechGate::reset() noexcept {
    const SpeechGateSettings kept = settings_;
    *this = SpeechGate{};
    settings_ = kept;
}

}  // namespace mirrorme

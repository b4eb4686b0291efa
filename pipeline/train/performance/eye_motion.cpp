#include "train/performance/eye_motion.h"

#include <algorithm>
#include <cmath>

#include "train/performance/motion_curves.h"
#include "train/performance/performance.h"
#include "train/voices/seeded_random.h"

namespace mirrorme {
namespace {

struct Blink {
    double closed_at;         // seconds; the lids touch here
    double fall, hold, rise;  // seconds; 120 to 180 ms in all, as blinks of people are
    double depth;             // 1 full
};

Blink drawn_blink(SeededRandom& random, double at) {
    const double length = 0.12 + 0.06 * random.unit();
    return {at, 0.3 * length, 0.15 * length, 0.55 * length, random.chance(0.9) ? 1.0 : 0.75};
}

double lid_drop(const Blink& blink, double t) {
    const double after = std::max(0.0, t - blink.closed_at - blink.hold);
    return blink.depth * (t < blink.closed_at ? minimum_jerk(1 - (blink.closed_at - t) / blink.fall) : minimum_jerk(1 - after / blink.rise));
}

std::vector<Blink> blinks(SeededRandom& random, const SpeechBeats& speech, const Personality& who, double length) {
    std::vector<double> times;
    for (double t = -random.unit() * who.blink_interval_s; t < length;) {
        t += std::clamp(random.log_normal(who.blink_interval_s, 0.5), 0.5, 12.0);
        times.push_back(t);
        if (random.chance(0.12)) times.push_back(t + 0.24 + 0.08 * random.unit());  // twice
    }
    // Speakers blink where a phrase ends, and when the eyes jump far.
    for (const Phrase& phrase : speech.phrases) {
        if (random.chance(0.45)) times.push_back(phrase.end + 0.25 * random.unit() - 0.05);
    }
    std::sort(times.begin(), times.end());
    std::vector<Blink> result;
    for (const double t : times) {
        if (result.empty() || t - result.back().closed_at > 0.22) result.push_back(drawn_blink(random, t));
    }
    return result;
}

struct Gaze {
    Steps x{0}, y{0};
};

/// Looks at the viewer most of the time, with the small corrections eyes never stop making.
Gaze gaze_of(SeededRandom& random, const SpeechBeats& speech, const Personality& who, double length) {
    constexpr double kSaccade = 0.045;  // seconds
    Gaze gaze;
    const auto away_from_viewer = [&](double t) {
        // While listening or silent eyes wander more than while speaking to somebody.
        const bool speaking = std::any_of(speech.phrases.begin(), speech.phrases.end(),
                                          [&](const Phrase& p) { return t >= p.start && t < p.end; });
        return random.chance((speaking ? 0.16 : 0.26) * who.restlessness);
    };
    for (double t = -random.unit(); t < length;) {
        const bool away = away_from_viewer(t);
        const double x = away ? (random.chance(0.5) ? 1 : -1) * (0.25 + 0.6 * random.unit()) : 0.05 * random.normal();
        const double y = away ? 0.28 * random.normal() : 0.04 * random.normal();
        gaze.x.move(t, kSaccade, std::clamp(x, -0.95, 0.95));
        gaze.y.move(t, kSaccade, std::clamp(y, -0.7, 0.7));
        t += away ? 0.3 + 1.1 * random.unit() : 0.25 + random.log_normal(0.7, 0.6) / who.restlessness;
    }
    return gaze;
}

/// Brows go up on some beats, in some phrases as a whole.
struct Brows {
    Steps level{0};
    std::vector<Beat> raised;
};

Brows brows_of(SeededRandom& random, const SpeechBeats& speech, const Personality& who) {
    Brows brows;
    for (const Phrase& phrase : speech.phrases) {
        if (random.chance(0.4)) {
            brows.level.move(phrase.start - 0.1, 0.3, who.brow_amplitude * 0.25 * random.normal());
            brows.level.move(phrase.end, 0.5, 0);
        }
    }
    for (const Beat& beat : speech.beats) {
        if (random.chance(0.25 + 0.4 * (beat.prominence - kStressedProminence))) {
            brows.raised.push_back({beat.seconds, 0.5f * who.brow_amplitude * beat.prominence});
        }
    }
    return brows;
}

}  // namespace

std::vector<EyesPose> eye_motion(std::uint64_t seed, const SpeechBeats& speech, const Prosody& prosody, const Personality& who,
                                 int frames) {
    SeededRandom random(seed);
    const double length = seconds_of_frame(frames);
    const std::vector<Blink> blink_list = blinks(random, speech, who, length);
    const Gaze gaze = gaze_of(random, speech, who, length);
    const Brows brows = brows_of(random, speech, who);
    const Drift idle_brows(random, 0.05, 0.3);
    const double asymmetry = 0.1 * random.normal();

    std::vector<EyesPose> track(static_cast<std::size_t>(frames));
    for (int i = 0; i < frames; ++i) {
        const double t = seconds_of_frame(i);
        EyesPose& eyes = track[static_cast<std::size_t>(i)];
        eyes.gaze_x = static_cast<float>(gaze.x.at(t));
        eyes.gaze_y = static_cast<float>(gaze.y.at(t));

        double brow = brows.level.at(t) + 0.04 * idle_brows.at(t) + 0.02 * prosody.pitch(t) * who.brow_amplitude;
        for (const Beat& beat : brows.raised) brow += beat.prominence * bump(t - beat.seconds, 0.18, 0.35);
        eyes.brow_right = static_cast<float>(std::clamp(brow * (1 + asymmetry), -1.0, 1.0));
        eyes.brow_left = static_cast<float>(std::clamp(brow * (1 - asymmetry), -1.0, 1.0));
        eyes.frown = std::clamp(who.frown_rest - 0.3f * static_cast<float>(std::min(0.0, brow)), 0.0f, 1.0f);

        double drop = 0;
        for (const Blink& blink : blink_list) drop = std::max(drop, lid_drop(blink, t));
        // The upper lid follows the eye down and the brow up.
        const double open = who.lid_rest - 0.22 * eyes.gaze_y + 0.18 * std::max(brow, 0.0);
        const auto lid = static_cast<float>(std::clamp(open * (1 - drop), 0.0, 1.3));
        eyes.lid_right = eyes.lid_left = lid;
    }
    return track;
}

}  // namespace mirrorme

#include "train/performance/body_motion.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "train/performance/motion_curves.h"
#include "train/performance/performance.h"
#include "train/voices/seeded_random.h"

namespace mirrorme {
namespace {

constexpr double kMostYaw = 25, kMostPitch = 15, kMostRoll = 15;  // degrees, of HeadPose

struct Nod {
    double seconds, degrees, rise, fall;
};

std::vector<Nod> nods_of(SeededRandom& random, const SpeechBeats& speech, const Personality& who) {
    std::vector<Nod> nods;
    for (const Beat& beat : speech.beats) {
        if (!random.chance(who.nod_share)) continue;
        const double up = random.chance(0.2) ? -0.7 : 1.0;
        const double degrees = up * who.head_amplitude * (1.0 + 4.5 * beat.prominence * random.unit());
        nods.push_back({beat.seconds + 0.03 * random.normal(), degrees, 0.14 + 0.06 * random.unit(), 0.25 + 0.2 * random.unit()});
    }
    return nods;
}

/// The resting direction of the head: another one for most phrases, and now and then a look at something else.
struct Posture {
    Steps yaw{0}, pitch{0}, roll{0}, sway{0}, lean{0};
};

Posture posture_of(SeededRandom& random, const SpeechBeats& speech, const Personality& who, double length) {
    struct Turn { double seconds; double scale; };
    std::vector<Turn> turns;
    for (const Phrase& phrase : speech.phrases) turns.push_back({phrase.start - 0.2, 1.0});
    for (double t = 3 * random.unit(); t < length; t += 2 + 5 * random.unit()) turns.push_back({t, 1.2});
    std::sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) { return a.seconds < b.seconds; });

    Posture posture;
    const auto move_to = [&](double t, double duration, double scale) {
        const double s = scale * who.head_amplitude;
        posture.yaw.move(t, duration, 4.0 * s * random.normal());
        posture.pitch.move(t, duration, 1.8 * s * random.normal());
        posture.roll.move(t, duration, 2.2 * s * random.normal());
    };
    move_to(-2, 0.5, 1);
    double busy_until = -1;
    for (const Turn& turn : turns) {
        if (turn.seconds < busy_until || random.chance(0.3)) continue;
        const double duration = 0.35 + 0.5 * random.unit();
        move_to(turn.seconds, duration, turn.scale);
        busy_until = turn.seconds + duration + 0.2;
        if (random.chance(0.08)) {  // over to another screen and back
            posture.yaw.move(turn.seconds, 0.45, (random.chance(0.5) ? 1 : -1) * (10 + 12 * random.unit()));
            busy_until = turn.seconds + 0.9 + 1.2 * random.unit();
            posture.yaw.move(busy_until, 0.5, 2.0 * random.normal());
            busy_until += 0.6;
        }
        if (random.chance(0.3)) {
            posture.sway.move(turn.seconds, 0.6 + 0.6 * random.unit(), 0.05 * who.sway_amplitude * random.normal());
            posture.lean.move(turn.seconds, 0.6 + 0.6 * random.unit(), 1.0 * who.sway_amplitude * random.normal());
        }
    }
    return posture;
}

/// Breathing in takes two fifths of the time; a phrase starts on a full breath where the rhythm allows.
double breath_at(double t, double hz, double phase) {
    const double x = t * hz + phase - std::floor(t * hz + phase);
    return x < 0.4 ? minimum_jerk(x / 0.4) : 1 - minimum_jerk((x - 0.4) / 0.6);
}

}  // namespace

BodyMotion body_motion(std::uint64_t seed, const SpeechBeats& speech, const Prosody& prosody, const Personality& who,
                       std::span<const EyesPose> eyes) {
    SeededRandom random(seed);
    const double length = static_cast<double>(eyes.size()) / 24;
    const std::vector<Nod> nods = nods_of(random, speech, who);
    const Posture posture = posture_of(random, speech, who, length);
    const Drift yaw(random, 0.06, 0.4), pitch(random, 0.06, 0.4), roll(random, 0.06, 0.35), sway(random, 0.04, 0.22), lean(random, 0.04, 0.2);
    const double phase = random.unit();

    BodyMotion body;
    body.head.resize(eyes.size());
    body.torso.resize(eyes.size());
    double followed_x = 0, followed_y = 0;
    for (std::size_t i = 0; i < eyes.size(); ++i) {
        const double t = seconds_of_frame(static_cast<int>(i));
        // Heads follow eyes with a quarter of a second's delay and part of the way.
        followed_x += (eyes[i].gaze_x - followed_x) * 0.16;
        followed_y += (eyes[i].gaze_y - followed_y) * 0.16;
        double nod = 0;
        for (const Nod& n : nods) nod += n.degrees * bump(t - n.seconds, n.rise, n.fall);

        TorsoPose& torso = body.torso[i];
        torso.breath = static_cast<float>(breath_at(t, who.breath_hz, phase));
        torso.sway = static_cast<float>(0.03 * who.sway_amplitude * sway.at(t) + posture.sway.at(t));
        torso.lean = static_cast<float>(std::clamp(0.5 * who.sway_amplitude * lean.at(t) + posture.lean.at(t), -6.0, 6.0));
        const float lift = 0.12f * torso.breath;
        torso.raise_right = torso.raise_left = lift;

        HeadPose& head = body.head[i];
        const double melody = std::clamp(static_cast<double>(prosody.pitch(t)), -5.0, 5.0);
        head.yaw = static_cast<float>(std::clamp(1.0 * who.head_amplitude * yaw.at(t) + posture.yaw.at(t) + 6 * followed_x, -kMostYaw, kMostYaw));
        head.pitch = static_cast<float>(std::clamp(0.7 * who.head_amplitude * (pitch.at(t) - 0.35 * melody) + posture.pitch.at(t) + nod + 4 * followed_y,
                                                   -kMostPitch, kMostPitch));
        head.roll = static_cast<float>(std::clamp(0.7 * who.head_amplitude * roll.at(t) + posture.roll.at(t), -kMostRoll, kMostRoll));
        head.shift_x = static_cast<float>(torso.sway * 0.6 + 0.004 * head.yaw);
        head.shift_y = static_cast<float>(0.006 * head.pitch - 0.012 * torso.breath);
    }
    return body;
}

}  // namespace mirrorme

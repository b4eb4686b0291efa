#include "train/performance/gesture_plan.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "train/performance/performance.h"
#include "train/voices/seeded_random.h"

namespace mirrorme {
namespace {

constexpr auto kWhileSpeaking = std::to_array<std::string_view>(
    {"beat", "beat", "beat", "beat_both", "beat_both", "open_palms", "point", "count", "hold_product", "hands_together", "stop", "ok"});
constexpr auto kWhileSilent = std::to_array<std::string_view>(
    {"wave", "thumbs_up", "chin_rest", "hold_product", "hands_together", "shrug", "ok", "open_palms", "point"});

struct Drawn {
    std::string_view name;
    double start, duration;
    GestureHand hand;
    GestureStyle style;
};

Drawn drawn_gesture(SeededRandom& random, double start, const SpeechBeats& speech, const Personality& who) {
    const bool speaking = std::any_of(speech.phrases.begin(), speech.phrases.end(),
                                      [&](const Phrase& p) { return start + 0.4 > p.start && start + 0.4 < p.end; });
    Drawn drawn{};
    if (random.chance(0.15)) drawn.name = random.pick(gesture_names());
    else drawn.name = speaking ? random.pick(kWhileSpeaking) : random.pick(kWhileSilent);
    drawn.start = start;
    drawn.duration = 1.3 + random.log_normal(0.9, 0.5);
    if (takes_both_hands(drawn.name)) drawn.hand = GestureHand::both;
    else drawn.hand = random.chance(who.right_handed) ? GestureHand::right : GestureHand::left;
    drawn.style.size = who.gesture_size * random.range(0.8f, 1.2f);
    drawn.style.speed = random.range(0.8f, 1.25f);
    drawn.style.shift_x = 0.08f * static_cast<float>(random.normal());
    drawn.style.shift_y = 0.1f * static_cast<float>(random.normal());
    return drawn;
}

/// The stroke of a beat lands on the next stressed syllable.
void meet_a_beat(Drawn& drawn, const SpeechBeats& speech) {
    const double stroke = drawn.start + kGestureEaseSeconds / drawn.style.speed;
    for (const Beat& beat : speech.beats) {
        if (beat.seconds < stroke) continue;
        drawn.start += std::min(beat.seconds - stroke, 0.4);
        return;
    }
}

void draw(const Drawn& drawn, GesturePlan& plan) {
    const int frames = static_cast<int>(plan.arms.size());
    const int first = std::max(0, static_cast<int>(std::ceil(drawn.start * 24)));
    const int end = std::min(frames, static_cast<int>(std::floor((drawn.start + drawn.duration) * 24)) + 1);
    if (end <= first) return;
    for (int i = first; i < end; ++i) {
        ArmsPose arms = gesture_pose(drawn.name, seconds_of_frame(i) - drawn.start, drawn.duration, drawn.style);
        if (drawn.hand == GestureHand::left) std::swap(arms.right, arms.left);
        plan.arms[static_cast<std::size_t>(i)] = arms;
    }
    plan.gestures.push_back({std::string(drawn.name), first, end, drawn.hand});
}

}  // namespace

GesturePlan plan_gestures(std::uint64_t seed, const SpeechBeats& speech, const Personality& who, const GestureAmount& amount) {
    GesturePlan plan;
    plan.arms.resize(static_cast<std::size_t>(amount.frames));
    if (amount.share <= 0) return plan;
    SeededRandom random(seed);
    const double length = seconds_of_frame(amount.frames);
    const double share = std::min(amount.share, 0.95f);
    // Gaps are exponential and the first gesture may be under way when the performance starts, so that the share holds
    // for short performances too.
    const double usual = 2.3, gap = usual * (1 - share) / share;
    double t = random.chance(share) ? -usual * random.unit() : -gap * std::log(1 - random.unit());
    while (t < length) {
        Drawn drawn = drawn_gesture(random, t, speech, who);
        if (drawn.name.starts_with("beat")) meet_a_beat(drawn, speech);
        draw(drawn, plan);
        t = drawn.start + drawn.duration - gap * std::log(1 - random.unit());
    }
    return plan;
}

}  // namespace mirrorme

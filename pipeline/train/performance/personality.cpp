#include "train/performance/personality.h"

#include <algorithm>

#include "train/voices/seeded_random.h"

namespace mirrorme {
namespace {

float around_one(SeededRandom& random, float spread, float low, float high) {
    return std::clamp(static_cast<float>(random.log_normal(1.0, spread)), low, high);
}

}  // namespace

Personality Personality::drawn(std::uint64_t seed) {
    SeededRandom random(seed);
    Personality p;
    p.mouth_amplitude = around_one(random, 0.14f, 0.7f, 1.3f);
    p.width_gain = around_one(random, 0.2f, 0.6f, 1.4f);
    p.rounding_gain = around_one(random, 0.15f, 0.7f, 1.3f);
    p.teeth_gain = around_one(random, 0.2f, 0.6f, 1.3f);
    p.articulation = around_one(random, 0.12f, 0.8f, 1.25f);
    p.rest_smile = std::clamp(0.12f + 0.16f * static_cast<float>(random.normal()), -0.15f, 0.6f);
    p.rest_press = random.range(0.0f, 0.15f);
    p.lid_rest = random.range(0.88f, 1.04f);
    p.blink_interval_s = std::clamp(static_cast<float>(random.log_normal(3.3, 0.4)), 1.5f, 8.0f);
    p.restlessness = around_one(random, 0.4f, 0.4f, 2.2f);
    p.brow_amplitude = around_one(random, 0.4f, 0.3f, 2.0f);
    p.frown_rest = random.chance(0.2) ? random.range(0.05f, 0.3f) : 0.0f;
    p.head_amplitude = around_one(random, 0.4f, 0.4f, 2.0f);
    p.nod_share = random.range(0.2f, 0.8f);
    p.sway_amplitude = around_one(random, 0.4f, 0.3f, 2.0f);
    p.breath_hz = random.range(0.19f, 0.34f);
    p.gesture_size = around_one(random, 0.1f, 0.8f, 1.2f);
    p.right_handed = random.chance(0.85) ? 0.85f : 0.15f;
    return p;
}

}  // namespace mirrorme

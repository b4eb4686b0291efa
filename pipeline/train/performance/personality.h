#pragma once
// How somebody moves, apart from what is said: drawn once per performance, so that a style has something to carry.

#include <cstdint>

namespace mirrorme {

struct Personality {
    // mouth
    float mouth_amplitude = 1;   // of the opening, 0.7 .. 1.3
    float width_gain = 1;        // of spreading and narrowing
    float rounding_gain = 1;
    float teeth_gain = 1;
    float articulation = 1;      // above 1: targets are reached more sharply
    float rest_smile = 0.1f;     // -0.15 .. 0.6
    float rest_press = 0.05f;    // lips in pauses
    // eyes and brows
    float lid_rest = 1;          // 0.85 .. 1.05
    float blink_interval_s = 3.5f;  // median
    float restlessness = 1;      // of the gaze
    float brow_amplitude = 1;
    float frown_rest = 0;
    // head and body
    float head_amplitude = 1;    // 0.4 .. 2
    float nod_share = 0.5f;      // of stressed syllables
    float sway_amplitude = 1;
    float breath_hz = 0.26f;
    float gesture_size = 1;      // 0.8 .. 1.2
    float right_handed = 0.8f;   // chance that a one-handed gesture is of the right hand

    static Personality drawn(std::uint64_t seed);
};

}  // namespace mirrorme

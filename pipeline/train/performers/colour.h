#pragma once
// Colours in sRGB, 0 .. 1, and the few ways characters mix them.

#include "train/performers/vec.h"

namespace mirrorme::performers {

struct Colour {
    float r = 0, g = 0, b = 0;
};

inline Colour mix(Colour a, Colour b, float t) { return {mix(a.r, b.r, t), mix(a.g, b.g, t), mix(a.b, b.b, t)}; }
inline Colour rgb(unsigned hex) {
    return {static_cast<float>((hex >> 16) & 255) / 255, static_cast<float>((hex >> 8) & 255) / 255, static_cast<float>(hex & 255) / 255};
}
inline float luma(Colour c) { return 0.299f * c.r + 0.587f * c.g + 0.114f * c.b; }
inline Colour clamped(Colour c) { return {clamp01(c.r), clamp01(c.g), clamp01(c.b)}; }
inline Colour scaled(Colour c, float k) { return clamped({c.r * k, c.g * k, c.b * k}); }
/// Away from grey (k > 1) or towards it.
inline Colour saturated(Colour c, float k) {
    const float l = luma(c);
    return clamped({mix(l, c.r, k), mix(l, c.g, k), mix(l, c.b, k)});
}
/// hue in turns, saturation and lightness 0 .. 1.
Colour hsl(float hue, float saturation, float lightness);
/// Darker and a little richer, the way shadows fall on skin and cloth; amount 0 .. 1.
Colour shadow_of(Colour c, float amount);
/// Lighter and a little warmer.
Colour light_of(Colour c, float amount);

}  // namespace mirrorme::performers

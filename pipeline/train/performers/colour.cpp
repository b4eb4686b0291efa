#include "train/performers/colour.h"

namespace mirrorme::performers {

Colour hsl(float hue, float saturation, float lightness) {
    auto channel = [&](float n) {
        const float k = std::fmod(n + hue * 12 + 24, 12.0f);
        const float a = saturation * std::min(lightness, 1 - lightness);
        return lightness - a * std::max(-1.0f, std::min({k - 3, 9 - k, 1.0f}));
    };
    return {channel(0), channel(8), channel(4)};
}

Colour shadow_of(Colour c, float amount) {
    // Red falls least, green most: shadows turn towards crimson and violet, not grey.
    return clamped({c.r * (1 - 0.62f * amount), c.g * (1 - 0.84f * amount), c.b * (1 - 0.74f * amount)});
}

Colour light_of(Colour c, float amount) {
    return clamped({mix(c.r, 1.0f, amount), mix(c.g, 0.98f, amount * 0.92f), mix(c.b, 0.93f, amount * 0.84f)});
}

}  // namespace mirrorme::performers

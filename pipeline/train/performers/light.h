#pragma once
// The light that painted and photo-like characters stand in, and what it does to skin and cloth.

#include <cstdint>

#include "train/performers/colour.h"
#include "train/performers/look.h"
#include "train/performers/vec.h"

namespace mirrorme::performers {

/// How a surface answers to light.
struct Surfacing {
    float scatter = 0;   // light that seeps under the skin reddens the edge of shadows; 0 = cloth
    float gloss = 0;     // height of the highlight
    float rough = 0;     // grain of pores or threads, share of brightness
    int steps = 0;       // > 0: tones are laid in about that many brush strokes instead of smoothly
};

struct Light {
    Vec3 key, fill;      // directions towards the lights, unit length, y down, z to the viewer
    Vec3 half;           // between key and viewer
    float key_power = 0.78f, fill_power = 0.20f, ambient = 0.34f;
    Colour key_colour{1, 1, 1}, ambient_colour{1, 1, 1};

    /// The light of a character: always from above, from one side.
    explicit Light(const CharacterLook& look);

    /// `albedo` under this light. `normal` is a unit vector towards the viewer's side, `grain` in -1 .. 1,
    /// `open` says how much sky the place sees (1 = all).
    Colour shade(const Surfacing& surface, Colour albedo, Vec3 normal, float grain, float open) const;
};

/// Repeating noise in -1 .. 1, the same for every character. Coordinates in texels; between them it is interpolated, because surfaces move by
/// parts of a pixel.
/// Thread-safe: built once.
class NoiseTile {
public:
    static const NoiseTile& pores();   // fine, even
    static const NoiseTile& strokes(); // broad, streaked along x + y
    static const NoiseTile& folds();   // smooth, longer down than across
    float at(Vec2 texel) const;

private:
    static constexpr int kSide = 128;
    float texel(int x, int y) const { return values_[((y & (kSide - 1)) * kSide) + (x & (kSide - 1))]; }
    enum class Kind { pores, strokes, folds };
    explicit NoiseTile(Kind kind);
    float values_[kSide * kSide];
};

}  // namespace mirrorme::performers

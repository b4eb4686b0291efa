#pragma once
// What happens to pictures before users give them to us: cameras, web sites and editors. For training references and
// frames; the truth stays clean. Everything is decided by a seed.

#include <cstdint>

#include "core/image.h"

namespace mirrorme {

/// How far an ordinary picture is from a perfect one, each 0 = untouched.
struct PictureDegradation {
    float resample = 0;     // 0 .. 1: scaled down to (1 - 0.7 resample) and up again
    float blur = 0;         // standard deviation, pixels
    float contrast = 0;     // -1 .. 1
    float gamma = 0;        // -1 .. 1: brightness of the middle tones
    float warmth = 0;       // -1 blue .. 1 yellow
    float tint = 0;         // -1 green .. 1 magenta
    float saturation = 0;   // -1 .. 1
    float vignette = 0;     // 0 .. 1
    float noise = 0;        // standard deviation of sensor noise, 0 .. 255
    float blocks = 0;       // 0 .. 1: block quantisation, as JPEG leaves it
    bool sharpened = false; // halos of an editor's sharpening
};

/// A likely mixture: most pictures are nearly clean, some are bad. strength 0 .. 1 scales the bad ones.
PictureDegradation draw_degradation(std::uint64_t seed, float strength);

/// Applies it in place, in the order optics, tone, sensor, compression. Alpha is kept; colour under alpha 0 may change.
void degrade(RgbaImage& image, const PictureDegradation& degradation, std::uint64_t noise_seed);

}  // namespace mirrorme

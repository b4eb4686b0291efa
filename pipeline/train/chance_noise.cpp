// Note [Chance is told by noise]
// Nothing that is heard or seen before says when somebody blinks, glances aside or turns the head. A sampler of one or two steps gives
// about the mean of what may happen next: the mean of a blink that comes in every fifteenth latent is no blink, and of turns to either
// side, none. But eyes and head leave channels of their latents empty, and the noise there, which the network sees like any other, decides nothing.
// In training it is made to:
//   blinks   one channel is above its usual bounds (the upper kBlinkShare of a normal distribution) in a latent in which the eyes
//            shut and below in all others, another says where in the latent;
//   glances, turns   the channel is by how much gaze or head end elsewhere than their place and speed before foretold. Such surprises
//            are mostly tiny and now and then large; asinh makes normal numbers of them.
// So the network learns to do what its noise says, and noise drawn at random as ever, seed by seed the same, moves people
// by chance: at every number of steps, at no cost, and nothing that runs live knows of it. Nods are not told: they belong to the words.

#include "train/chance_noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "codec/motion/part_map.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr double kBlinkShare = 0.07;     // of latents with a blink: 25 a minute, as people blink who talk
constexpr float kShut = 0.6f;            // of the lids' scalar: below it a blink is on
constexpr float kDeep = 0.42f;           // a blink goes below this
constexpr std::size_t kLongest = 8;      // frames; eyes that stay shut longer do not blink
constexpr float kUntold = std::numeric_limits<float>::quiet_NaN();

/// How one scalar goes on by itself and how far surprises go, measured on 20 minutes of performers.
struct Course {
    Chance chance;
    Scalar scalar;
    float speed, place;    // change over a latent: speed * (last frame's change * r) + place * (where it is)
    float scale, spread;   // surprise e -> asinh(e / scale) / spread is about normal
};
constexpr std::array<Course, 4> kCourses{{{Chance::gaze_x, Scalar::gaze_x, 0.07f, -0.20f, 0.0076f, 2.03f},
                                          {Chance::gaze_y, Scalar::gaze_y, 0.08f, -0.21f, 0.0059f, 1.82f},
                                          {Chance::yaw, Scalar::yaw, 0.75f, -0.04f, 0.128f, 1.65f},
                                          {Chance::roll, Scalar::roll, 0.79f, -0.02f, 0.034f, 1.70f}}};

/// Where a chance is told: a part and a channel. Parts use a few dozen channels from 0 on.
struct Place {
    Part part;
    int64_t channel;
};
constexpr Place kWhether{Part::eyes, kLatentChannels - 1}, kWhere{Part::eyes, kLatentChannels - 2};
Place place_of(Chance chance) {
    switch (chance) {
        case Chance::gaze_x: return {Part::eyes, kLatentChannels - 3};
        case Chance::gaze_y: return {Part::eyes, kLatentChannels - 4};
        case Chance::yaw: return {Part::head, kLatentChannels - 1};
        default: return {Part::head, kLatentChannels - 2};
    }
}
Tensor at(const Tensor& noise, Place place) { return noise.select(4, static_cast<int64_t>(place.part)).select(3, 0).select(1, place.channel); }  // [B, T']

float lids(const KeyPointFrame& frame) { return (frame[Scalar::lid_right] + frame[Scalar::lid_left]) / 2; }

std::vector<float> blinks_of(std::span<const KeyPointFrame> frames, int temporal) {
    std::vector<float> blinks(frames.size() / static_cast<std::size_t>(temporal), kNoBlink);
    for (std::size_t f = 0; f < frames.size(); ++f) {
        if (lids(frames[f]) >= kShut) continue;
        // Where it is deepest, finer than a frame: the centre of what the lids are down.
        const std::size_t first = f;
        double down = 0, centre = 0;
        float deepest = 1;
        for (; f < frames.size() && lids(frames[f]) < kShut; ++f) {
            const float by = kShut - lids(frames[f]);
            down += by, centre += by * (static_cast<double>(f) + 0.5);
            deepest = std::min(deepest, lids(frames[f]));
        }
        if (deepest > kDeep || f - first > kLongest) continue;
        const double where = centre / down / temporal;
        const auto latent = static_cast<std::size_t>(where);
        if (latent < blinks.size()) blinks[latent] = static_cast<float>(where - static_cast<double>(latent));
    }
    return blinks;
}

/// What the frames of the latent that begins at `first` bring beyond what was to be foreseen.
float surprise(const Course& course, std::span<const KeyPointFrame> frames, std::size_t first, std::size_t r) {
    const float is = frames[first - 1][course.scalar], change = is - frames[first - 2][course.scalar], end = frames[first + r - 1][course.scalar];
    const float foreseen = is + course.speed * static_cast<float>(r) * change + course.place * is;
    return std::asinh((end - foreseen) / course.scale) / course.spread;
}

/// Uniform numbers in (0, 1) as normal ones.
Tensor normal_of(const Tensor& uniform) { return torch::special_ndtri(uniform.clamp(1e-4, 1 - 1e-4)); }

}  // namespace

Tensor chances_of(std::span<const KeyPointFrame> frames, int temporal) {
    const auto r = static_cast<std::size_t>(temporal);
    const std::vector<float> blinks = blinks_of(frames, temporal);
    Tensor chances = torch::full({static_cast<int64_t>(blinks.size()), kChances}, kUntold);
    auto row = chances.accessor<float, 2>();
    for (std::size_t latent = 0; latent < blinks.size(); ++latent) {
        row[static_cast<int64_t>(latent)][static_cast<int>(Chance::blink)] = blinks[latent];
        if (latent * r < 2) continue;
        for (const Course& course : kCourses) row[static_cast<int64_t>(latent)][static_cast<int>(course.chance)] = surprise(course, frames, latent * r, r);
    }
    return chances;
}

void tell_chances(const Tensor& chances, Tensor& noise) {
    const auto tell = [&](Place place, const Tensor& value) {
        Tensor told = at(noise, place);
        told.copy_(torch::where(value.isnan(), told, value));
    };
    const Tensor blink = chances.select(2, static_cast<int64_t>(Chance::blink)), is = blink >= 0, uniform = torch::rand_like(blink);
    const Tensor whether = normal_of(torch::where(is, 1 - kBlinkShare * uniform, (1 - kBlinkShare) * uniform));
    tell(kWhether, whether + 0 * blink);  // NaN stays
    tell(kWhere, torch::where(is, normal_of(blink), torch::full_like(blink, kUntold)));
    for (const Course& course : kCourses) tell(place_of(course.chance), chances.select(2, static_cast<int64_t>(course.chance)).clamp(-3, 3));
}

}  // namespace mirrorme

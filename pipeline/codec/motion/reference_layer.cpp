#include "codec/motion/reference_layer.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "codec/motion/bare_body.h"
#include "codec/motion/body_geometry.h"
#include "codec/motion/contours.h"
#include "codec/motion/hanging_arm.h"

namespace mirrorme {
namespace {

using kernels::Size;

/// Mean straight colour of the person under a weight map; `fallback` where the weights see too little of it.
Colour mean_colour(const float* rgba, const float* weights, std::size_t pixels, Colour fallback) {
    constexpr double kEnough = 2.0;  // pixels
    std::array<double, 3> sum{};
    double weight = 0;
    for (std::size_t i = 0; i < pixels; ++i) {
        if (weights[i] <= 0) continue;
        for (std::size_t c = 0; c < 3; ++c) sum[c] += static_cast<double>(weights[i] * rgba[4 * i + c]);
        weight += static_cast<double>(weights[i] * rgba[4 * i + 3]);
    }
    if (weight < kEnough) return fallback;
    Colour out;
    for (std::size_t c = 0; c < 3; ++c) out[c] = static_cast<float>(std::clamp(sum[c] / weight, 0.0, 1.0));
    return out;
}

/// Median colour of small squares about `places`, alpha-weighted; `fallback` when none of them shows the person.
Colour patch_colour(const float* rgba, Size size, std::span<const Point> places, int radius, Colour fallback) {
    std::vector<Colour> seen;
    for (const Point& at : places) {
        for (int dy = -radius; dy <= radius; ++dy) {
            for (int dx = -radius; dx <= radius; ++dx) {
                const int x = static_cast<int>(std::lround(at.x)) + dx, y = static_cast<int>(std::lround(at.y)) + dy;
                if (x < 0 || y < 0 || x >= size.width || y >= size.height) continue;
                const float* p = rgba + (static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) + static_cast<std::size_t>(x)) * 4;
                if (p[3] > 0.9f) seen.push_back({p[0] / p[3], p[1] / p[3], p[2] / p[3]});
            }
        }
    }
    if (seen.empty()) return fallback;
    Colour out;
    for (std::size_t c = 0; c < 3; ++c) {
        std::nth_element(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 2), seen.end(), [c](const Colour& a, const Colour& b) { return a[c] < b[c]; });
        out[c] = seen[seen.size() / 2][c];
    }
    return out;
}

Point between(Point a, Point b, float t) { return {a.x + t * (b.x - a.x), a.y + t * (b.y - a.y)}; }

/// The colour most places of the face agree on: any one of them may lie under glasses, a fringe, a beard or in shade.
Colour skin_colour(const float* rgba, Size size, const KeyPointFrame& points, int radius, Colour fallback) {
    const Point nose = position(points, point::kNose + 1);
    const std::array places{nose,
                            between(position(points, point::kFaceContour + 2), position(points, point::kNose + 2), 0.5f),
                            between(position(points, point::kFaceContour + 3), position(points, point::kNose + 3), 0.5f),
                            between(position(points, point::kOuterLips), position(points, point::kJaw), 0.4f),
                            between(position(points, point::kOuterLips + 6), position(points, point::kJaw + 4), 0.4f),
                            between(position(points, point::kFaceContour + 7), position(points, point::kFaceContour + 6), 0.4f),
                            between(position(points, point::kNeck), position(points, point::kNeck + 1), 0.5f)};
    constexpr Colour kNotSeen{-1, -1, -1};
    std::vector<Colour> seen;
    for (const Point& place : places) {
        const Colour colour = patch_colour(rgba, size, std::array{place}, radius, kNotSeen);
        if (colour != kNotSeen) seen.push_back(colour);
    }
    Colour best = fallback;
    float least = 1e9f;
    for (const Colour& one : seen) {
        float sum = 0;
        for (const Colour& other : seen) sum += std::hypot(one[0] - other[0], one[1] - other[1], one[2] - other[2]);
        if (sum < least) best = one, least = sum;
    }
    return best;
}

Palette sample_palette(const float* rgba, const ContourMaps& maps, const KeyPointFrame& points) {
    const Size size = maps.size();
    const std::size_t pixels = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height);
    const float unit = face_frame_of(points).unit;
    const int radius = std::clamp(static_cast<int>(0.06f * unit), 1, 8);
    Palette palette;
    palette.skin = skin_colour(rgba, size, points, radius, palette.skin);
    std::vector<float> weights(pixels);
    for (std::size_t i = 0; i < pixels; ++i) weights[i] = std::max(maps.plane(ContourMaps::lips)[i] - maps.plane(ContourMaps::opening)[i], 0.0f);
    palette.lips = mean_colour(rgba, weights.data(), pixels, palette.lips);
    palette.iris = mean_colour(rgba, maps.plane(ContourMaps::iris), pixels, palette.iris);
    palette.brows = mean_colour(rgba, maps.plane(ContourMaps::brows), pixels, palette.brows);

    // Sleeves end anywhere, so both halves of the arm are looked at; what is out of the frame takes the colour of what is
    // nearest to it inside.
    const TorsoFrame torso = torso_frame_of(points);
    const int wide = std::max(radius, 2);
    auto along = [&](int from, int to, float t) {
        return std::array<Point, 2>{between(position(points, point::kRightHand + from), position(points, point::kRightHand + to), t),
                                            between(position(points, point::kLeftHand + from), position(points, point::kLeftHand + to), t)};
    };
    const Point right = position(points, point::kShoulders), left = position(points, point::kShoulders + 1);
    const Colour chest = patch_colour(rgba, size, std::array{from_torso(torso, {-0.85f, 0.2f}), from_torso(torso, {0.85f, 0.2f})}, wide, palette.upper_arms);
    palette.upper_arms = patch_colour(rgba, size,
                                      std::array{between(right, position(points, point::kRightHand + point::kElbow), 0.5f), between(left, position(points, point::kLeftHand + point::kElbow), 0.5f)}, wide, chest);
    const Colour elbows = patch_colour(rgba, size, along(point::kElbow, point::kWrist, 0.15f), wide, palette.upper_arms);
    palette.forearms = patch_colour(rgba, size, along(point::kElbow, point::kWrist, 0.55f), wide, elbows);
    return palette;
}

// Note [Arms that stay]
// To raise an arm it must be taken away from where it is. That goes well where it hangs beside the trunk, by its outline, and where the
// picture does not show it. An arm folded over the trunk, on a hip or with something in its hand covers what nobody has seen, and its points are the
// least sure ones: such an arm stays as it is, and gestures are left to the other one.
bool can_be_raised(const float* rgba, Size size, const KeyPointFrame& points, int first) {
    constexpr float kSeen = 0.5f;  // confidence
    const bool hand_seen = points.points[static_cast<std::size_t>(first + point::kWrist)].confidence >= kSeen;
    return !hand_seen || HangingArm::find(rgba, size, points, first).has_value();
}

ContourMaps maps_of(const kernels::Operations& operations, const KeyPointFrame& points, Size size) {
    ContourMaps maps(size);
    maps.draw(operations, points);
    return maps;
}

LimbLook limbs_of(const float* rgba, Size size, const KeyPointFrame& points, const Palette& palette) {
    const PictureStyle style = style_of(rgba, size, points);
    LimbLook look{palette.skin, style, {palette.upper_arms, palette.forearms, style}, {palette.upper_arms, palette.forearms, style}};
    look.right.read(rgba, size, points, point::kRightHand);
    look.left.read(rgba, size, points, point::kLeftHand);
    return look;
}

}  // namespace

ReferenceLayer::ReferenceLayer(const kernels::Operations& operations, Size size, std::vector<float> rgba, const KeyPointFrame& points)
    : ReferenceLayer(operations, maps_of(operations, points, size), std::move(rgba), points) {}

ReferenceLayer::ReferenceLayer(const kernels::Operations& operations, const ContourMaps& maps, std::vector<float> rgba, const KeyPointFrame& points)
    : size_(maps.size()), points_(points), palette_(sample_palette(rgba.data(), maps, points)), limbs_(limbs_of(rgba.data(), size_, points, palette_)),
      lids_(read_lids(rgba.data(), size_, points, palette_.skin)),
      movable_{can_be_raised(rgba.data(), size_, points, point::kRightHand), can_be_raised(rgba.data(), size_, points, point::kLeftHand)} {
    const Size size = size_;
    const std::vector<float> limbs = arms_coverage(operations, points, size);
    pictures_[0].rgba = std::move(rgba);
    for (const RaisedArms without : {RaisedArms{true, false}, RaisedArms{false, true}, RaisedArms{true, true}}) {
        std::vector<float>& bare = pictures_[static_cast<std::size_t>(without.index())].rgba;
        bare = pictures_[without.left && without.right ? 1 : 0].rgba;
        if (without.left) remove_arm(bare.data(), size, points, point::kLeftHand, limbs_.left, limbs_.style);
        else remove_arm(bare.data(), size, points, point::kRightHand, limbs_.right, limbs_.style);
    }
    for (Picture& picture : pictures_) {
        picture.layers.resize(picture.rgba.size() * 2);
        for (std::size_t i = 0; i < limbs.size(); ++i) {
            float* to = picture.layers.data() + 8 * i;
            std::copy_n(picture.rgba.data() + 4 * i, 4, to);
            to[4] = maps.plane(ContourMaps::lips)[i];
            to[5] = maps.plane(ContourMaps::opening)[i];
            to[6] = 0.5f * (maps.plane(ContourMaps::eyes)[i] + maps.plane(ContourMaps::iris)[i]);
            to[7] = limbs[i];
        }
    }
}

}  // namespace mirrorme

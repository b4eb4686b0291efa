// Note [Where the trunk ends]
// With the arm gone the trunk needs an edge that the picture never showed. Where a gap between arm and trunk lets the background through, the edge
// is there. Elsewhere it runs from below the armpit to the hip, a seventh of the way inside the shoulder joints, which is where trunks
// end whose arms hang beside them. The cap of the shoulder stays: the raised arm grows out of it.

#include "codec/motion/bare_body.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "codec/motion/body_geometry.h"
#include "codec/motion/hanging_arm.h"
#include "codec/motion/plate.h"

namespace mirrorme {
namespace {

using kernels::Point;
using kernels::Size;

constexpr float kWider = 1.45f;        // of the arm's radius: cloth and lines at its rim go with it
constexpr float kHandRadius = 0.42f;   // torso units
constexpr float kSureTrunk = 0.3f;     // torso units from the middle: gaps are looked for beyond
constexpr float kArmpit = 0.40f;       // torso units below the shoulder joints

float smooth_step(float low, float high, float value) {
    const float t = std::clamp((value - low) / (high - low), 0.0f, 1.0f);
    return t * t * (3 - 2 * t);
}

float tone_of(const float* pixel) { return luminance({pixel[0], pixel[1], pixel[2]}); }

float distance_to(Point from, Point to, Point p, float& along) {
    const float dx = to.x - from.x, dy = to.y - from.y;
    along = std::clamp(((p.x - from.x) * dx + (p.y - from.y) * dy) / std::max(dx * dx + dy * dy, 1e-6f), 0.0f, 1.0f);
    return std::hypot(p.x - from.x - along * dx, p.y - from.y - along * dy);
}

}  // namespace

float trunk_edge(float y) noexcept { return 0.87f - 0.06f * smooth_step(kArmpit, 1.5f, y) + 0.08f * smooth_step(1.7f, 2.8f, y); }

void remove_arm(float* rgba, Size size, const KeyPointFrame& points, int first, const ArmSkin& skin, const PictureStyle& style) {
    const TorsoFrame torso = torso_frame_of(points);
    const float side = first == point::kRightHand ? -1.0f : 1.0f;
    const Point shoulder = position(points, first == point::kRightHand ? point::kShoulders : point::kShoulders + 1);
    const Point elbow = position(points, first + point::kElbow), wrist = position(points, first + point::kWrist), fingers = position(points, first + point::kFingers + 4 * 2 + 3);
    const float cap = skin.radius(0) * torso.unit;
    const auto index = [&](int x, int y) { return static_cast<std::size_t>(y) * static_cast<std::size_t>(size.width) + static_cast<std::size_t>(x); };
    std::optional<HangingArm> hanging = HangingArm::find(rgba, size, points, first);
    if (!hanging && points.points[static_cast<std::size_t>(first + point::kElbow)].confidence < 0.5f) hanging = HangingArm::usual();
    auto in_arm = [&](Point p) {
        if (hanging) {  // all that is on its side, down to the frame's end
            const Point local = to_torso(torso, p);
            const float inner = hanging->axis(local.y) - 1.6f * hanging->radius(hanging->along(local.y)) - 1 / torso.unit;
            return local.y > -0.1f && side * local.x > (local.y < HangingArm::kFirst ? std::max(inner, 0.75f) : std::min(inner, trunk_edge(local.y) - 0.06f));
        }
        float along = 0;
        const float upper = distance_to(shoulder, elbow, p, along);
        if (upper < kWider * skin.radius(along) * torso.unit + 1) return true;
        const float lower = distance_to(elbow, wrist, p, along);
        if (lower < kWider * skin.radius(1 + along) * torso.unit + 1) return true;
        return distance_to(wrist, fingers, p, along) < kHandRadius * torso.unit;
    };

    // Where each row's trunk ends, in torso units outwards, if a gap shows it.
    constexpr float kNoGap = 1e9f;
    std::vector<float> gap(static_cast<std::size_t>(size.height), kNoGap);
    for (int y = 0; y < size.height; ++y) {
        const Point middle = to_torso(torso, {0, static_cast<float>(y)});
        if (middle.y < kArmpit) continue;
        for (float out = kSureTrunk; out < 1.2f; out += 0.5f / torso.unit) {
            const Point at = from_torso(torso, {side * out, to_torso(torso, {torso.origin.x, static_cast<float>(y)}).y});
            const int px = static_cast<int>(std::lround(at.x)), py = static_cast<int>(std::lround(at.y));
            if (px < 0 || py < 0 || px >= size.width || py >= size.height) break;
            const float alpha = rgba[4 * index(px, py) + 3];
            if (out == kSureTrunk && alpha < 0.9f) break;  // nobody there
            if (alpha >= 0.5f) continue;
            gap[static_cast<std::size_t>(y)] = out;
            break;
        }
    }

    // A line that ran between arm and trunk is no cloth.
    std::vector<float> tones;
    for (float out = -0.6f; out <= 0.6f; out += 0.05f)
        for (float down = 0.5f; down < 2.5f; down += 0.05f) {
            const Point at = from_torso(torso, {out, down});
            const int px = static_cast<int>(std::lround(at.x)), py = static_cast<int>(std::lround(at.y));
            if (px >= 0 && py >= 0 && px < size.width && py < size.height && rgba[4 * index(px, py) + 3] > 0.95f) tones.push_back(tone_of(rgba + 4 * index(px, py)));
        }
    float darkest = 0;
    if (!tones.empty() && style.line > 0.2f) {
        std::nth_element(tones.begin(), tones.begin() + static_cast<std::ptrdiff_t>(tones.size() / 2), tones.end());
        darkest = 0.72f * tones[tones.size() / 2];
    }

    std::vector<float> known(static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height), 0.0f);
    std::vector<unsigned char> arm(known.size(), 0);
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            const Point p{static_cast<float>(x), static_cast<float>(y)};
            const std::size_t i = index(x, y);
            arm[i] = in_arm(p) || (hanging && side * to_torso(torso, p).x > gap[static_cast<std::size_t>(y)] - 1 / torso.unit) ? 1 : 0;
            const bool whole = rgba[4 * i + 3] > 0.95f && tone_of(rgba + 4 * i) >= darkest;
            known[i] = !arm[i] && whole && to_torso(torso, p).y > 0.1f ? 1.0f : 0.0f;
        }
    const std::vector<float> cloth = fill_unknown(rgba, known.data(), size);

    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            const std::size_t i = index(x, y);
            if (!arm[i]) continue;
            const Point p{static_cast<float>(x), static_cast<float>(y)}, local = to_torso(torso, p);
            const float kept = std::clamp(cap - std::hypot(p.x - shoulder.x, p.y - shoulder.y) + 0.5f, 0.0f, 1.0f);  // the shoulder's cap
            if (kept >= 1 || local.y < 0) continue;
            const float edge = std::min(trunk_edge(local.y), gap[static_cast<std::size_t>(y)]);
            const float inside = (edge - side * local.x) * torso.unit;  // pixels
            const float trunk = std::clamp(inside + 0.5f, 0.0f, 1.0f);
            float tone = 1 - 0.12f * smooth_step(4, 0, inside);
            if (style.line > 0) tone *= 1 - style.line * (1 - style.line_tone) * std::clamp(style.line_width + 0.5f - inside, 0.0f, 1.0f);
            float* pixel = rgba + 4 * i;
            // The cap as the picture has it, over cloth, over nothing.
            for (std::size_t c = 0; c < 3; ++c) pixel[c] = kept * pixel[c] + (1 - kept * pixel[3]) * trunk * std::min(cloth[3 * i + c] * tone, 1.0f);
            pixel[3] = kept * pixel[3] + (1 - kept * pixel[3]) * trunk;
        }
}

}  // namespace mirrorme

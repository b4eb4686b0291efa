// Note [Where the trunk ends]
// With the arm gone the trunk needs an edge, of which the picture shows the part, if any, where a gap between arm and trunk lets the background
// through: there everything up to the gap stays as it is. Elsewhere the edge runs from below the armpit to the hip, a seventh of the way inside the
// shoulder joints, which is where trunks end whose arms hang beside them, moved as far as the nearest gap is off it. The cap of the shoulder
// stays: the raised arm grows out of it.

#include "codec/motion/bare_body.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "codec/motion/body_geometry.h"
#include "codec/motion/hanging_arm.h"
#include "codec/motion/picture_sampler.h"
#include "codec/motion/plate.h"

namespace mirrorme {
namespace {

using kernels::Point;
using kernels::Size;

constexpr float kWider = 1.45f;        // of the arm's radius: cloth and lines at its rim go with it
constexpr float kHandRadius = 0.42f;   // torso units
constexpr float kSureTrunk = 0.3f;     // torso units from the middle: gaps are looked for beyond
constexpr float kOutmost = 1.2f;       // ... and up to here
constexpr float kArmpit = 0.40f;       // torso units below the shoulder joints
constexpr float kLowest = 5.0f;        // lower than any frame shows

float smooth_step(float low, float high, float value) {
    const float t = std::clamp((value - low) / (high - low), 0.0f, 1.0f);
    return t * t * (3 - 2 * t);
}

/// Where the trunk ends on one side, by height below the shoulder joints; torso units, outwards from the middle.
class TrunkSide {
public:
    TrunkSide(const float* rgba, Size size, const TorsoFrame& torso, float side);
    float edge(float y) const noexcept { return trunk_edge(y) + offset(y); }
    /// A gap shows it at this height.
    bool seen(float y) const noexcept {
        const auto row = static_cast<std::size_t>(std::lround(std::max(y - kArmpit, 0.0f) / kStep));
        return y >= kArmpit && row < seen_.size() && seen_[row];
    }

private:
    static constexpr float kStep = 0.02f;
    static constexpr int kEvened = 2;  // rows to either side over which the edge is evened
    float offset(float y) const noexcept {
        const float at = std::clamp((y - kArmpit) / kStep, 0.0f, static_cast<float>(offsets_.size() - 1));
        const auto low = static_cast<std::size_t>(at), next = std::min(low + 1, offsets_.size() - 1);
        return offsets_[low] + (at - static_cast<float>(low)) * (offsets_[next] - offsets_[low]);
    }

    std::vector<float> offsets_;  // from trunk_edge()
    std::vector<bool> seen_;
};

TrunkSide::TrunkSide(const float* rgba, Size size, const TorsoFrame& torso, float side) {
    const PictureSampler picture(rgba, size);
    const auto alpha = [&](float out, float y) -> std::optional<float> {
        const Point at = from_torso(torso, {side * out, y});
        if (!picture.has(at)) return {};
        return picture.at(at)[3];
    };
    const float fine = 0.25f / std::max(torso.unit, 1.0f);
    for (float y = kArmpit; y < kLowest && alpha(0, y); y += kStep) {
        std::optional<float> edge;
        float before = alpha(kSureTrunk, y).value_or(0);
        for (float out = kSureTrunk + fine; before >= 0.5f && out < kOutmost; out += fine) {
            const float here = alpha(out, y).value_or(1);
            if (here < 0.5f) edge = out - fine * (0.5f - here) / (before - here);
            before = here;
        }
        seen_.push_back(edge.has_value());
        offsets_.push_back(edge ? *edge - trunk_edge(y) : 0);
    }
    if (offsets_.empty()) offsets_.push_back(0);
    // Rows without a gap follow those with one; from the armpit down the way to the first one.
    std::optional<std::size_t> last;
    for (std::size_t r = 0; r <= seen_.size(); ++r) {
        if (r < seen_.size() && !seen_[r]) continue;
        if (r == seen_.size() && !last) break;
        const float to = r < seen_.size() ? offsets_[r] : offsets_[*last], from = last ? offsets_[*last] : 0;
        const std::size_t begin = last ? *last + 1 : 0, origin = last ? *last : 0;
        for (std::size_t i = begin; i < r; ++i) offsets_[i] = from + (to - from) * static_cast<float>(i - origin) / static_cast<float>(std::max<std::size_t>(r - origin, 1));
        last = r;
    }
    const std::vector<float> raw = offsets_;
    const auto end = static_cast<int>(raw.size()) - 1;
    for (int r = 0; r <= end; ++r) {
        float sum = 0;
        for (int d = -kEvened; d <= kEvened; ++d) sum += raw[static_cast<std::size_t>(std::clamp(r + d, 0, end))];
        offsets_[static_cast<std::size_t>(r)] = sum / (2 * kEvened + 1);
    }
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

    const TrunkSide trunk_side(rgba, size, torso, side);
    const float rim = 1 / torso.unit;  // outside the edge: the picture's own goes out there
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
            const Point local = to_torso(torso, p);
            const bool taken = hanging && trunk_side.seen(local.y) ? side * local.x > trunk_side.edge(local.y) + rim : in_arm(p);
            arm[i] = taken ? 1 : 0;
            const bool whole = rgba[4 * i + 3] > 0.95f && tone_of(rgba + 4 * i) >= darkest;
            known[i] = !taken && whole && local.y > 0.1f ? 1.0f : 0.0f;
        }
    const std::vector<float> cloth = fill_unknown(rgba, known.data(), size);

    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            const std::size_t i = index(x, y);
            if (!arm[i]) continue;
            const Point p{static_cast<float>(x), static_cast<float>(y)}, local = to_torso(torso, p);
            const float kept = std::clamp(cap - std::hypot(p.x - shoulder.x, p.y - shoulder.y) + 0.5f, 0.0f, 1.0f);  // the shoulder's cap
            if (kept >= 1 || local.y < 0) continue;
            const float inside = (trunk_side.edge(local.y) - side * local.x) * torso.unit;  // pixels
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

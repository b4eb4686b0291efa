// Note [Arms by their outline]
// Where an elbow is that lies outside the frame the key-point net can only guess, and in a plain sleeve it is no better inside it. But nearly
// all arms of half-body pictures hang, and then the outline of the person beside the trunk is the arm's: that is exact to a pixel. So for a hanging arm
// the points say only that it hangs; where it lies and how thick it is comes from the outline.

#include "codec/motion/hanging_arm.h"

#include <algorithm>
#include <cmath>

#include "codec/motion/arm_skin.h"
#include "codec/motion/body_geometry.h"

namespace mirrorme {
namespace {

using kernels::Point;
using kernels::Size;

constexpr float kUpperLength = 1.86f, kForeLength = 1.57f;  // torso units
constexpr float kOutmost = 1.85f, kInmost = 0.9f;           // where the outline of a hanging arm may lie
constexpr float kEnough = 0.35f;                            // of its length must be seen

bool hangs(const TorsoFrame& torso, const KeyPointFrame& points, int first, float side) {
    const Point elbow = to_torso(torso, position(points, first + point::kElbow)), wrist = to_torso(torso, position(points, first + point::kWrist));
    return elbow.y > 0.9f && wrist.y > 1.4f && side * wrist.x > 0.6f && side * elbow.x > 0.6f;
}

}  // namespace

std::optional<HangingArm> HangingArm::find(const float* rgba, Size size, const KeyPointFrame& points, int first) {
    const TorsoFrame torso = torso_frame_of(points);
    const float side = first == point::kRightHand ? -1.0f : 1.0f;
    if (!hangs(torso, points, first, side)) return {};
    auto alpha = [&](float out, float y) {  // below 0: outside the frame
        const Point at = from_torso(torso, {side * out, y});
        const int px = static_cast<int>(std::lround(at.x)), py = static_cast<int>(std::lround(at.y));
        if (px < 0 || py < 0 || px >= size.width || py >= size.height) return -1.0f;
        return rgba[4 * (static_cast<std::size_t>(py) * static_cast<std::size_t>(size.width) + static_cast<std::size_t>(px)) + 3];
    };
    const float fine = 0.5f / std::max(torso.unit, 1.0f);
    HangingArm arm;
    std::vector<float> raw;
    for (float y = kFirst; y < kUpperLength + kForeLength; y += kStep) {
        if (alpha(1, y) < 0) break;
        bool outside = false;
        float edge = 0;
        for (float out = kOutmost; out > kInmost; out -= fine) {
            const float a = alpha(out, y);
            if (a < 0) continue;
            if (a < 0.5f) outside = true;
            else {
                edge = outside ? out : 0;
                break;
            }
        }
        raw.push_back(edge);  // 0: cut off by the frame, or no arm there
    }
    const auto seen = [](float e) { return e > 0; };
    if (static_cast<float>(std::count_if(raw.begin(), raw.end(), seen)) * kStep < kEnough) return {};
    while (!seen(raw.back())) raw.pop_back();
    // A row's outline is the middle one of its neighbours'.
    for (std::size_t r = 0; r < raw.size(); ++r) {
        std::vector<float> around;
        for (std::size_t reach = 4; around.empty(); reach *= 2)
            for (std::size_t i = r > reach ? r - reach : 0; i <= std::min(r + reach, raw.size() - 1); ++i)
                if (seen(raw[i])) around.push_back(raw[i]);
        std::nth_element(around.begin(), around.begin() + static_cast<std::ptrdiff_t>(around.size() / 2), around.end());
        arm.edges_.push_back(around[around.size() / 2]);
    }
    constexpr float kSlope = 0.10f;  // arms hang a little away from the body
    arm.thickness_ = std::clamp((arm.edge(kFirst) - 1.0f - kSlope * kFirst) / usual_arm_radius(arm.along(kFirst)), 0.85f, 1.35f);
    return arm;
}

HangingArm HangingArm::usual() {
    HangingArm arm;
    for (float y = kFirst; y < kUpperLength + kForeLength; y += kStep) arm.edges_.push_back(1.05f + 0.03f * y + arm.radius(arm.along(y)));
    return arm;
}

float HangingArm::edge(float y) const noexcept {
    const float at = std::clamp((y - kFirst) / kStep, 0.0f, static_cast<float>(edges_.size() - 1));
    const auto low = static_cast<std::size_t>(at);
    const std::size_t next = std::min(low + 1, edges_.size() - 1);
    return edges_[low] + (at - static_cast<float>(low)) * (edges_[next] - edges_[low]);
}

float HangingArm::radius(float along) const noexcept { return usual_arm_radius(along) * thickness_; }
float HangingArm::along(float y) const noexcept { return y < kUpperLength ? std::max(y, 0.0f) / kUpperLength : 1 + std::min((y - kUpperLength) / kForeLength, 1.0f); }
float HangingArm::height(float along) const noexcept { return along < 1 ? along * kUpperLength : kUpperLength + (along - 1) * kForeLength; }

}  // namespace mirrorme

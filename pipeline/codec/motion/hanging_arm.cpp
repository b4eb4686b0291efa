// Note [Arms by their outline]
// Where an elbow is that lies outside the frame the key-point net can only guess, and in a plain sleeve it is no better inside it. But nearly
// all arms of half-body pictures hang, and then the outline of the person beside the trunk is the arm's: that is exact to a pixel. So for a hanging arm
// the points say only that it hangs; where it lies and how thick it is comes from the outline: to its other side where the background shows between arm and
// trunk, else from the shoulder, whose joint lies one unit out, and from the nearest row that is seen whole.

#include "codec/motion/hanging_arm.h"

#include <algorithm>
#include <cmath>

#include "codec/motion/arm_skin.h"
#include "codec/motion/body_geometry.h"
#include "codec/motion/picture_sampler.h"

namespace mirrorme {
namespace {

using kernels::Point;
using kernels::Size;

constexpr float kUpperLength = 1.86f, kForeLength = 1.57f;  // torso units
constexpr float kOutmost = 1.85f, kInmost = 0.9f;           // where the outline of a hanging arm may lie
constexpr float kEnough = 0.35f;                            // of its length must be seen
constexpr float kThinnest = 0.7f, kThickest = 1.6f;         // of the usual thickness
constexpr int kNeighbours = 4;                              // rows to either side whose middle value counts

bool hangs(const TorsoFrame& torso, const KeyPointFrame& points, int first, float side) {
    const Point elbow = to_torso(torso, position(points, first + point::kElbow)), wrist = to_torso(torso, position(points, first + point::kWrist));
    return elbow.y > 0.9f && wrist.y > 1.4f && side * wrist.x > 0.6f && side * elbow.x > 0.6f;
}

/// The middle value of the positive ones about `row`; 0: there are none.
float median_about(const std::vector<float>& values, std::size_t row, std::size_t reach) {
    std::vector<float> around;
    for (std::size_t i = row > reach ? row - reach : 0; i <= std::min(row + reach, values.size() - 1); ++i)
        if (values[i] > 0) around.push_back(values[i]);
    if (around.empty()) return 0;
    std::nth_element(around.begin(), around.begin() + static_cast<std::ptrdiff_t>(around.size() / 2), around.end());
    return around[around.size() / 2];
}

/// Rows that are 0 take what lies between their neighbours; the first one is known.
void fill_between(std::vector<float>& rows) {
    std::size_t last = 0;
    for (std::size_t r = 1; r <= rows.size(); ++r) {
        if (r < rows.size() && rows[r] <= 0) continue;
        const float to = r < rows.size() ? rows[r] : rows[last], from = rows[last];
        for (std::size_t i = last + 1; i < std::min(r, rows.size()); ++i) rows[i] = from + (to - from) * static_cast<float>(i - last) / static_cast<float>(r - last);
        last = r;
    }
}

}  // namespace

std::optional<HangingArm> HangingArm::find(const float* rgba, Size size, const KeyPointFrame& points, int first) {
    const TorsoFrame torso = torso_frame_of(points);
    const float side = first == point::kRightHand ? -1.0f : 1.0f;
    if (!hangs(torso, points, first, side)) return {};
    const PictureSampler picture(rgba, size);
    auto alpha = [&](float out, float y) {  // below 0: outside the frame
        const Point at = from_torso(torso, {side * out, y});
        return picture.has(at) ? picture.at(at)[3] : -1.0f;
    };
    const float fine = 0.25f / std::max(torso.unit, 1.0f);
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
        float edge = 0;
        for (std::size_t reach = kNeighbours; edge <= 0; reach *= 2) edge = median_about(raw, r, reach);
        arm.edges_.push_back(edge);
    }
    std::vector<float> whole;  // thickness of rows that show both sides
    for (std::size_t r = 0; r < raw.size(); ++r) {
        const float y = kFirst + kStep * static_cast<float>(r), usual = 2 * usual_arm_radius(arm.along(y));
        float width = 0;
        for (float in = fine; seen(raw[r]) && in <= kThickest * usual; in += fine) {
            if (alpha(raw[r] - in, y) >= 0.5f) continue;
            width = in;
            break;
        }
        whole.push_back(width >= kThinnest * usual ? width / usual : 0);
    }
    for (std::size_t r = 0; r < whole.size(); ++r) arm.thickness_.push_back(median_about(whole, r, kNeighbours));
    if (arm.thickness_.front() <= 0) {
        constexpr float kSlope = 0.10f;  // arms hang a little away from the body
        arm.thickness_.front() = std::clamp((arm.edge(kFirst) - 1.0f - kSlope * kFirst) / usual_arm_radius(arm.along(kFirst)), 0.85f, 1.35f);
    }
    fill_between(arm.thickness_);
    return arm;
}

HangingArm HangingArm::usual() {
    HangingArm arm;
    for (float y = kFirst; y < kUpperLength + kForeLength; y += kStep) {
        arm.edges_.push_back(1.05f + 0.03f * y + usual_arm_radius(arm.along(y)));
        arm.thickness_.push_back(1);
    }
    return arm;
}

float HangingArm::row(const std::vector<float>& rows, float y) noexcept {
    const float at = std::clamp((y - kFirst) / kStep, 0.0f, static_cast<float>(rows.size() - 1));
    const auto low = static_cast<std::size_t>(at);
    const std::size_t next = std::min(low + 1, rows.size() - 1);
    return rows[low] + (at - static_cast<float>(low)) * (rows[next] - rows[low]);
}

float HangingArm::edge(float y) const noexcept { return row(edges_, y); }
float HangingArm::radius(float along) const noexcept { return usual_arm_radius(along) * row(thickness_, height(along)); }
float HangingArm::along(float y) const noexcept { return y < kUpperLength ? std::max(y, 0.0f) / kUpperLength : 1 + std::min((y - kUpperLength) / kForeLength, 1.0f); }
float HangingArm::height(float along) const noexcept { return along < 1 ? along * kUpperLength : kUpperLength + (along - 1) * kForeLength; }

}  // namespace mirrorme

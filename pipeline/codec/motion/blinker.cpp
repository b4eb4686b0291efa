// Note [Nobody stares]
// Blinks are the model's to make. But nothing that is heard says when, and a sampler of one or two steps gives about the mean of what may
// happen, in which there is no blink; people see eyes that stay open before they see anything else. So when the eyes have been open for longer
// than somebody who talks keeps them open, they are shut here, for a sixth of a second. A blink of the model's own starts the wait
// anew: a model that blinks is left alone.
// Lids move as those of the drawn performers (train/performers/rig_head.cpp): both towards one line near the lower lid.

#include "codec/motion/blinker.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "codec/motion/body_geometry.h"

namespace mirrorme {
namespace {

constexpr std::array kDrop{0.6f, 1.0f, 0.7f, 0.25f};  // of a blink, frame by frame
constexpr float kShut = 0.4f;                         // of the lids' scalar: the model blinks
constexpr float kMeeting = 0.86f;                     // where shut lids lie, from the upper to the lower one
constexpr double kMedianWait = 78, kWaitSpread = 0.45;  // frames; of the wait's logarithm
constexpr double kLeastWait = 20, kMostWait = 168;
constexpr double kTwice = 0.12;                       // share of blinks that come again at once
constexpr int kAgain = 7;                             // frames

std::uint64_t mixed(std::uint64_t x) noexcept {  // splitmix64
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

double unit(std::uint64_t bits) noexcept { return static_cast<double>(bits >> 11) * 0x1p-53; }

float lids(const KeyPointFrame& frame) noexcept { return (frame[Scalar::lid_right] + frame[Scalar::lid_left]) / 2; }

/// Shuts the lids by `drop` of the way that is left.
void shut(KeyPointFrame& frame, float drop) noexcept {
    for (const int eye : {point::kRightEye, point::kLeftEye})
        for (int k = 1; k <= 3; ++k) {
            const Point upper = position(frame, eye + k), lower = position(frame, eye + 8 - k);
            const Point line{upper.x + kMeeting * (lower.x - upper.x), upper.y + kMeeting * (lower.y - upper.y)};
            set_position(frame, eye + k, {upper.x + drop * (line.x - upper.x), upper.y + drop * (line.y - upper.y)});
            set_position(frame, eye + 8 - k, {lower.x + drop * (line.x - lower.x), lower.y + drop * (line.y - lower.y)});
        }
    for (const Scalar lid : {Scalar::lid_right, Scalar::lid_left}) frame[lid] *= 1 - drop;
}

}  // namespace

int Blinker::next_wait() noexcept {
    const std::uint64_t bits = mixed(seed_ + 3 * drawn_++);
    // The sum of three uniform numbers is normal enough.
    const double normal = 2 * (unit(mixed(bits)) + unit(mixed(bits + 1)) + unit(mixed(bits + 2)) - 1.5);
    const double wait = std::clamp(kMedianWait * std::exp(kWaitSpread * normal), kLeastWait, kMostWait);
    const double left = drawn_ == 1 ? unit(mixed(bits + 3)) : 1;  // the first wait began before the stream did
    return static_cast<int>(std::lround(left * wait));
}

void Blinker::apply(KeyPointFrame& frame) noexcept {
    if (lids(frame) < kShut) {
        phase_ = -1;
        wait_ = next_wait();
        return;
    }
    if (phase_ < 0 && --wait_ > 0) return;
    shut(frame, kDrop[static_cast<std::size_t>(++phase_)]);
    if (phase_ + 1 < static_cast<int>(kDrop.size())) return;
    phase_ = -1;
    wait_ = next_wait();
    if (unit(mixed(seed_ ^ drawn_)) < kTwice) wait_ = kAgain;
}

std::uint64_t blink_seed_of(const KeyPointFrame& reference) noexcept {
    std::uint64_t seed = 0;
    for (const KeyPoint& p : reference.points) seed = mixed(seed ^ (std::uint64_t{std::bit_cast<std::uint32_t>(p.x)} << 32 | std::bit_cast<std::uint32_t>(p.y)));
    return seed;
}

}  // namespace mirrorme

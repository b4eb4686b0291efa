#include "train/motion_metrics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <span>

namespace mirrorme {
namespace {

constexpr int kMaxLag = 5;              // frames either way
constexpr std::size_t kShortest = 24;   // frames
constexpr double kLeastOpening = 0.01;  // face units of deviation: a mouth that speaks moves five to ten times as much
constexpr float kLidShut = 0.4f, kLidOpen = 0.7f;

using Curve = std::vector<float>;

Curve curve_of(const MotionTrack& track, const std::function<float(const KeyPointFrame&)>& value) {
    Curve curve(track.size());
    std::transform(track.begin(), track.end(), curve.begin(), value);
    return curve;
}

double deviation(const Curve& curve) {
    double sum = 0, squares = 0;
    for (float v : curve) sum += v, squares += static_cast<double>(v) * v;
    const double n = static_cast<double>(std::max<std::size_t>(1, curve.size()));
    return std::sqrt(std::max(0.0, squares / n - sum / n * (sum / n)));
}

double ratio(double a, double b) { return b > 1e-12 ? a / b : 0; }

struct Share {
    int hits = 0, all = 0;
    void add(bool hit) { hits += hit ? 1 : 0, ++all; }
    double value() const { return ratio(hits, all); }
};

/// Sum over frames of squared changes of the head's angles.
double head_energy(const MotionTrack& track) {
    double energy = 0;
    for (std::size_t i = 1; i < track.size(); ++i)
        for (Scalar angle : {Scalar::yaw, Scalar::pitch, Scalar::roll}) energy += std::pow(track[i][angle] - track[i - 1][angle], 2);
    return energy;
}

int blinks(const MotionTrack& track) {
    int count = 0;
    bool shut = false;
    for (const KeyPointFrame& frame : track) {
        const float lids = (frame[Scalar::lid_right] + frame[Scalar::lid_left]) / 2;
        if (!shut && lids < kLidShut) shut = true, ++count;
        if (shut && lids > kLidOpen) shut = false;
    }
    return count;
}

bool closed_near(const MotionTrack& track, std::pair<int, int> span) {
    const int last = std::min(static_cast<int>(track.size()) - 1, span.second + 1);
    for (int i = std::max(0, span.first - 1); i <= last; ++i)
        if (lip_opening(track[static_cast<std::size_t>(i)]) < kClosedLips) return true;
    return false;
}

void count_closures(const SpokenClip& clip, const MotionTrack& track, Share& silence, Share& closures) {
    for (std::size_t i = 0; i < track.size() && i < clip.silent.size(); ++i)
        if (clip.silent[i]) silence.add(lip_opening(track[i]) < kClosedLips);
    for (const auto& span : clip.closures) closures.add(closed_near(track, span));
}

constexpr float kHandWidth = 0.66f;  // of a palm's length, wrist to the middle finger's knuckle: the four knuckles' span

/// Distances of visible hand points.
struct HandError {
    double torso_units = 0, widths = 0;  // sums
    int count = 0;
};
void add_hand_error(const MotionTrack& truth, const MotionTrack& track, HandError& error) {
    for (std::size_t i = 0; i < track.size(); ++i) {
        const KeyPoint& right = truth[i].points[point::kShoulders];
        const KeyPoint& left = truth[i].points[point::kShoulders + 1];
        const double unit = std::max(0.05, std::hypot(right.x - left.x, right.y - left.y) / 2.0);
        for (int hand : {point::kLeftHand, point::kRightHand}) {
            const KeyPoint &wrist = truth[i].points[static_cast<std::size_t>(hand + point::kWrist)], &knuckle = truth[i].points[static_cast<std::size_t>(hand + point::kFingers + 4 * 2)];
            const double width = std::max(0.02f, kHandWidth * std::hypot(knuckle.x - wrist.x, knuckle.y - wrist.y));
            for (int p = hand + point::kWrist; p < hand + point::kHandCount; ++p) {
                const KeyPoint &a = truth[i].points[static_cast<std::size_t>(p)], &b = track[i].points[static_cast<std::size_t>(p)];
                if (a.confidence < 0.4f) continue;
                const double distance = std::hypot(a.x - b.x, a.y - b.y);
                error.torso_units += distance / unit;
                error.widths += distance / width;
                ++error.count;
            }
        }
    }
}

/// Whether a truth can be correlated with: long enough, and somebody speaks.
bool is_spoken(const Curve& opening) { return opening.size() >= kShortest && deviation(opening) >= kLeastOpening; }

LipFigures lips_of(const std::vector<Curve>& openings, const std::vector<Curve>& widths, const std::vector<Curve>& true_openings,
                   const std::vector<Curve>& true_widths) {
    LipFigures figures;
    double best = -2;
    const int spoken = std::max(1, static_cast<int>(std::count_if(true_openings.begin(), true_openings.end(), is_spoken)));
    for (int lag = -kMaxLag; lag <= kMaxLag; ++lag) {
        double mean = 0;
        for (std::size_t i = 0; i < openings.size(); ++i)
            if (is_spoken(true_openings[i])) mean += correlation(true_openings[i], openings[i], lag) / spoken;
        if (lag == 0) figures.opening = mean;
        if (mean > best) best = mean, figures.lag = lag;
    }
    for (std::size_t i = 0; i < widths.size(); ++i)
        if (is_spoken(true_openings[i])) figures.width += correlation(true_widths[i], widths[i]) / spoken;
    return figures;
}

}  // namespace

float lip_opening(const KeyPointFrame& frame) noexcept {
    float gap = 0;  // upper 1..3 run with growing x, lower 5..7 back
    for (int i = 1; i <= 3; ++i) {
        const KeyPoint &upper = frame.points[static_cast<std::size_t>(point::kInnerLips + i)], &lower = frame.points[static_cast<std::size_t>(point::kInnerLips + 8 - i)];
        gap += std::hypot(lower.x - upper.x, lower.y - upper.y) / 3;
    }
    return gap;
}

float lip_width(const KeyPointFrame& frame) noexcept {
    const KeyPoint &right = frame.points[point::kOuterLips], &left = frame.points[point::kOuterLips + 6];
    return std::hypot(left.x - right.x, left.y - right.y);
}

double correlation(const std::vector<float>& a, const std::vector<float>& b, int lag) {
    const int count = static_cast<int>(std::min(a.size(), b.size())) - std::abs(lag);
    if (count < 2) return 0;
    const float* x = a.data() + std::max(0, -lag);
    const float* y = b.data() + std::max(0, lag);
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < count; ++i) mx += x[i], my += y[i];
    mx /= count, my /= count;
    for (int i = 0; i < count; ++i) xx += (x[i] - mx) * (x[i] - mx), yy += (y[i] - my) * (y[i] - my), xy += (x[i] - mx) * (y[i] - my);
    return xx > 1e-10 && yy > 1e-10 ? xy / std::sqrt(xx * yy) : 0;
}

MotionFigures measure_motion(const std::vector<SpokenClip>& clips, const std::vector<MotionTrack>& generated) {
    std::vector<Curve> openings, widths, true_openings, true_widths, other_openings, other_widths;
    MotionFigures figures;
    Share silence, true_silence, closures, true_closures;
    double amplitude = 0, true_amplitude = 0, energy = 0, true_energy = 0;
    HandError hands;
    int blinked = 0, true_blinked = 0, heard = 0;
    for (std::size_t i = 0; i < clips.size() && i < generated.size(); ++i) {
        const MotionTrack &truth = clips[i].truth, &track = generated[i];
        openings.push_back(curve_of(track, lip_opening));
        widths.push_back(curve_of(track, lip_width));
        true_openings.push_back(curve_of(truth, lip_opening));
        true_widths.push_back(curve_of(truth, lip_width));
        amplitude += deviation(openings.back());
        true_amplitude += deviation(true_openings.back());
        count_closures(clips[i], track, silence, closures);
        count_closures(clips[i], truth, true_silence, true_closures);
        energy += head_energy(track);
        true_energy += head_energy(truth);
        blinked += blinks(track);
        true_blinked += blinks(truth);
        add_hand_error(truth, track, hands);
        if (is_spoken(true_openings.back())) figures.loudness_opening += correlation(true_openings.back(), clips[i].loudness), ++heard;
    }
    for (std::size_t i = 0; i < openings.size(); ++i) {
        other_openings.push_back(openings[(i + 1) % openings.size()]);
        other_widths.push_back(widths[(i + 1) % openings.size()]);
    }
    figures.generated = lips_of(openings, widths, true_openings, true_widths);
    figures.shuffled = lips_of(other_openings, other_widths, true_openings, true_widths);
    figures.loudness_opening /= std::max(1, heard);
    figures.opening_amplitude = ratio(amplitude, true_amplitude);
    figures.closed_in_silence = silence.value();
    figures.truth_closed_in_silence = true_silence.value();
    figures.closed_on_closures = closures.value();
    figures.truth_closed_on_closures = true_closures.value();
    figures.head_energy = ratio(energy, true_energy);
    figures.blinks = ratio(blinked, true_blinked);
    figures.hand_error = ratio(hands.torso_units, hands.count);
    figures.hand_error_widths = ratio(hands.widths, hands.count);
    return figures;
}

}  // namespace mirrorme

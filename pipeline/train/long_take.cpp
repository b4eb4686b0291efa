#include "train/long_take.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "codec/motion/motion_values.h"
#include "train/codec_pictures.h"
#include "train/draughtsman.h"
#include "train/mouth_reader.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr std::size_t kEvery = 48;  // frames from one that is drawn to the next
constexpr int kStrangers = 3;
constexpr FaceBox kHeadBox{-1.8f, -1.8f, 1.8f, 2.2f};
constexpr kernels::Size kHeadSize{54, 60};

/// A stretch of a track.
struct Minute {
    std::size_t first, count;  // frames
};

/// Mean head; draw(frame of the track) -> picture and where its points are.
template <class Draw>
Tensor mean_head(const Minute& minute, Draw draw) {
    Tensor sum = torch::zeros({1, 3, kHeadSize.height, kHeadSize.width});
    int looks = 0;
    for (std::size_t f = minute.first; f < minute.first + minute.count; f += kEvery, ++looks) {
        const auto [picture, points] = draw(f);
        sum += face_window(picture, face_frame_of(points), kHeadBox, kHeadSize);
    }
    return sum / looks;
}

double distance(const Tensor& a, const Tensor& b) { return (a - b).square().mean().sqrt().item<double>(); }

SpokenClip cut(const SpokenClip& clip, const Minute& minute) {
    const auto part = [&](const auto& of) { return std::decay_t<decltype(of)>(of.begin() + static_cast<std::ptrdiff_t>(minute.first), of.begin() + static_cast<std::ptrdiff_t>(minute.first + minute.count)); };
    SpokenClip out;
    out.truth = part(clip.truth);
    out.loudness = part(clip.loudness);
    out.silent = part(clip.silent);
    const int from = static_cast<int>(minute.first), length = static_cast<int>(minute.count);
    for (const auto& [first, last] : clip.closures)
        if (first >= from && last < from + length) out.closures.emplace_back(first - from, last - from);
    return out;
}

MotionFigures figures_of(const std::vector<SpokenClip>& truths, const std::vector<MotionTrack>& tracks, const Minute& minute) {
    std::vector<SpokenClip> truth;
    std::vector<MotionTrack> track;
    for (std::size_t c = 0; c < truths.size(); ++c) {
        truth.push_back(cut(truths[c], minute));
        track.emplace_back(tracks[c].begin() + static_cast<std::ptrdiff_t>(minute.first), tracks[c].begin() + static_cast<std::ptrdiff_t>(minute.first + minute.count));
    }
    return measure_motion(truth, track);
}

/// Where the head is on average over a minute, face units of the reference.
Point mean_place(const MotionTrack& track, const Minute& minute) {
    Point sum;
    for (std::size_t f = minute.first; f < minute.first + minute.count; ++f) {
        const FaceFrame face = face_frame_of(track[f]);
        sum.x += face.origin_x / static_cast<float>(minute.count);
        sum.y += face.origin_y / static_cast<float>(minute.count);
    }
    return sum;
}

}  // namespace

LongTakes judge_long_takes(Renderer& renderer, const std::vector<MotionClip>& clips, const std::vector<SpokenClip>& truths, const std::vector<MotionTrack>& tracks, int first,
                           std::size_t minute) {
    const torch::NoGradGuard no_grad;
    const Minute begin{0, minute};
    double identity_first = 0, identity_last = 0, moved = 0;
    std::vector<Tensor> tiles;
    std::size_t shortest = tracks[0].size();
    for (const MotionTrack& track : tracks) shortest = std::min(shortest, track.size());
    const Minute end{shortest - minute, minute};
    for (std::size_t c = 0; c < clips.size(); ++c) {
        const MotionClip& clip = clips[c];
        const Performer performer(clip.character);
        const ReferenceLayer reference = reference_of(clip, performer);
        const FaceFrame face = face_frame_of(clip.reference);
        Draughtsman artist(renderer, {clip.view.width, clip.view.height});
        const auto performed_by = [&](const Performer& who) {
            return [&](std::size_t f) {
                const std::size_t at = f + static_cast<std::size_t>(first);
                return std::pair(true_picture(clip, who, at), who.key_points(clip.performance.poses[at], clip.view));
            };
        };
        const auto generated = [&](std::size_t f) {
            KeyPointFrame points = to_pixels(tracks[c][f], face);
            rest_arms(clip.reference, points);
            return std::pair(artist.draw(reference, points), points);
        };
        const Tensor self = mean_head(begin, performed_by(performer));
        const double same = distance(mean_head(end, performed_by(performer)), self);
        double other = 0;
        for (int i = 1; i <= kStrangers; ++i) other += distance(mean_head(begin, performed_by(Performer(clip.character + 10 * static_cast<std::uint64_t>(i), performer.style()))), self) / kStrangers;
        const Tensor heads_first = mean_head(begin, generated), heads_last = mean_head(end, generated);
        const auto share = [&](const Tensor& of) { return (other - distance(of, self)) / (other - same) / static_cast<double>(clips.size()); };
        identity_first += share(heads_first);
        identity_last += share(heads_last);
        const Point before = mean_place(tracks[c], begin), after = mean_place(tracks[c], end);
        moved += std::hypot(after.x - before.x, after.y - before.y) / static_cast<double>(clips.size());
        const Tensor shown = over_colour(planar(reference.rgba(), {clip.view.width, clip.view.height}), torch::full({1, 3, 1, 1}, 0.5));
        tiles.push_back(shown[0]);
        for (const Minute& part : {begin, end})
            for (const std::size_t f : {part.first + minute / 3, part.first + 2 * minute / 3}) tiles.push_back(generated(f).first[0]);
    }
    LongTakes out;
    const MotionFigures early = figures_of(truths, tracks, begin), late = figures_of(truths, tracks, end);
    out.figures = {{"identity_first", identity_first},
                   {"identity_last", identity_last},
                   {"identity_kept", identity_last / identity_first},
                   {"head_moved", moved},
                   {"opening_first", early.generated.opening},
                   {"opening_last", late.generated.opening},
                   {"amplitude_first", early.opening_amplitude},
                   {"amplitude_last", late.opening_amplitude},
                   {"head_energy_first", early.head_energy},
                   {"head_energy_last", late.head_energy}};
    out.sheet = {"identity", {contact_sheet(tiles, 5)}, {}};
    return out;
}

}  // namespace mirrorme

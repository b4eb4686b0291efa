#include "train/spoken_pictures.h"

#include <algorithm>
#include <array>

#include "codec/motion/motion_values.h"
#include "train/codec_pictures.h"
#include "train/draughtsman.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr float kMouthMargin = 0.15f;  // face units about the outer lips
constexpr int kSheetClips = 6, kSheetColumns = 9;

Tensor mouth_mask(const KeyPointFrame& truth, kernels::Size size) {
    float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;
    for (int i = point::kOuterLips; i < point::kOuterLips + point::kOuterLipsCount; ++i) {
        const KeyPoint& p = truth.points[static_cast<std::size_t>(i)];
        x0 = std::min(x0, p.x), x1 = std::max(x1, p.x), y0 = std::min(y0, p.y), y1 = std::max(y1, p.y);
    }
    const float margin = kMouthMargin * face_frame_of(truth).unit;
    const auto within = [](float v, int limit) { return static_cast<int64_t>(std::clamp(v, 0.0f, static_cast<float>(limit))); };
    Tensor mask = torch::zeros({1, 1, size.height, size.width});
    mask.slice(2, within(y0 - margin, size.height), within(y1 + margin + 1, size.height)).slice(3, within(x0 - margin, size.width), within(x1 + margin + 1, size.width)).fill_(1);
    return mask;
}

/// The truth's frame with another mouth, told relative to the head.
KeyPointFrame with_mouth(const KeyPointFrame& reference, const KeyPointFrame& truth, const KeyPointFrame& mouth) {
    MotionValues values = motion_of(reference, truth);
    constexpr auto kMouth = static_cast<std::size_t>(Part::mouth);
    values.parts[kMouth] = motion_of(reference, mouth).parts[kMouth];
    KeyPointFrame frame = frame_of(reference, values);
    rest_arms(reference, frame);
    return frame;
}

/// What the reader sees of each clip's mouth, against the key points.
struct Readings {
    std::vector<std::array<std::vector<float>, 2>> clips;  // opening and width of the frames that were looked at

    void add(const Tensor& said) {
        for (std::size_t k = 0; k < 2; ++k) clips.back()[k].push_back(said[0][static_cast<int64_t>(k)].item<float>());
    }
    /// Mean correlation over clips in which the truth's mouth moves.
    double follows(const Readings& truth, std::size_t k) const {
        double sum = 0;
        int count = 0;
        for (std::size_t c = 0; c < clips.size(); ++c) {
            const auto [low, high] = std::minmax_element(truth.clips[c][0].begin(), truth.clips[c][0].end());
            if (*high - *low < kClosedLips) continue;
            sum += correlation(truth.clips[c][k], clips[c][k]);
            ++count;
        }
        return count ? sum / count : 0;
    }
};

}  // namespace

SpokenPictures judge_spoken_pictures(PictureJudges judges, const std::vector<MotionClip>& clips, const SpokenMouths& spoken, int first, int every) {
    const torch::NoGradGuard no_grad;
    enum { generated, shuffled, held, still, truth, kinds };
    constexpr std::array<const char*, kinds> kNames{"generated", "shuffled", "held", "still", "truth"};
    std::array<PictureScore, kinds> scores;
    std::array<Readings, kinds> read;
    Readings told, drawn_by_hand;  // key points; the performer's own drawing
    std::vector<Tensor> tiles;
    for (std::size_t c = 0; c < clips.size(); ++c) {
        const MotionClip& clip = clips[c];
        const kernels::Size size{clip.view.width, clip.view.height};
        const Performer performer(clip.character);
        const ReferenceLayer reference = reference_of(clip, performer);
        const FaceFrame face = face_frame_of(clip.reference);
        const Tensor untouched = over_colour(planar(reference.rgba(), size), torch::full({1, 3, 1, 1}, 0.5));
        Draughtsman artist(judges.renderer, size);
        for (Readings& of : read) of.clips.emplace_back();
        for (Readings* of : {&told, &drawn_by_hand}) of->clips.emplace_back();
        for (std::size_t f = 0; f < spoken.own[c].size(); f += static_cast<std::size_t>(every)) {
            const std::size_t at = f + static_cast<std::size_t>(first);
            const KeyPointFrame& wanted = clip.frames[at];
            const std::array<KeyPointFrame, kinds> mouths{to_pixels(spoken.own[c][f], face), to_pixels(spoken.shuffled[c][f], face), clip.reference, clip.reference, wanted};
            const Tensor drawn = true_picture(clip, performer, at);
            const Tensor mask = mouth_mask(wanted, size);
            const FaceFrame head = face_frame_of(wanted);
            const auto look = [&](const Tensor& picture, Readings& into) {
                if (judges.reader) into.add(judges.reader->forward(mouth_crop(picture, head)));
            };
            const KeyPointFrame own = to_face_units(wanted, head);
            told.clips.back()[0].push_back(lip_opening(own));
            told.clips.back()[1].push_back(lip_width(own));
            look(drawn, drawn_by_hand);
            for (std::size_t k = 0; k < kinds; ++k) {
                const Tensor picture = k == still ? untouched : artist.draw(reference, with_mouth(clip.reference, wanted, mouths[k]));
                scores[k].add(picture, drawn, mask);
                look(picture, read[k]);
                if (k == generated && c < kSheetClips && f == spoken.own[c].size() / 2 / static_cast<std::size_t>(every) * static_cast<std::size_t>(every)) {
                    tiles.push_back(untouched[0]);
                    tiles.push_back(drawn[0]);
                    tiles.push_back(picture[0]);
                }
            }
        }
    }
    SpokenPictures out;
    for (std::size_t k = 0; k < kinds; ++k) out.figures.emplace_back(std::string("mouth_ssim_") + kNames[k], scores[k].ssim());
    out.figures.emplace_back("mouth_sharpness", scores[generated].sharpness());
    if (judges.reader)
        for (const auto& [name, k] : {std::pair{"opening", std::size_t{0}}, std::pair{"width", std::size_t{1}}}) {
            const std::string of = std::string("read_") + name + "_";
            out.figures.emplace_back(of + "reader", drawn_by_hand.follows(told, k));
            for (std::size_t kind = 0; kind < kinds; ++kind) out.figures.emplace_back(of + kNames[kind], read[kind].follows(told, k));
        }
    out.sheet = {"pictures", {contact_sheet(tiles, kSheetColumns)}, {}};
    return out;
}

}  // namespace mirrorme

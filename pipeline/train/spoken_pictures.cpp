#include "train/spoken_pictures.h"

#include <algorithm>
#include <array>

#include "codec/motion/frame_stage.h"
#include "codec/motion/motion_values.h"
#include "codec/motion/resample.h"
#include "train/codec_pictures.h"

namespace mirrorme {
namespace {

using torch::Tensor;

constexpr float kMouthMargin = 0.15f;  // face units about the outer lips
constexpr int kSheetClips = 6, kSheetColumns = 9;

class Draughtsman {
public:
    Draughtsman(Renderer& renderer, kernels::Size size) : renderer_(renderer), size_(size), stage_(kernels::cpu_operations(), size) {}

    /// Premultiplied RGBA [1, 4, H, W], as the codec would show it.
    Tensor draw(const ReferenceLayer& reference, const KeyPointFrame& target) {
        stage_.prepare(reference, target);
        const CellRegion region = stage_.region();
        const Tensor cells = torch::empty({1, region.height, region.width, kernels::kCellChannels}), condition = torch::empty({1, kFrameConditionSize});
        stage_.copy_cells(region, cells.data_ptr<float>());
        std::copy(stage_.condition().begin(), stage_.condition().end(), condition.data_ptr<float>());
        const RendererOutput said = renderer_->forward(cells.permute({0, 3, 1, 2}), condition);
        const Tensor residual = said.residual.permute({0, 2, 3, 1}).contiguous(), delta = said.delta.permute({0, 2, 3, 1}).contiguous();
        stage_.correct(reference, region, residual.data_ptr<float>(), delta.data_ptr<float>());
        const Tensor cells_after = torch::from_blob(const_cast<float*>(stage_.residual().data()), {1, size_.height / kernels::kCell, size_.width / kernels::kCell, 64});
        return (planar(stage_.base()) + cells_to_pixels(cells_after.permute({0, 3, 1, 2}))).clamp(0, 1);
    }

    Tensor planar(const std::vector<float>& rgba) const {
        return torch::from_blob(const_cast<float*>(rgba.data()), {1, size_.height, size_.width, 4}).permute({0, 3, 1, 2}).clone();
    }

private:
    Renderer& renderer_;
    kernels::Size size_;
    FrameStage stage_;
};

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

}  // namespace

SpokenPictures judge_spoken_pictures(Renderer& renderer, const std::vector<MotionClip>& clips, const std::vector<MotionTrack>& tracks, int first, int every) {
    const torch::NoGradGuard no_grad;
    enum { generated, shuffled, held, truth, kinds };
    constexpr std::array<const char*, kinds> kNames{"generated", "shuffled", "held", "truth"};
    std::array<PictureScore, kinds> scores;
    const Tensor grey = torch::full({1, 3, 1, 1}, 0.5);
    std::vector<Tensor> tiles;
    for (std::size_t c = 0; c < clips.size(); ++c) {
        const MotionClip& clip = clips[c];
        const kernels::Size size{clip.view.width, clip.view.height};
        const Performer performer(clip.character);
        const ReferenceLayer reference(kernels::cpu_operations(), size, to_premultiplied(performer.draw(clip.reference_pose, clip.view, Backdrop::transparent)), clip.reference);
        const FaceFrame face = face_frame_of(clip.reference);
        const std::size_t other = (c + 1) % clips.size();
        const FaceFrame other_face = face_frame_of(clips[other].reference);
        Draughtsman artist(renderer, size);
        for (std::size_t f = 0; f < tracks[c].size() && f < tracks[other].size(); f += static_cast<std::size_t>(every)) {
            const std::size_t at = f + static_cast<std::size_t>(first);
            const KeyPointFrame& wanted = clip.frames[at];
            // Another clip's mouth is told relative to its own face, and put on this one's.
            const KeyPointFrame foreign = frame_of(clip.reference, motion_of(to_pixels(to_face_units(clips[other].reference, other_face), face), to_pixels(tracks[other][f], face)));
            const std::array<KeyPointFrame, kinds> mouths{to_pixels(tracks[c][f], face), foreign, clip.reference, wanted};
            const Tensor drawn = over_colour(artist.planar(to_premultiplied(performer.draw(clip.performance.poses[at], clip.view, Backdrop::transparent))), grey);
            const Tensor mask = mouth_mask(wanted, size);
            for (std::size_t k = 0; k < kinds; ++k) {
                const Tensor picture = over_colour(artist.draw(reference, with_mouth(clip.reference, wanted, mouths[k])), grey);
                scores[k].add(picture, drawn, mask);
                if (k == generated && c < kSheetClips && f == tracks[c].size() / 2 / static_cast<std::size_t>(every) * static_cast<std::size_t>(every)) {
                    tiles.push_back(over_colour(artist.planar(std::vector<float>(reference.rgba(), reference.rgba() + static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * 4)), grey)[0]);
                    tiles.push_back(drawn[0]);
                    tiles.push_back(picture[0]);
                }
            }
        }
    }
    SpokenPictures out;
    for (std::size_t k = 0; k < kinds; ++k) out.figures.emplace_back(std::string("mouth_ssim_") + kNames[k], scores[k].ssim());
    out.figures.emplace_back("mouth_sharpness", scores[generated].sharpness());
    out.sheet = {"pictures", {contact_sheet(tiles, kSheetColumns)}, {}};
    return out;
}

}  // namespace mirrorme

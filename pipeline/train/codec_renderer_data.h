#pragma once
// What the renderer is trained on: pairs of pictures of one character, drawn on the fly, cut to crops around mouth, eyes,
// hands and anywhere. See Note [What the renderer learns from] in the .cpp.

#include <torch/torch.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "codec/motion/frame_stage.h"
#include "train/codec_poses.h"
#include "train/training_task.h"

namespace mirrorme {

/// B crops. Pictures are premultiplied RGBA, 0..1.
struct RendererBatch final : TrainingBatch {
    void to(const torch::Device& device) override;

    torch::Tensor cells;       // [B, kCellChannels, ch, cw]: a crop of cw x ch cells
    torch::Tensor condition;   // [B, kFrameConditionSize]
    torch::Tensor reference;   // [B, 4, H, W] whole
    torch::Tensor flow;        // [B, 2, ch, cw]
    torch::Tensor first_cell;  // [B, 2] int64
    torch::Tensor lids;        // [B, 4, 4ch, 4cw] painted lids of closing eyes, under the residual
    torch::Tensor limbs;       // [B, 4, 4ch, 4cw] painted arms and hands, over it
    torch::Tensor truth;       // [B, 4, 4ch, 4cw]
    torch::Tensor weight;      // [B, 1, 4ch, 4cw] loss weight of each pixel
    std::vector<DrawingStyle> styles;  // [B]
};
inline constexpr float kRestWeight = 0.4f, kMouthWeight = 3.0f, kEyesWeight = 2.0f, kHandsWeight = 1.5f;

struct RendererSampling {
    int batch = 16;
    int crop_w = 32, crop_h = 32;    // cells; multiples of 4; at most the frame's
    int targets = 4;                 // pictures drawn of each character besides its reference
    int width = 256, height = 384;   // pixels of the frame
    CharacterSet characters = CharacterSet::training;
    bool flaws = true;               // some references have points a little off and the edge of an estimated matte
    /// Set: a reference's key points are what this finds in its picture, and its targets' are those plus the true motion, as live. Empty: the truth.
    std::function<KeyPointFrame(const RgbaImage&)> find_points;
};

class RendererSource final : public BatchSource {
public:
    explicit RendererSource(const RendererSampling& sampling);
    std::unique_ptr<TrainingBatch> draw(std::uint64_t data_seed, std::int64_t step) override;

private:
    struct Place {
        int x, y;  // first cell
    };
    Place face_place(TrainingRng& rng) const;
    Place other_place(TrainingRng& rng) const;
    Place place_about(kernels::Point centre) const;
    bool take_second(TrainingRng& rng) const;
    RendererBatch empty_batch() const;
    void fill(RendererBatch& batch, int index, Place place, const ReferenceLayer& reference);
    void draw_target(TrainingRng& rng, const Performer& performer, const View& view);

    RendererSampling sampling_;
    FrameStage stage_;
    PerformerPose reference_pose_;
    KeyPointFrame target_points_;
    std::vector<float> target_;
};

}  // namespace mirrorme

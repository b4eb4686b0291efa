#pragma once
// What the key-point net is trained on: performers in every style, cut out or before a background, as users' pictures are:
// any crop, compressed, noisy, blurred, small. See Note [Pictures as users have them] in the .cpp.

#include <torch/torch.h>

#include <cstdint>
#include <memory>

#include "codec/motion/resample.h"
#include "train/codec_poses.h"
#include "train/training_task.h"

namespace mirrorme {

/// B pictures, each as the locator and as the face net see it, and the first N also as the body net does (points_net.h). Points in pixels of
/// the net's input; visible: 1, 0.5 hidden, 0 outside.
struct PointsBatch final : TrainingBatch {
    void to(const torch::Device& device) override;

    torch::Tensor whole, landmarks, landmark_seen, presence, landmark_unit;  // [B,4,128,128], [B,6,2], [B,6], [B], [B] pixels per face unit
    torch::Tensor face, face_points, face_seen, scalars;                     // [B,4,128,128], [B,70,2], [B,70], [B,13]
    torch::Tensor frame, guide, body_points, body_seen, body_unit, matte;    // [N,4,H,W], [N,1,H,W], [N,51,2], [N,51], [N] pixels per torso unit, [N,1,H,W]
    torch::Tensor opaque;                                                    // [N] 1 where the matte is to be learned
};

struct PointsSampling {
    int batch = 8;
    int bodies = 4;  // of them are looked at by the body net, too: it costs as much as the two others together
    int width = 256, height = 384;
    CharacterSet characters = CharacterSet::training;
};

class PointsSource final : public BatchSource {
public:
    explicit PointsSource(const PointsSampling& sampling) : sampling_(sampling) {}
    std::unique_ptr<TrainingBatch> draw(std::uint64_t data_seed, std::int64_t step) override;

private:
    struct Scene {
        FloatPicture picture;  // as the user has it
        KeyPointFrame points;
        std::vector<float> alpha;  // [H, W] true matte
        bool opaque = false;
    };
    Scene draw_scene(TrainingRng& rng) const;
    void fill_locator(PointsBatch& batch, int index, TrainingRng& rng, const Scene& scene) const;
    void fill_face(PointsBatch& batch, int index, TrainingRng& rng, const Scene& scene) const;
    void fill_body(PointsBatch& batch, int index, TrainingRng& rng, const Scene& scene) const;

    PointsSampling sampling_;
};

/// What cameras, codecs and resizing do to a picture; alpha stays.
void degrade(FloatPicture& picture, TrainingRng& rng);

}  // namespace mirrorme

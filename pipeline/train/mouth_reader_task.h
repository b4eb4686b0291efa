#pragma once
// Training of the mouth reader: crops of performers whose mouths are known.

#include <torch/torch.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "train/clip_pool.h"
#include "train/codec_poses.h"
#include "train/mouth_reader.h"
#include "train/training_task.h"

namespace mirrorme {

struct MouthReaderBatch final : TrainingBatch {
    void to(const torch::Device& device) override;

    torch::Tensor crops;  // [B, 3, 44, 48]
    torch::Tensor mouth;  // [B, 2] opening and width in face units
};

struct MouthReaderSampling {
    int batch = 128;
    int poses = 8;             // of each character
    int pool_characters = 96;  // that a batch is taken from
    float characters_per_step = 1;  // new ones
};

/// A character whose mouth takes several shapes.
struct MouthPoses {
    std::vector<torch::Tensor> pictures;  // [1, 3, H, W] over one colour
    std::vector<FaceFrame> faces;
    torch::Tensor mouth;                  // [poses, 2]
};
enum class MouthView { any, close };  // close: mostly small frames about the face, which are drawn faster
/// A pure function of its arguments.
MouthPoses pose_mouths(std::uint64_t seed, CharacterSet characters, MouthView view, int poses);

/// Step s takes its crops from characters [s n, s n + pool) by number, n new ones a step, each time cut and worn differently.
class MouthReaderSource final : public BatchSource {
public:
    using Pool = KeptClips<MouthPoses>;
    MouthReaderSource(const MouthReaderSampling& sampling, std::shared_ptr<Pool> pool) : sampling_(sampling), pool_(std::move(pool)) {}
    std::unique_ptr<TrainingBatch> draw(std::uint64_t data_seed, std::int64_t step) override;

private:
    MouthReaderSampling sampling_;
    std::shared_ptr<Pool> pool_;
};

class MouthReaderTask final : public TrainingTask {
public:
    explicit MouthReaderTask(const MouthReaderSampling& sampling);

    std::string name() const override { return "reader"; }
    std::vector<TrainedModule> modules() override;
    std::unique_ptr<BatchSource> make_source() override;
    StepResult step(TrainingBatch& batch, const StepInfo& info) override;
    /// Correlation with the truth over the poses of a held-out character, mean over characters; mean absolute errors.
    Metrics evaluate() override;

private:
    MouthReaderSampling sampling_;
    MouthReader reader_;
    std::shared_ptr<MouthReaderSource::Pool> pool_;
    std::vector<MouthPoses> held_out_;
};

}  // namespace mirrorme

#pragma once
// Training of the mouth reader: crops of performers whose mouths are known.

#include <torch/torch.h>

#include <memory>
#include <vector>

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
    int batch = 64;
    int poses = 8;  // of each character
    CharacterSet characters = CharacterSet::training;
    bool treated = true;  // crops that are off, blurred, noisy
    bool close = true;    // mostly small frames about the face, which are drawn faster
};

/// Crops [k poses, (k + 1) poses) of a batch show the same character in the same view.
class MouthReaderSource final : public BatchSource {
public:
    explicit MouthReaderSource(const MouthReaderSampling& sampling) : sampling_(sampling) {}
    std::unique_ptr<TrainingBatch> draw(std::uint64_t data_seed, std::int64_t step) override;

private:
    MouthReaderSampling sampling_;
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
    std::vector<MouthReaderBatch> held_out_;
};

}  // namespace mirrorme

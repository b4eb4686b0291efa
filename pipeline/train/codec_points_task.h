#pragma once
// Training of the key-point net: all three of its parts in one step, each on its own view of the same pictures.

#include <memory>
#include <vector>

#include "codec/motion/points_net.h"
#include "train/codec_points_data.h"
#include "train/training_task.h"

namespace mirrorme {

class PointsTask final : public TrainingTask {
public:
    explicit PointsTask(const PointsSampling& sampling);

    std::string name() const override { return "points"; }
    std::vector<TrainedModule> modules() override;
    std::unique_ptr<BatchSource> make_source() override;
    StepResult step(TrainingBatch& batch, const StepInfo& info) override;
    /// Mean errors of visible points in face units (torso and hands: torso units), presence accuracy, matte error in 8-bit
    /// steps within a band of 9 pixels about the outline.
    Metrics evaluate() override;
    /// Face crops and frames with the found points drawn in, and mattes.
    std::vector<Preview> preview() override;

private:
    struct Seen {
        LocatorOutput whole;
        FaceOutput face;
        BodyOutput body;
    };
    Seen look(const PointsBatch& batch);
    const std::vector<PointsBatch>& held_out();

    PointsSampling sampling_;
    PointsNet net_;
    std::vector<PointsBatch> held_out_;
};

}  // namespace mirrorme

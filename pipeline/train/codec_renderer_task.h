#pragma once
// Training of the renderer: colour, edge, SSIM and alpha losses on composites, figures and contact sheets of held-out characters.

#include <torch/torch.h>

#include <memory>
#include <vector>

#include "codec/motion/renderer.h"
#include "train/codec_renderer_data.h"
#include "train/training_task.h"

namespace mirrorme {

/// A batch as the renderer sees and draws it; gradients as the caller has set them.
struct RenderedBatch {
    torch::Tensor base;     // [B, 4, 4ch, 4cw] warped with the learned correction, lids and limbs over it
    torch::Tensor picture;  // [B, 4, 4ch, 4cw] base + residual, not clamped
    torch::Tensor delta;    // [B, 2, ch, cw] pixels
};
RenderedBatch render(Renderer& renderer, const RendererBatch& batch);

class RendererTask final : public TrainingTask {
public:
    RendererTask(const RendererConfig& config, const RendererSampling& sampling);

    std::string name() const override { return "renderer"; }
    std::vector<TrainedModule> modules() override;
    std::unique_ptr<BatchSource> make_source() override;
    StepResult step(TrainingBatch& batch, const StepInfo& info) override;
    /// PSNR, SSIM and sharpness of the whole frame and of the mouth box, for the reference held still, the warp alone, the renderer.
    Metrics evaluate() override;
    /// A sheet: reference, warp alone, renderer, truth; two characters a row.
    std::vector<Preview> preview() override;
    nlohmann::json describe() const override;

private:
    const std::vector<RendererBatch>& held_out();

    RendererSampling sampling_;
    Renderer renderer_;
    std::vector<RendererBatch> held_out_;  // whole frames, drawn on first use
};

}  // namespace mirrorme

#include "train/draughtsman.h"

#include <algorithm>

#include "codec/motion/resample.h"
#include "train/codec_pictures.h"

namespace mirrorme {
namespace {

using torch::Tensor;

Tensor over_grey(const Tensor& rgba) { return over_colour(rgba, torch::full({1, 3, 1, 1}, 0.5)); }

}  // namespace

Tensor planar(const float* rgba, kernels::Size size) {
    return torch::from_blob(const_cast<float*>(rgba), {1, size.height, size.width, 4}).permute({0, 3, 1, 2}).clone();
}

ReferenceLayer reference_of(const MotionClip& clip, const Performer& performer) {
    return {kernels::cpu_operations(), {clip.view.width, clip.view.height}, to_premultiplied(performer.draw(clip.reference_pose, clip.view, Backdrop::transparent)), clip.reference};
}

Tensor true_picture(const MotionClip& clip, const Performer& performer, std::size_t at) {
    return over_grey(planar(to_premultiplied(performer.draw(clip.performance.poses[at], clip.view, Backdrop::transparent)).data(), {clip.view.width, clip.view.height}));
}

Draughtsman::Draughtsman(Renderer& renderer, kernels::Size size) : renderer_(renderer), size_(size), stage_(kernels::cpu_operations(), size) {}

Tensor Draughtsman::draw(const ReferenceLayer& reference, const KeyPointFrame& target) {
    stage_.prepare(reference, target);
    const CellRegion region = stage_.region();
    const Tensor cells = torch::empty({1, region.height, region.width, kernels::kCellChannels}), condition = torch::empty({1, kFrameConditionSize});
    stage_.copy_cells(region, cells.data_ptr<float>());
    std::copy(stage_.condition().begin(), stage_.condition().end(), condition.data_ptr<float>());
    const RendererOutput said = renderer_->forward(cells.permute({0, 3, 1, 2}), condition);
    const Tensor residual = said.residual.permute({0, 2, 3, 1}).contiguous(), delta = said.delta.permute({0, 2, 3, 1}).contiguous();
    stage_.correct(reference, region, residual.data_ptr<float>(), delta.data_ptr<float>());
    const Tensor cells_after = torch::from_blob(const_cast<float*>(stage_.residual().data()), {1, size_.height / kernels::kCell, size_.width / kernels::kCell, 64});
    return over_grey((planar(stage_.base().data(), size_) + cells_to_pixels(cells_after.permute({0, 3, 1, 2}))).clamp(0, 1));
}

}  // namespace mirrorme

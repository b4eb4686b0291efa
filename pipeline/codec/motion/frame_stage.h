#pragma once
// One frame made ready for the renderer's net: flow, warped picture, limbs painted over it, contour maps, packed cells.
// Used alike by live decoding and by training, so that the net sees in both exactly the same. Torch-free.

#include <array>
#include <vector>

#include "codec/motion/contours.h"
#include "codec/motion/reference_layer.h"
#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// What the net is told about a frame as a whole: scalars of the reference and of the target (degrees / 30), the palette
/// (skin, lips, irises, upper arms, forearms) and how large the face is.
inline constexpr int kFrameConditionSize = 2 * kScalarCount + 15 + 1;
using FrameCondition = std::array<float, kFrameConditionSize>;

/// A rectangle of cells. Sides are multiples of kRegionStep or the frame's own.
struct CellRegion {
    int x = 0, y = 0, width = 0, height = 0;
};
inline constexpr int kRegionStep = 8;  // cells
/// The smallest region that holds both.
CellRegion united(const CellRegion& a, const CellRegion& b, kernels::Size size) noexcept;

/// Scratch for one frame size; allocated once, reused for every frame. Not thread-safe.
class FrameStage {
public:
    FrameStage(const kernels::Operations& operations, kernels::Size size);

    /// target in pixels of the frame. Results are valid until the next call.
    void prepare(const ReferenceLayer& reference, const KeyPointFrame& target);

    kernels::Size size() const noexcept { return size_; }
    const std::vector<float>& flow() const noexcept { return flow_; }     // [H/4, W/4, 2] pixels
    const std::vector<float>& base() const noexcept { return base_; }     // [H, W, 4] premultiplied: warped, limbs over it
    const std::vector<float>& cells() const noexcept { return cells_; }   // [H/4, W/4, kCellChannels]
    const FrameCondition& condition() const noexcept { return condition_; }
    const ContourMaps& maps() const noexcept { return maps_; }

    /// Where the net has work to do: head, neck and the arms that are drawn. Elsewhere the warp alone is the picture.
    const CellRegion& region() const noexcept { return region_; }
    /// The packed cells of a region, [region.height, region.width, kCellChannels].
    void copy_cells(const CellRegion& region, float* to) const;
    /// Takes what the net says about `region` (residual [.., .., 64], delta [.., .., 2]), faded out towards its rim, and warps
    /// the base again with the corrected flow, limbs painted over it as before.
    void correct(const ReferenceLayer& reference, const CellRegion& region, const float* residual, const float* delta);
    const std::vector<float>& residual() const noexcept { return residual_; }  // [H/4, W/4, 64], zero outside the region

    /// What paint_limbs lays over the picture, on nothing: [H, W, 4] premultiplied. For training.
    std::vector<float> limb_layer(const Palette& palette) const;

private:
    void paint_limbs(const Palette& palette, std::vector<float>& image) const;
    CellRegion choose_region(const KeyPointFrame& target) const;
    void paint_cues(const Palette& palette);
    void describe(const ReferenceLayer& reference, const KeyPointFrame& target);

    const kernels::Operations* operations_;
    kernels::Size size_;
    ContourMaps maps_;
    std::vector<float> flow_, base_, labels_, paint_, cells_, residual_, delta_;
    CellRegion region_;
    FrameCondition condition_{};
};

}  // namespace mirrorme

#pragma once
// One frame made ready for the renderer's net: flow, warped picture, contour maps, packed cells; and raised arms laid over what the net made of it.
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
    const std::vector<float>& base() const noexcept { return base_; }     // [H, W, 4] premultiplied: warped
    const std::vector<float>& cells() const noexcept { return cells_; }   // [H/4, W/4, kCellChannels]
    const FrameCondition& condition() const noexcept { return condition_; }
    const ContourMaps& maps() const noexcept { return maps_; }

    RaisedArms raised() const noexcept { return raised_; }
    /// Where the net has work to do: head and neck. Elsewhere the warp alone is the picture.
    const CellRegion& region() const noexcept { return region_; }
    /// The packed cells of a region, [region.height, region.width, kCellChannels].
    void copy_cells(const CellRegion& region, float* to) const;
    /// Takes what the net says about `region` (residual [.., .., 64], delta [.., .., 2]), faded out towards its rim, and warps
    /// the base again with the corrected flow. Raised arms are laid over both; where they are, base holds the residual already.
    void correct(const ReferenceLayer& reference, const CellRegion& region, const float* residual, const float* delta);
    const std::vector<float>& residual() const noexcept { return residual_; }  // [H/4, W/4, 64], zero outside the region

    /// The closing lids alone, on nothing: [H, W, 4] premultiplied. For training.
    std::vector<float> lid_layer(const ReferenceLayer& reference);
    /// The raised arms alone, on nothing: [H, W, 4] premultiplied. For training.
    std::vector<float> limb_layer(const ReferenceLayer& reference) const;

private:
    void lay_lids(const ReferenceLayer& reference, LidCanvas canvas, std::vector<float>& image);
    void apply_residual(const CellRegion& region);
    CellRegion choose_region(const KeyPointFrame& target) const;
    void paint_cues(const Palette& palette);
    void describe(const ReferenceLayer& reference, const KeyPointFrame& target);

    const kernels::Operations* operations_;
    kernels::Size size_;
    ContourMaps maps_;
    std::vector<float> flow_, base_, labels_, paint_, cells_, residual_, delta_;
    std::vector<float> scratch_;
    KeyPointFrame target_;
    std::array<ClosingEye, 2> eyes_;
    RaisedArms raised_;
    CellRegion region_;
    FrameCondition condition_{};
};

}  // namespace mirrorme

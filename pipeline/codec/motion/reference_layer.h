#pragma once
// Everything about a reference picture that does not change from frame to frame, computed once. Torch-free.

#include <array>
#include <vector>

#include "codec/motion/eyelids.h"
#include "codec/motion/limb_painter.h"
#include "codec/motion/picture_style.h"
#include "core/keypoints.h"
#include "kernels/include/operations.h"

namespace mirrorme {

/// Colours the net paints with where the picture shows nothing, taken from the picture.
struct Palette {
    Colour skin{0.8f, 0.6f, 0.5f}, lips{0.7f, 0.35f, 0.35f}, iris{0.25f, 0.18f, 0.12f}, brows{0.2f, 0.15f, 0.1f}, upper_arms{0.4f, 0.4f, 0.45f}, forearms = upper_arms;
};

/// Immutable after construction; shared by streams and threads.
class ReferenceLayer {
public:
    /// rgba: premultiplied person [H, W, 4], 0..1 (an opaque picture's matte already applied); points in pixels.
    ReferenceLayer(const kernels::Operations& operations, kernels::Size size, std::vector<float> rgba, const KeyPointFrame& points);

    kernels::Size size() const noexcept { return size_; }
    const KeyPointFrame& points() const noexcept { return points_; }
    const Palette& palette() const noexcept { return palette_; }
    const LimbLook& limbs() const noexcept { return limbs_; }
    /// Which arms can be raised: see Note [Arms that stay].
    RaisedArms movable() const noexcept { return movable_; }
    const std::array<LidLook, 2>& lids() const noexcept { return lids_; }
    /// The person without the arms that are drawn anew.
    const float* rgba(RaisedArms without = {}) const noexcept { return shown(without).rgba.data(); }      // [H, W, 4]
    const float* layers(RaisedArms without = {}) const noexcept { return shown(without).layers.data(); }  // [H, W, 8]: RGBA, then labels lips, opening, eyes (irises twice as much), limbs

private:
    ReferenceLayer(const kernels::Operations& operations, const class ContourMaps& maps, std::vector<float> rgba, const KeyPointFrame& points);

    struct Picture {
        std::vector<float> rgba, layers;
    };
    const Picture& shown(RaisedArms without) const noexcept { return pictures_[static_cast<std::size_t>(without.index())]; }

    kernels::Size size_;
    KeyPointFrame points_;
    Palette palette_;
    LimbLook limbs_;
    std::array<LidLook, 2> lids_;
    RaisedArms movable_;
    std::array<Picture, kRaisedArmsCount> pictures_;  // by RaisedArms::index
};

}  // namespace mirrorme

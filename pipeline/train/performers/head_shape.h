#pragma once
// The skull and face of a character as a stack of elliptic slices, in head units around its own origin (between the
// eyes, x to the right of the picture, y down, z to the viewer). Independent of pose.

#include <array>

#include "train/performers/look.h"
#include "train/performers/vec.h"

namespace mirrorme::performers {

struct HeadSlice {
    float y = 0, half_width = 0, front = 0, back = 0;  // front and back: z of the ellipse's ends
    float half_depth() const { return (front - back) / 2; }
    float centre() const { return (front + back) / 2; }
};

class HeadShape {
public:
    explicit HeadShape(const FaceShape& face);

    /// t = 0 at the top of the skull .. 1 at the tip of the chin.
    HeadSlice slice(float t) const;
    /// The t whose slice lies at height y.
    float t_of(float y) const;
    /// z of the front surface, without nose, lips and eye sockets.
    float surface(float x, float y) const;
    /// Where the outline of a head turned by `yaw` (radians) touches slice t; side -1 = smaller x, 1 = larger x;
    /// `inflate` thickens the head by that much (hair, hats).
    Vec3 rim(float t, float side, float yaw, float inflate) const;

private:
    static constexpr int kSlices = 96;
    std::array<HeadSlice, kSlices + 1> slices_;
    float forehead_;
};

}  // namespace mirrorme::performers

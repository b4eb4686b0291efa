#pragma once
// Limbs, hands, neck and trunk as lit surfaces, for painted and photo-like styles: tapered bones whose surfaces
// flow into each other where they lie at the same depth.

#include <span>
#include <vector>

#include "train/performers/canvas.h"
#include "train/performers/light.h"

namespace mirrorme::performers {

/// All lengths in pixels; z towards the viewer.
struct Bone {
    Vec2 from, to;
    float from_radius = 1, to_radius = 1;
    float from_z = 0, to_z = 0;
};

/// Where grain and folds hang on a surface, so that they move, turn and lean with it: its own axes in the picture, of about unit length.
struct SurfaceFrame {
    Vec2 origin, right, down;
    /// Of a pixel: its place on the surface, in pixels.
    Vec2 place(Vec2 pixel) const {
        const Vec2 d = pixel - origin;
        const float area = right.x * down.y - right.y * down.x;
        return {(d.x * down.y - d.y * down.x) / area, (right.x * d.y - right.y * d.x) / area};
    }
};

/// Of a limb: down is along it.
inline SurfaceFrame hung_on(const Bone& bone) {
    const Vec2 down = unit(bone.to - bone.from);
    return {bone.from, perpendicular(down) * -1, down};
}

class BoneRelief {
public:
    enum class Extent { canvas, clip };  // what is computed: all of it, or no more than the clip now set shows

    /// `blend`: bones whose surfaces differ in depth by less than this flow together.
    BoneRelief(Canvas& canvas, std::span<const Bone> bones, float blend, Extent extent);

    /// Lit skin, inside the canvas's clip.
    void draw_skin(Canvas& canvas, const Light& light, const Surfacing& skin, Colour albedo, SurfaceFrame hung) const;
    /// Darkens and tints what is already drawn inside the clip, as cloth with folds. Computed once: later calls with
    /// another clip reuse it. `unit`: the scale of its folds.
    void shade_cloth(Canvas& canvas, const Light& light, const Surfacing& cloth, SurfaceFrame hung, float unit);

private:
    struct Cell {
        Vec3 normal;
        float height, weight;
    };
    template <class Colouring>
    Surface lit(const Colouring& colour_at) const;
    void composite(Canvas& canvas, cairo_operator_t how, cairo_surface_t* layer) const;

    int x_ = 0, y_ = 0, width_ = 0, height_ = 0;
    std::vector<Cell> cells_;
    Surface cloth_;
};

}  // namespace mirrorme::performers

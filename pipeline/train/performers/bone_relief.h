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

class BoneRelief {
public:
    enum class Extent { canvas, clip };  // what is computed: all of it, or no more than the clip now set shows

    /// `blend`: bones whose surfaces differ in depth by less than this flow together.
    BoneRelief(Canvas& canvas, std::span<const Bone> bones, float blend, Extent extent);

    /// Lit skin, inside the canvas's clip.
    void draw_skin(Canvas& canvas, const Light& light, const Surfacing& skin, Colour albedo) const;
    /// Darkens and tints what is already drawn inside the clip, as cloth with folds. Computed once: later calls with
    /// another clip reuse it. `anchor` and `unit`: where the cloth hangs and its scale, so that folds move with it.
    void shade_cloth(Canvas& canvas, const Light& light, const Surfacing& cloth, Vec2 anchor, float unit);

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

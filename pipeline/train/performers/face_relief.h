#pragma once
// The face as a lit surface, for painted and photo-like styles: the head's slices with nose, sockets, cheeks, lips and
// chin modelled on them, and the skin's own colours. Immutable once built; pose and light come with each frame.

#include <memory>
#include <vector>

#include "train/performers/canvas.h"
#include "train/performers/light.h"
#include "train/performers/rig.h"

namespace mirrorme::performers {

class FaceRelief {
public:
    explicit FaceRelief(const CharacterLook& look);

    /// Draws the lit skin of the head onto the canvas, inside whatever clip is set.
    void draw(Canvas& canvas, const HeadRig& head, const Light& light, const Surfacing& skin) const;

private:
    static constexpr int kColumns = 80, kRows = 104;
    struct Vertex {
        Vec3 place;      // head units, at rest
        Colour albedo;
        float open;      // sky seen
        float gloss;     // share of the skin's
        float u, v;      // texture
    };
    struct Lit;
    float bumps(const CharacterLook& look, float x, float y) const;
    Vertex vertex(const CharacterLook& look, const HeadShape& shape, int column, int row) const;

    std::vector<Vertex> vertices_;  // [kRows + 1][kColumns + 1]
};

}  // namespace mirrorme::performers

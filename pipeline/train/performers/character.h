#pragma once
// A look with everything that is made once for it: light, relief of the face, background. What Performer and the
// gallery draw with.

#include <memory>

#include "train/performers/canvas.h"
#include "train/performers/look.h"
#include "train/performers/painter.h"

namespace mirrorme::performers {

/// Not thread-safe: the background and the materials are made at the first drawing and kept.
class Character {
public:
    explicit Character(const CharacterLook& look) : look_(look) {}

    const CharacterLook& look() const noexcept { return look_; }
    RgbaImage draw(const PerformerPose& pose, const View& view, Backdrop backdrop);
    KeyPointFrame key_points(const PerformerPose& pose, const View& view) const;

private:
    const Materials& materials();
    cairo_surface_t* scene(int width, int height);

    CharacterLook look_;
    std::unique_ptr<Materials> materials_;
    Surface scene_;
    int scene_width_ = 0, scene_height_ = 0;
};

}  // namespace mirrorme::performers

#include "train/performers/character.h"

#include "train/performers/backdrop.h"
#include "train/performers/rig.h"

namespace mirrorme::performers {

const Materials& Character::materials() {
    if (!materials_) materials_ = std::make_unique<Materials>(look_);
    return *materials_;
}

cairo_surface_t* Character::scene(int width, int height) {
    if (!scene_ || width != scene_width_ || height != scene_height_) {
        scene_ = draw_backdrop(look_, width, height);
        scene_width_ = width;
        scene_height_ = height;
    }
    return scene_.get();
}

RgbaImage Character::draw(const PerformerPose& pose, const View& view, Backdrop backdrop) {
    Canvas canvas(view.width, view.height);
    if (backdrop == Backdrop::own) {
        cairo_set_source_surface(canvas.context(), scene(view.width, view.height), 0, 0);
        cairo_paint(canvas.context());
    }
    const Rig rig(look_, pose, view);
    Painter(look_, materials(), rig, canvas).paint();
    return canvas.image();
}

KeyPointFrame Character::key_points(const PerformerPose& pose, const View& view) const { return key_points_of(look_, pose, view, Rig(look_, pose, view)); }

}  // namespace mirrorme::performers

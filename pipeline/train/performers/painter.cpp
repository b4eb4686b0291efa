#include "train/performers/painter.h"

namespace mirrorme::performers {

Materials::Materials(const CharacterLook& look) : light(look) {
    if (!look.shaded()) return;
    const bool photo = look.style == DrawingStyle::photo;
    skin = photo ? Surfacing{1.0f, 0.09f, 0.022f, 0} : Surfacing{0.8f, 0.07f, 0.02f, 5};
    cloth = photo ? Surfacing{0, 0.01f, 0.028f, 0} : Surfacing{0, 0.02f, 0.03f, 4};
    face = std::make_unique<FaceRelief>(look);
}

Painter::Painter(const CharacterLook& look, const Materials& materials, const Rig& rig, Canvas& canvas)
    : look_(look), materials_(materials), rig_(rig), c_(canvas), unit_(rig.stage.unit()), line_(look.line() * rig.stage.unit()), front_hair_(HairShape(look, rig).front()) {
    if (line_ > 0) line_ = std::max(line_, 1.0f);
}

Colour Painter::line_of(Colour fill) const {
    const Colour dark = shadow_of(fill, 0.9f);
    return styled(DrawingStyle::cel) ? mix(dark, rgb(0x2A1C24), 0.55f) : mix(dark, rgb(0x1E1A22), 0.65f);
}

void Painter::shape(Ink ink, Colour line) {
    if (line_ > 0) {
        c_.fill_keep(ink);
        c_.stroke({line}, line_);
    } else {
        c_.fill(ink);
    }
}

void Painter::soft_ribbon(std::span<const Vec2> points, std::span<const float> widths, Ink ink) {
    constexpr int kLayers = 4;
    std::vector<float> scaled_widths(widths.size());
    for (int i = 0; i < kLayers; ++i) {
        const float grow = mix(1.5f, 0.3f, static_cast<float>(i) / (kLayers - 1));
        for (std::size_t k = 0; k < widths.size(); ++k) scaled_widths[k] = widths[k] * grow;
        c_.ribbon(points, scaled_widths);
        c_.fill({ink.colour, 1 - std::pow(1 - ink.alpha, 1.0f / kLayers)});
    }
}

void Painter::paint() {
    back_hair();
    behind_neck();
    neck();
    torso();
    falling_hair();
    head();
    arm(rig_.right_hand);
    arm(rig_.left_hand);
}

}  // namespace mirrorme::performers

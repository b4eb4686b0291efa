// Arms, sleeves and hands.

#include "train/performers/painter.h"

namespace mirrorme::performers {
namespace {

constexpr float kElbow = 0.54f;  // share of the arm above the elbow

}  // namespace

void Painter::arm(const HandGeometry& g) {
    const ClothesLook& k = look_.clothes;
    upper_arm(g);
    const bool sleeved = k.sleeve > kElbow;
    if (k.sleeve < 0.97f) forearm(g);
    // A cuff lies over the wrist, unless the forearm comes towards the viewer and the hand hides its own cuff.
    const Vec2 fore = (g.wrist - g.elbow) * (1 / (look_.body.forearm * unit_));
    const bool hand_hides_cuff = dot(fore, g.pointing) < 0.45f;
    if (!hand_hides_cuff) hand(g);
    if (sleeved) lower_sleeve(g);
    if (hand_hides_cuff) hand(g);
}

void Painter::forearm(const HandGeometry& g) {
    auto path = [&] { c_.capsule(g.elbow, g.elbow_radius, g.wrist, g.wrist_radius); };
    path();
    if (line_ > 0) c_.stroke_keep({line_of(look_.skin.base)}, line_ * 2);
    c_.fill({look_.skin.base});
    if (look_.shaded()) {
        path();
        const Canvas::Clip inside(c_);
        const std::array<Bone, 2> bones{Bone{g.elbow, g.wrist, g.elbow_radius, g.wrist_radius, 0, 0},
                                        Bone{g.elbow, mix(g.elbow, g.shoulder, 0.3f), g.elbow_radius, mix(g.elbow_radius, g.upper_radius, 0.3f), 0, 0}};
        limb_light(bones);
    } else if (look_.clothes.sleeve < kElbow) {
        // The joint: no line between upper and lower arm.
        c_.capsule(g.shoulder, g.upper_radius, g.elbow, g.elbow_radius);
        const Canvas::Clip inside(c_);
        c_.circle(g.elbow, g.elbow_radius * 1.3f);
        c_.fill({look_.skin.base});
    }
}

float Painter::sleeve_growth() const {
    const ClothesKind kind = look_.clothes.kind;
    return kind == ClothesKind::hoodie || kind == ClothesKind::tee || kind == ClothesKind::suit ? 1.20f : 1.08f;
}

Vec2 Painter::shoulder_cap(const HandGeometry& g) const {
    // Cloth lies close on top of the shoulder and wide further down.
    const float y = look_.body.shoulder_y;
    const Vec2 middle = rig_.body.pixel({0, y}), down = rig_.body.pixel({0, y + 0.11f}) - middle;
    return mix(g.shoulder, middle, 0.06f) + down;
}

float Painter::shoulder_radius(const HandGeometry& g) const { return g.upper_radius * 1.03f; }

void Painter::sleeve_crease(const HandGeometry& g, Vec2 end, float end_radius) {
    // Where the hanging sleeve lies against the trunk.
    const Vec2 cap = shoulder_cap(g), along = unit(end - cap);
    Vec2 inner = perpendicular(along);
    if (inner.x * g.side > 0) inner = inner * -1;
    const float radius = shoulder_radius(g);
    const std::array<Vec2, 3> crease{mix(cap, end, 0.30f) + inner * (radius * 0.98f), mix(cap, end, 0.62f) + inner * mix(radius, end_radius, 0.62f), end + inner * end_radius};
    const std::array<float, 3> widths{0, px(0.06f), px(0.07f)};
    soft_ribbon(crease, widths, {shadow_of(look_.clothes.base, 0.62f), 0.55f});
}

void Painter::upper_arm(const HandGeometry& g) {
    const ClothesLook& k = look_.clothes;
    if (k.sleeve < kElbow) {
        // Under a sleeve the arm begins inside it, so that no skin looks out at the shoulder.
        const float hidden = k.sleeve < 0.05f ? 0 : 0.6f * k.sleeve / kElbow;
        auto bare = [&] { c_.capsule(mix(g.shoulder, g.elbow, hidden), mix(g.upper_radius, g.elbow_radius, hidden), g.elbow, g.elbow_radius); };
        bare();
        if (line_ > 0) c_.stroke_keep({line_of(look_.skin.base)}, line_ * 2);
        c_.fill({look_.skin.base});
        if (look_.shaded()) {
            bare();
            const Canvas::Clip inside(c_);
            const std::array<Bone, 1> bone{Bone{g.shoulder, g.elbow, g.upper_radius, g.elbow_radius, 0, 0}};
            limb_light(bone);
        }
    }
    if (k.sleeve < 0.05f) return;
    const float grow = sleeve_growth(), reach = clamp01(k.sleeve / kElbow);
    const Vec2 cap = shoulder_cap(g);
    const bool whole = reach >= 1;
    const Vec2 end = mix(g.shoulder, g.elbow, reach);
    const float end_radius = mix(g.upper_radius, g.elbow_radius, reach) * (whole ? grow : grow + 0.06f);
    auto path = [&] {
        if (whole) c_.capsule(cap, shoulder_radius(g), end, end_radius);
        else c_.tube(cap, shoulder_radius(g), end, end_radius);
    };
    path();
    if (line_ > 0) c_.stroke_keep({line_of(k.base)}, line_ * 2);
    c_.fill({k.base});
    heal_shoulder(g);
    path();
    const Canvas::Clip inside(c_);
    if (!look_.shaded()) sleeve_shade(g.shoulder, end, end_radius);
    if (!whole) hem(g.shoulder, end, end_radius);
    if (look_.shaded()) body_light();
    if (line_ <= 0) sleeve_crease(g, end, end_radius);
}

void Painter::lower_sleeve(const HandGeometry& g) {
    const ClothesLook& k = look_.clothes;
    const float grow = sleeve_growth(), reach = clamp01((std::min(k.sleeve, 0.96f) - kElbow) / (1 - kElbow));
    const Vec2 end = mix(g.elbow, g.wrist, reach);
    const float end_radius = mix(g.elbow_radius, g.wrist_radius, reach) * (grow + 0.08f);
    c_.tube(g.elbow, g.elbow_radius * grow, end, end_radius);
    if (line_ > 0) c_.stroke_keep({line_of(k.base)}, line_ * 2);
    c_.fill({k.base});
    if (!look_.shaded()) {  // no line across the elbow
        c_.capsule(g.shoulder, g.upper_radius * grow, g.elbow, g.elbow_radius * grow);
        const Canvas::Clip inside(c_);
        c_.circle(g.elbow, g.elbow_radius * grow * 1.3f);
        c_.fill({k.base});
    }
    c_.tube(g.elbow, g.elbow_radius * grow, end, end_radius);
    const Canvas::Clip inside(c_);
    if (!look_.shaded()) sleeve_shade(g.elbow, end, end_radius);
    elbow_folds(g);
    hem(g.elbow, end, end_radius);
    if (look_.shaded()) {
        const std::array<Bone, 2> bones{Bone{g.elbow, end, g.elbow_radius * grow, end_radius, 0, 0},
                                        Bone{g.elbow, mix(g.elbow, g.shoulder, 0.3f), g.elbow_radius * grow, g.elbow_radius * grow, 0, 0}};
        cloth_light(bones);
    }
}

void Painter::sleeve_shade(Vec2 from, Vec2 to, float radius) {
    // The side away from the light.
    Vec2 across = perpendicular(unit(to - from));
    if (across.x < 0) across = across * -1;
    c_.capsule(from + across * (radius * 0.95f), radius * 0.55f, to + across * (radius * 0.85f), radius * 0.45f);
    c_.fill({look_.clothes.shade, 0.6f});
}

void Painter::elbow_folds(const HandGeometry& g) {
    const ClothesLook& k = look_.clothes;
    const float bend = 1 - dot(unit(g.elbow - g.shoulder), unit(g.wrist - g.elbow));
    const Vec2 inner = unit(mix(g.shoulder, g.wrist, 0.5f) - g.elbow);
    const Colour ink = line_ > 0 ? mix(k.shade, line_of(k.base), 0.5f) : shadow_of(k.base, 0.4f);
    for (int i = 0; i < 3; ++i) {
        const float turn = (static_cast<float>(i) - 1) * 0.5f;
        const std::array<Vec2, 3> fold{g.elbow + rotate(inner, turn) * (g.elbow_radius * 1.15f), g.elbow + rotate(inner, turn * 1.2f) * (g.elbow_radius * 0.5f),
                                       g.elbow + rotate(inner, turn * 1.6f) * (g.elbow_radius * -0.1f)};
        const float w = px(0.05f) * clamp01(0.25f + bend);
        const std::array<float, 3> widths{w, w, 0};
        c_.ribbon(fold, widths);
        c_.fill({ink, 0.7f * clamp01(0.2f + bend)});
    }
}

void Painter::hem(Vec2 from, Vec2 end, float end_radius) {
    const ClothesLook& k = look_.clothes;
    const Vec2 along = unit(end - from), across = perpendicular(along);
    const Vec2 at = end - along * (end_radius * (k.kind == ClothesKind::hoodie ? 0.7f : 0.35f));
    const std::array<Vec2, 3> edge{at - across * (end_radius * 1.1f), at + along * (end_radius * 0.12f), at + across * (end_radius * 1.1f)};
    const std::array<float, 3> widths{px(0.035f), px(0.035f), px(0.035f)};
    c_.ribbon(edge, widths);
    c_.fill({shadow_of(k.base, 0.45f), 0.8f});
}

void Painter::heal_shoulder(const HandGeometry& g) {
    // Torso and sleeve are one piece of cloth: paint over the seam between them.
    if (look_.shaded() || look_.clothes.pattern == 3) return;  // lit cloth has no seam, two colours have one
    torso_path();
    const Canvas::Clip inside(c_);
    const Vec2 inwards = unit(rig_.body.pixel({0, look_.body.shoulder_y}) - g.shoulder);
    const Vec2 centre = g.shoulder + inwards * (g.upper_radius * 0.55f);
    const float radius = g.upper_radius * 1.42f;
    const Colour cloth = look_.clothes.base;
    c_.circle(centre, radius);
    c_.fill_radial(centre, radius, {{0, {cloth, 1}}, {0.78f, {cloth, 1}}, {1, {cloth, 0}}});
}

void Painter::finger_path(const HandGeometry& g, std::size_t f) {
    for (std::size_t j = 0; j < 3; ++j) {
        Vec2 end = g.fingers[f][j + 1];
        if (j == 2) end = mix(end, g.fingers[f][2], std::min(0.9f * g.radius[f][3] / std::max(length(end - g.fingers[f][2]), 1e-3f), 0.9f));
        c_.capsule(g.fingers[f][j], g.radius[f][j], end, g.radius[f][j + 1]);
    }
}

void Painter::palm_path(const HandGeometry& g) {
    for (std::size_t f = 1; f < 5; ++f) c_.capsule(g.heel[f - 1], 0.13f * g.scale, g.fingers[f][0], g.radius[f][0] * 1.08f);
    for (std::size_t f = 1; f < 4; ++f) c_.capsule(mix(g.heel[f - 1], g.heel[f], 0.5f), 0.13f * g.scale, mix(g.fingers[f][0], g.fingers[f + 1][0], 0.5f), g.radius[f][0]);
    c_.capsule(g.wrist, g.wrist_radius, g.heel[1], 0.2f * g.scale);
    c_.capsule(g.heel[0], 0.15f * g.scale, g.fingers[0][1], g.radius[0][1] * 1.02f);
}

void Painter::finger(const HandGeometry& g, std::size_t f) {
    finger_path(g, f);
    const Colour line = line_of(look_.skin.base);
    if (line_ > 0) c_.stroke_keep({line}, line_ * 1.6f);
    else c_.stroke_keep({look_.skin.shade, 0.9f}, std::max(px(0.03f), 0.8f));
    c_.fill({look_.skin.base});
    nails(g, f);
}

void Painter::nails(const HandGeometry& g, std::size_t f) {
    // The nail lies on the back of the last bone: seen when that side faces the viewer.
    const Vec2 last = g.fingers[f][3] - g.fingers[f][2];
    const float bone = length(last);
    const float facing = f == 0 ? 0.35f - 0.6f * g.palm : -g.palm;
    if (facing < 0.15f || bone < 1.2f * g.radius[f][3]) return;
    const Vec2 along = last * (1 / bone), across = perpendicular(along);
    const float r = g.radius[f][3];
    const Vec2 centre = g.fingers[f][3] - along * (r * 0.80f);
    c_.ellipse(centre, across * (r * 0.62f * std::min(1.0f, 0.4f + facing)), along * (r * 0.72f));
    if (look_.shaded()) {
        c_.fill({look_.extras.nails, look_.extras.painted_nails ? 0.9f : 0.45f});
        c_.ellipse(centre + along * (r * 0.25f) - across * (r * 0.15f), across * (r * 0.2f), along * (r * 0.22f));
        c_.fill({{1, 1, 1}, 0.28f});
    } else {
        c_.fill_keep({look_.extras.nails});
        c_.stroke({line_ > 0 ? mix(line_of(look_.skin.base), look_.skin.shade, 0.4f) : look_.skin.shade, 0.8f}, std::max(line_ * 0.5f, 0.5f));
    }
}

void Painter::palm_creases(const HandGeometry& g) {
    if (g.palm < 0.25f) return;
    const Colour ink = line_ > 0 ? mix(line_of(look_.skin.base), look_.skin.deep, 0.5f) : look_.skin.deep;
    const float alpha = (look_.shaded() ? 0.40f : 0.55f) * smooth_step(0.25f, 0.6f, g.palm);
    const Vec2 index = g.fingers[1][0], little = g.fingers[4][0], thumb = g.fingers[0][1], heel = mix(g.heel[1], g.heel[2], 0.5f);
    const Vec2 up = g.pointing * g.scale;
    const std::array<std::array<Vec2, 3>, 3> lines{{
        {mix(index, thumb, 0.30f), mix(index, heel, 0.42f), mix(heel, thumb, 0.18f)},                               // around the ball of the thumb
        {mix(index, thumb, 0.22f), mix(index, mix(little, heel, 0.5f), 0.5f), mix(little, g.heel[3], 0.62f)},       // across the middle
        {mix(index, g.fingers[2][0], 0.6f) - up * 0.16f, mix(g.fingers[2][0], g.fingers[3][0], 0.6f) - up * 0.24f, little - up * 0.16f},  // below the fingers
    }};
    const float w = g.scale * 0.035f;
    const std::array<float, 3> widths{w * 0.4f, w, w * 0.3f};
    for (const auto& line : lines) {
        if (look_.shaded()) {
            soft_ribbon(line, widths, {ink, alpha});
        } else {
            c_.ribbon(line, widths);
            c_.fill({ink, alpha});
        }
    }
}

void Painter::lit_hand(const HandGeometry& g) {
    std::vector<Bone> bones;
    for (std::size_t f = 0; f < 5; ++f)
        for (std::size_t j = 0; j < 3; ++j) {
            Vec2 end = g.fingers[f][j + 1];
            if (j == 2) end = mix(end, g.fingers[f][2], std::min(0.9f * g.radius[f][3] / std::max(length(end - g.fingers[f][2]), 1e-3f), 0.9f));
            bones.push_back({g.fingers[f][j], end, g.radius[f][j], g.radius[f][j + 1], g.depth[f][j] * g.scale, g.depth[f][j + 1] * g.scale});
        }
    for (std::size_t f = 1; f < 5; ++f)
        bones.push_back({g.heel[f - 1], g.fingers[f][0], 0.15f * g.scale, g.radius[f][0] * 1.15f, 0.02f * g.scale, g.depth[f][0] * g.scale});
    for (std::size_t f = 1; f < 4; ++f)
        bones.push_back({mix(g.heel[f - 1], g.heel[f], 0.5f), mix(g.fingers[f][0], g.fingers[f + 1][0], 0.5f), 0.14f * g.scale, g.radius[f][0], 0.0f, 0.0f});
    bones.push_back({g.wrist, g.heel[1], g.wrist_radius, 0.2f * g.scale, 0, 0});
    bones.push_back({g.heel[0], g.fingers[0][1], 0.17f * g.scale, g.radius[0][1] * 1.05f, 0.05f * g.scale * g.palm, g.depth[0][1] * g.scale});
    for (std::size_t f = 0; f < 5; ++f) finger_path(g, f);
    palm_path(g);
    c_.fill_keep({look_.skin.shade});
    const Canvas::Clip inside(c_);
    BoneRelief(c_, bones, 0.045f * g.scale, BoneRelief::Extent::clip).draw_skin(c_, materials_.light, materials_.skin, mix(look_.skin.base, look_.skin.blush, g.palm > 0 ? 0.16f : 0.06f), hung_on({g.wrist, g.wrist + g.pointing}));
    for (std::size_t f = 0; f < 5; ++f) nails(g, f);
    palm_creases(g);
}

void Painter::hand(const HandGeometry& g) {
    if (look_.shaded()) return lit_hand(g);
    // Fingers bent towards the viewer lie over the palm, all others behind it.
    std::array<std::size_t, 5> order{0, 1, 2, 3, 4};
    auto height = [&](std::size_t f) { return g.depth[f][2] + g.depth[f][3]; };
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return height(a) < height(b); });
    constexpr float kOver = 0.30f;
    for (const std::size_t f : order)
        if (height(f) <= kOver) finger(g, f);
    palm_path(g);
    if (line_ > 0) {
        c_.stroke({line_of(look_.skin.base)}, line_ * 1.6f);
        for (const std::size_t f : order)  // the bases of straight fingers belong to the palm
            if (height(f) <= kOver && f > 0) c_.capsule(g.fingers[f][0], g.radius[f][0], mix(g.fingers[f][0], g.fingers[f][1], 0.35f), g.radius[f][0] * 0.97f);
        palm_path(g);
    }
    c_.fill({look_.skin.base});
    palm_creases(g);
    for (const std::size_t f : order)
        if (height(f) > kOver) finger(g, f);
}

}  // namespace mirrorme::performers

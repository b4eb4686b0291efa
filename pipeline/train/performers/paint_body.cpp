// Neck, torso, clothes.

#include "train/performers/painter.h"

namespace mirrorme::performers {

void Painter::neck_path() {
    const BodyShape& b = look_.body;
    const float y = b.shoulder_y;
    auto at = [&](float x, float py) { return rig_.body.pixel({x, py}); };
    auto top = [&](float s) { return rig_.head.project({s * b.neck, look_.face.jaw_y * 0.7f, -0.30f}); };
    const std::array<Vec2, 4> right{top(-1), at(-b.neck * 1.02f, y - 0.75f), at(-b.neck * 1.45f, y - 0.52f), at(-b.shoulder * 0.9f, y - 0.25f)};
    const std::array<Vec2, 4> left{at(b.shoulder * 0.9f, y - 0.25f), at(b.neck * 1.45f, y - 0.52f), at(b.neck * 1.02f, y - 0.75f), top(1)};
    c_.curve(right);
    const float low = std::max(neckline().low + 0.3f, y - 0.1f);  // as far as the neckline shows
    c_.line(at(-b.chest * 0.9f, low));
    c_.line(at(b.chest * 0.9f, low));
    c_.curve(left);
    c_.close();
}

void Painter::neck() {
    const BodyShape& b = look_.body;
    const float y = b.shoulder_y;
    auto at = [&](float x, float py) { return rig_.body.pixel({x, py}); };
    neck_path();
    shape({look_.skin.base}, line_of(look_.skin.base));
    neck_path();
    const Canvas::Clip inside(c_);
    if (look_.shaded()) neck_light();
    // The head's shadow.
    const Vec2 drop = at(0, 1) - at(0, 0);
    std::array<Vec2, 5> edge;
    for (std::size_t i = 0; i < 5; ++i) edge[i] = rig_.jaw[i] + drop * (i == 2 ? 0.42f : 0.50f);
    if (look_.shaded()) {
        const Vec2 throat = mix(rig_.jaw[2], mix(rig_.jaw[0], rig_.jaw[4], 0.5f), 0.25f);
        c_.glow(throat, length(rig_.jaw[4] - rig_.jaw[0]) * 0.62f, {shadow_of(look_.skin.base, 0.78f), 0.80f});
    } else {
        c_.move(edge[0] - drop * 3);
        c_.curve(edge);
        c_.line(edge[4] - drop * 3);
        c_.close();
        c_.fill({look_.skin.shade});
    }
    for (const float s : {-1.0f, 1.0f}) {  // collar bones
        const std::array<Vec2, 3> bone{at(s * 0.14f, y - 0.02f), at(s * b.shoulder * 0.42f, y - 0.16f), at(s * b.shoulder * 0.78f, y - 0.14f)};
        const std::array<float, 3> width{px(0.035f), px(0.05f), px(0.0f)};
        if (look_.shaded()) {
            soft_ribbon(bone, width, {look_.skin.deep, 0.28f});
        } else {
            c_.ribbon(bone, width);
            c_.fill({look_.skin.shade, 0.8f});
        }
    }
}

SurfaceFrame Painter::trunk_frame() const {
    constexpr float kReach = 3;  // head units: about as far as trunks are seen
    const float y = look_.body.shoulder_y;
    const Vec2 middle = rig_.body.pixel({0, y});
    return {middle, (rig_.body.pixel({1, y}) - middle) * (1 / unit_), (rig_.body.pixel({0, y + kReach}) - middle) * (1 / (kReach * unit_))};
}

void Painter::limb_light(std::span<const Bone> bones) {
    BoneRelief(c_, bones, px(0.05f), BoneRelief::Extent::clip).draw_skin(c_, materials_.light, materials_.skin, look_.skin.base, hung_on(bones.front()));
}

void Painter::cloth_light(std::span<const Bone> bones) {
    BoneRelief(c_, bones, px(0.22f), BoneRelief::Extent::clip).shade_cloth(c_, materials_.light, materials_.cloth, hung_on(bones.front()), unit_);
}

void Painter::neck_light() {
    const BodyShape& b = look_.body;
    const float y = b.shoulder_y, u = unit_;
    auto at = [&](float x, float py) { return rig_.body.pixel({x, py}); };
    const Vec2 top = rig_.head.project({0, look_.face.jaw_y * 0.7f, -0.3f});
    std::vector<Bone> bones{{top, at(0, y - 0.3f), b.neck * u * 1.05f, b.neck * u * 1.15f, 0, 0}};
    for (const float s : {-1.0f, 1.0f}) {
        bones.push_back({at(s * b.neck * 0.7f, y - 0.35f), at(s * b.shoulder, y + 0.05f), 0.42f * u, 0.40f * u, 0, -0.1f * u});
        bones.push_back({at(s * b.chest * 0.35f, y + 0.55f), at(s * b.chest * 0.40f, y + 1.8f), 0.95f * u, 0.9f * u, -0.42f * u, -0.2f * u});
    }
    BoneRelief(c_, bones, px(0.20f), BoneRelief::Extent::clip).draw_skin(c_, materials_.light, materials_.skin, look_.skin.base, trunk_frame());
}

BoneRelief& Painter::clothed_body() {
    if (body_relief_) return *body_relief_;
    const BodyShape& b = look_.body;
    const float y = b.shoulder_y, u = unit_, grow = sleeve_growth();
    auto at = [&](float x, float py) { return rig_.body.pixel({x, py}); };
    std::vector<Bone> bones{{at(0, y + 0.9f), at(0, y + 3.7f), b.chest * 1.5f * u, b.waist * 1.45f * u, -0.4f * u, -0.4f * u}, {at(0, y + 3.7f), at(0, 10), b.waist * 1.45f * u, b.hip * 1.45f * u, -0.4f * u, -0.4f * u}};
    for (const HandGeometry* arm : {&rig_.right_hand, &rig_.left_hand}) {
        const float s = arm->side;
        bones.push_back({at(s * b.neck, y - 0.26f), at(s * b.shoulder * 0.92f, y - 0.02f), 0.55f * u, arm->upper_radius * 1.1f, 0.72f * u, 0.40f * u});
        const float bust = b.feminine ? 0.78f : 0.80f, lift = b.chest * 1.5f - 0.4f - bust + (b.feminine ? 0.05f : -0.14f);
        bones.push_back({at(s * b.chest * 0.44f, y + 1.10f), at(s * b.chest * 0.44f, y + 1.55f), bust * u, bust * u, lift * u, lift * u});
        bones.push_back({shoulder_cap(*arm), arm->elbow, shoulder_radius(*arm), arm->elbow_radius * grow, 0.40f * u, 0.40f * u});
    }
    return body_relief_.emplace(c_, bones, px(0.20f), BoneRelief::Extent::canvas);
}

void Painter::body_light() { clothed_body().shade_cloth(c_, materials_.light, materials_.cloth, trunk_frame(), unit_); }

Painter::Neckline Painter::neckline() const {
    const BodyShape& b = look_.body;
    const float y = b.shoulder_y;
    switch (look_.clothes.kind) {
        case ClothesKind::tee: return {b.neck * 1.50f, y - 0.56f, y + 0.06f, false};
        case ClothesKind::hoodie: return {b.neck * 1.45f, y - 0.60f, y + 0.10f, false};
        case ClothesKind::suit: return {b.neck * 1.22f, y - 0.70f, y - 0.08f, false};
        case ClothesKind::shirt: return {b.neck * 1.20f, y - 0.72f, y + 0.22f, true};
        case ClothesKind::blouse: return {b.neck * 1.55f, y - 0.54f, y + 0.80f, true};
        case ClothesKind::turtleneck: return {b.neck * 1.16f, y - 0.80f, y - 0.52f, false};
        case ClothesKind::vest_top: return {b.shoulder * 0.60f, y - 0.44f, y + 0.80f, false};
        case ClothesKind::dress: return {b.shoulder * 0.66f, y - 0.42f, y + 0.66f, false};
    }
    return {};
}

void Painter::neckline_path() {
    const Neckline n = neckline();
    auto at = [&](float x, float y) { return rig_.body.pixel({x, y}); };
    if (n.pointed) {
        const std::array<Vec2, 3> left{at(n.wide, n.high), at(n.wide * 0.62f, mix(n.high, n.low, 0.42f)), at(0, n.low)};
        const std::array<Vec2, 3> right{at(0, n.low), at(-n.wide * 0.62f, mix(n.high, n.low, 0.42f)), at(-n.wide, n.high)};
        c_.curve(left);
        c_.curve(right);
        return;
    }
    const std::array<Vec2, 5> round{at(n.wide, n.high), at(n.wide * 0.78f, mix(n.high, n.low, 0.66f)), at(0, n.low), at(-n.wide * 0.78f, mix(n.high, n.low, 0.66f)), at(-n.wide, n.high)};
    c_.curve(round);
}

void Painter::torso_path() {
    const BodyShape& b = look_.body;
    const float y = b.shoulder_y;
    const Neckline n = neckline();
    auto at = [&](float x, float py) { return rig_.body.pixel({x, py}); };
    // Over the shoulder the trunk's outline runs into the sleeve's cap as a tangent.
    auto shoulder_line = [&](float s, const HandGeometry& hand) {
        const Vec2 neck = at(s * n.wide, n.high), cap = shoulder_cap(hand);
        const Vec2 up = unit(at(0, 0) - at(0, 1)), out = unit(at(s, 0) - at(0, 0));
        const Vec2 touch = cap + unit(up * 0.93f + out * 0.36f) * (shoulder_radius(hand) * 0.995f);
        return std::array<Vec2, 3>{neck, mix(neck, touch, 0.45f) - up * px(0.035f), touch};
    };
    auto flank = [&](float s, const HandGeometry& hand) {
        return std::array<Vec2, 5>{shoulder_cap(hand), at(s * (b.chest + 0.03f), y + 1.5f), at(s * b.waist, y + 3.7f), at(s * b.hip, 8.7f), at(s * b.hip, 10)};
    };
    c_.curve(shoulder_line(-1, rig_.right_hand));
    c_.curve(flank(-1, rig_.right_hand));
    auto left_flank = flank(1, rig_.left_hand);
    auto left_line = shoulder_line(1, rig_.left_hand);
    std::reverse(left_flank.begin(), left_flank.end());
    std::reverse(left_line.begin(), left_line.end());
    c_.curve(left_flank);
    c_.curve(left_line);
    neckline_path();
    c_.close();
}

void Painter::torso() {
    const Colour line = line_of(look_.clothes.base);
    torso_path();
    if (line_ > 0) c_.stroke_keep({line}, line_ * 2);
    c_.fill({look_.clothes.base});
    {
        torso_path();
        const Canvas::Clip inside(c_);
        cloth_pattern();
        if (!look_.shaded()) cloth_shade();
    }
    clothes_details();
    if (look_.shaded()) {
        torso_path();
        const Canvas::Clip inside(c_);
        body_light();
    }
}

}  // namespace mirrorme::performers

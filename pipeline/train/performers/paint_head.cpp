// Head, ears, nose, brows.

#include "train/performers/painter.h"
#include "train/performers/random.h"
#include "train/performers/strand_layer.h"

namespace mirrorme::performers {

void Painter::head_path() {
    constexpr int kSteps = 48;
    std::array<Vec2, 2 * kSteps + 1> outline;
    for (int i = 0; i <= kSteps; ++i) outline[static_cast<std::size_t>(i)] = rig_.head.rim(static_cast<float>(i) / kSteps, 1);
    for (int i = 1; i <= kSteps; ++i) outline[static_cast<std::size_t>(kSteps + i)] = rig_.head.rim(1 - static_cast<float>(i) / kSteps, -1);
    c_.lines(outline);
    c_.close();
}

void Painter::ear(float side) {
    // A shell that stands off the side of the head: forward edge on the cheek, rear edge back and out.
    auto at = [&](float back, float y) { return rig_.head.project({side * (0.965f + 0.17f * back), y, -0.10f - 0.20f * back}); };
    const std::array<Vec2, 8> rim{at(0, -0.04f), at(0.45f, -0.20f), at(0.92f, -0.15f), at(1.06f, 0.05f), at(0.88f, 0.26f), at(0.66f, 0.42f), at(0.40f, 0.53f), at(0, 0.47f)};
    c_.curve(rim);
    c_.close();
    c_.fill({look_.shaded() ? mix(look_.skin.base, look_.skin.blush, 0.15f) : look_.skin.base});
    if (line_ > 0) {
        c_.curve(rim);
        c_.stroke({line_of(look_.skin.base)}, line_);
    }
    const std::array<Vec2, 5> fold{at(0.10f, 0.00f), at(0.45f, -0.08f), at(0.78f, -0.02f), at(0.72f, 0.18f), at(0.46f, 0.32f)};
    const std::array<float, 5> width{px(0.02f), px(0.045f), px(0.055f), px(0.055f), px(0.02f)};
    if (!look_.shaded()) {
        c_.ribbon(fold, width);
        c_.fill({look_.skin.shade});
        return;
    }
    c_.curve(rim);
    c_.close();
    const Canvas::Clip inside(c_);
    soft_ribbon(fold, width, {look_.skin.deep, 0.65f});
    c_.glow(at(0.18f, 0.20f), px(0.20f), {shadow_of(look_.skin.deep, 0.35f), 0.65f});
    const std::array<float, 8> lit{0, px(0.03f), px(0.05f), px(0.05f), px(0.04f), px(0.05f), px(0.04f), 0};
    if (side * materials_.light.key.x > 0) soft_ribbon(rim, lit, {look_.skin.light, 0.6f});
    else soft_ribbon(rim, lit, {look_.skin.shade, 0.8f});
}

void Painter::head() {
    const HeadRig& h = rig_.head;
    const bool right_in_front = h.yaw() > 0.01f, left_in_front = h.yaw() < -0.01f;
    const bool ears = !look_.covers_ears();
    if (ears && !left_in_front) ear(1);
    if (ears && !right_in_front) ear(-1);
    if (look_.extras.headset)
        for (const float s : {-1.0f, 1.0f})
            if (h.yaw() * s >= radians(10)) headset_cup(s);
    head_path();
    shape({look_.skin.base}, line_of(look_.skin.base));
    {
        head_path();
        const Canvas::Clip inside(c_);
        if (materials_.face) materials_.face->draw(c_, h, materials_.light, materials_.skin);
        else face_shade();
        freckles();
        wrinkles();
        fringe_shadow();
    }
    if (ears && left_in_front) ear(1);
    if (ears && right_in_front) ear(-1);
    nose();
    beard();
    mouth();
    for (const EyeGeometry* e : {&rig_.right_eye, &rig_.left_eye}) eye(*e);
    const bool brows_over_hair = styled(DrawingStyle::cel);
    if (!brows_over_hair) {
        brow(rig_.right_brow, -1);
        brow(rig_.left_brow, 1);
    }
    front_hair();
    if (brows_over_hair) {
        brow(rig_.right_brow, -1);
        brow(rig_.left_brow, 1);
    }
    earrings();
    glasses();
    hat();
    headset();
}

void Painter::face_shade() {
    const SkinLook& s = look_.skin;
    if (s.blush_amount > 0.02f)
        for (const float side : {-1.0f, 1.0f}) {
            const Vec2 cheek = rig_.head.face(side * 0.56f, 0.42f), across = rig_.head.face(side * 0.56f + 0.24f, 0.42f) - cheek;
            c_.glow(cheek, length(across), {s.blush, s.blush_amount});
        }
}

void Painter::fringe_shadow() {
    if (look_.hair.kind == HairKind::bald || look_.hair.kind == HairKind::buzz) return;
    const Vec2 down = rig_.head.up() * -1;
    const bool soft = look_.shaded();
    for (const HairSheet& sheet : front_hair_) {
        const int layers = soft ? 6 : 1;
        for (int i = 0; i < layers; ++i) {
            const Vec2 shift = down * px(soft ? 0.02f + 0.022f * static_cast<float>(i) : styled(DrawingStyle::cel) ? 0.11f : 0.07f);
            for (const Vec2& p : sheet.outline) c_.line(p + shift);
            c_.close();
            c_.fill({look_.skin.shade, soft ? 0.10f : 0.85f});
        }
    }
}

void Painter::wrinkles() {
    const float age = look_.face.age;
    if (age < 0.55f || look_.shaded()) return;  // the relief of shaded faces has them
    const float w = px(0.032f) * age;
    const Ink ink{line_ > 0 ? mix(line_of(look_.skin.base), look_.skin.deep, 0.6f) : look_.skin.shade, 0.75f};
    const HeadRig& h = rig_.head;
    const LipsLook& l = look_.lips;
    const EyeLook& e = look_.eyes;
    const std::array<float, 3> widths{w * 0.3f, w, 0};
    for (const float s : {-1.0f, 1.0f}) {
        const std::array<Vec2, 3> smile{h.face(s * look_.nose.half_width * 1.25f, look_.nose.y - 0.02f), h.face(s * l.half_width * 1.08f, mix(look_.nose.y, l.y, 0.5f)), h.face(s * l.half_width * 1.26f, l.y + 0.02f)};
        c_.ribbon(smile, widths);
        c_.fill(ink);
        const std::array<Vec2, 3> bag{h.face(s * (e.x - 0.17f), e.lower + 0.07f), h.face(s * (e.x - 0.02f), e.lower + 0.12f), h.face(s * (e.x + 0.15f), e.lower + 0.08f)};
        c_.ribbon(bag, widths);
        c_.fill({ink.colour, 0.5f});
        for (int i = 0; i < 2; ++i) {
            const float y = 0.02f + 0.08f * static_cast<float>(i), x = e.x + e.half_width;
            const std::array<Vec2, 3> crow{h.face(s * (x + 0.05f), y), h.face(s * (x + 0.11f), y + 0.03f * static_cast<float>(i)), h.face(s * (x + 0.16f), y + 0.06f * static_cast<float>(i) - 0.02f)};
            c_.ribbon(crow, widths);
            c_.fill({ink.colour, 0.6f});
        }
    }
    if (look_.hair.fringe > 0.3f) return;
    for (int i = 0; i < 2; ++i) {
        const float y = look_.brows.y - 0.22f - 0.13f * static_cast<float>(i);
        const std::array<Vec2, 3> line{h.face(-0.34f, y + 0.02f), h.face(0, y - 0.02f), h.face(0.34f, y + 0.02f)};
        const std::array<float, 3> line_widths{0, w * 0.8f, 0};
        c_.ribbon(line, line_widths);
        c_.fill({ink.colour, 0.5f});
    }
}

void Painter::freckles() {
    if (look_.skin.freckles <= 0) return;
    Random r(look_.seed ^ 0xF2EC);
    const int count = static_cast<int>(60 * look_.skin.freckles);
    for (int i = 0; i < count; ++i) {
        const float x = (r.unit() + r.unit() + r.unit() - 1.5f) * 0.85f, y = 0.30f + (r.unit() + r.unit() - 1) * 0.26f;
        c_.circle(rig_.head.face(x, y, std::abs(x) < 0.15f ? 0.2f : 0.02f), px(r.range(0.008f, 0.019f)));
        c_.fill({look_.skin.deep, r.range(0.25f, 0.6f)});
    }
}

void Painter::nose() {
    const auto& n = rig_.nose;
    const Vec2 down = rig_.head.up() * -1;
    const Colour line = line_ > 0 ? mix(line_of(look_.skin.base), look_.skin.deep, 0.35f) : look_.skin.deep;
    if (styled(DrawingStyle::cel)) {
        const Vec2 tip = n[1] + down * px(0.05f);
        const std::array<Vec2, 3> mark{tip + down * px(-0.10f), tip, tip + unit(n[2] - n[3]) * px(0.05f) + down * px(0.02f)};
        const std::array<float, 3> width{px(0.008f), px(0.03f), px(0.012f)};
        c_.ribbon(mark, width);
        c_.fill({line, 0.9f});
        return;
    }
    if (look_.shaded()) {
        const Vec2 across = unit(n[3] - n[2]);
        for (const float s : {-1.0f, 1.0f}) {
            const Vec2 nostril = mix(n[1], s < 0 ? n[2] : n[3], 0.50f) + down * px(0.055f);
            const std::array<Vec2, 3> hole{nostril - across * px(0.036f), nostril - down * px(0.012f), nostril + across * px(0.036f)};
            const std::array<float, 3> hole_width{px(0.016f), px(0.036f), px(0.016f)};
            soft_ribbon(hole, hole_width, {shadow_of(look_.skin.deep, 0.5f), 0.62f});
            const Vec2 wing = s < 0 ? n[2] : n[3];
            const std::array<Vec2, 3> crease{wing - down * px(0.07f), wing + across * (s * px(0.012f)), wing + down * px(0.03f) - across * (s * px(0.03f))};
            const std::array<float, 3> crease_width{0, px(0.03f), px(0.01f)};
            soft_ribbon(crease, crease_width, {look_.skin.deep, 0.5f});
        }
        return;
    }
    const Vec2 wing_down = down * px(0.035f);
    const std::array<Vec2, 5> base{n[2], mix(n[2], n[1], 0.35f) + wing_down, n[1] + down * px(0.085f), mix(n[3], n[1], 0.35f) + wing_down, n[3]};
    const std::array<float, 5> width{px(0.01f), px(0.035f), px(0.028f), px(0.035f), px(0.01f)};
    c_.ribbon(base, width);
    c_.fill({line, 0.85f});
    const std::array<Vec2, 3> side{mix(n[0], n[1], 0.35f) + unit(n[3] - n[2]) * px(0.10f), mix(n[0], n[1], 0.75f) + unit(n[3] - n[2]) * px(0.11f), n[3]};
    const std::array<float, 3> side_width{0, px(0.05f), px(0.03f)};
    c_.ribbon(side, side_width);
    c_.fill({look_.skin.shade, 0.8f});
}

void Painter::brow(const std::array<Vec2, 4>& points, float side) {
    const float w = px(look_.brows.thickness) * 2;
    std::array<float, 4> widths{w * 0.25f, w * 0.72f, w, w * 0.78f};  // outer to inner end
    if (side > 0) std::reverse(widths.begin(), widths.end());
    if (!look_.shaded()) {
        c_.ribbon(points, widths);
        c_.fill({look_.brows.colour});
        return;
    }
    soft_ribbon(points, widths, {look_.brows.colour, 0.50f});
    // Hairs rise at the inner end and lie down along the brow further out.
    Random r(look_.seed ^ 0xB20);
    const std::vector<Vec2> middle = smooth_points(points, 8);
    const Vec2 up = rig_.head.up(), margin{px(0.2f), px(0.2f)};
    const Vec2 low{std::min(points[0].x, points[3].x), std::min({points[0].y, points[1].y, points[2].y, points[3].y})};
    const Vec2 high{std::max(points[0].x, points[3].x), std::max({points[0].y, points[1].y, points[2].y, points[3].y})};
    StrandLayer layer(c_, low - margin, high + margin);
    const int hairs = std::clamp(static_cast<int>(unit_ / 14), 3, 8);
    for (std::size_t i = 0; i < middle.size(); ++i) {
        const float t = static_cast<float>(i) / static_cast<float>(middle.size() - 1), inner = side > 0 ? 1 - t : t;
        const Vec2 next = middle[std::min(i + 1, middle.size() - 1)], before = middle[i == 0 ? 0 : i - 1], along = unit(next - before) * side;
        const float half = w * 0.5f * (inner < 0.33f ? mix(0.25f, 0.72f, inner * 3) : inner < 0.67f ? mix(0.72f, 1.0f, (inner - 0.33f) * 3) : mix(1.0f, 0.78f, (inner - 0.67f) * 3));
        for (int k = 0; k < hairs; ++k) {
            const Vec2 root = middle[i] - up * (half * r.range(-0.5f, 1.0f)) + along * (w * r.range(-0.25f, 0.15f));
            const float rise = smooth_step(0.45f, 1.0f, inner), size = w * r.range(0.45f, 0.8f);
            const Vec2 direction = unit(along * mix(1.0f, 0.35f, rise) + up * mix(0.12f, 1.0f, rise));
            const Vec2 tip = root + direction * size;
            layer.hair(root, mix(root, tip, 0.4f) + up * (size * 0.08f), mix(root, tip, 0.7f) + up * (size * 0.05f), tip, {scaled(look_.brows.colour, r.range(0.65f, 1.15f)), 0.5f}, std::max(px(0.009f), 0.6f));
        }
    }
    layer.paint(c_);
}

}  // namespace mirrorme::performers

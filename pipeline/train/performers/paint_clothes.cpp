#include "train/performers/painter.h"
#include "train/performers/random.h"

namespace mirrorme::performers {

void Painter::behind_neck() {
    if (look_.clothes.kind != ClothesKind::hoodie) return;
    const BodyShape& b = look_.body;
    auto at = [&](float x, float y) { return rig_.body.pixel({x, b.shoulder_y + y}); };
    // The hood lies around the neck.
    const std::array<Vec2, 7> hood{at(-b.neck * 2.1f, -0.40f), at(-b.neck * 2.0f, -0.95f), at(-b.neck * 1.1f, -1.22f), at(0, -1.18f),
                                   at(b.neck * 1.1f, -1.22f), at(b.neck * 2.0f, -0.95f), at(b.neck * 2.1f, -0.40f)};
    c_.curve(hood);
    c_.close();
    shape({mix(look_.clothes.base, look_.clothes.shade, 0.6f)}, line_of(look_.clothes.base));
    // Its inside, in the shade.
    const std::array<Vec2, 5> inside{at(-b.neck * 1.5f, -0.40f), at(-b.neck * 1.36f, -0.86f), at(0, -1.02f), at(b.neck * 1.36f, -0.86f), at(b.neck * 1.5f, -0.40f)};
    c_.curve(inside);
    c_.close();
    c_.fill({shadow_of(look_.clothes.base, 0.5f)});
}

void Painter::cloth_pattern() {
    const ClothesLook& k = look_.clothes;
    const BodyShape& b = look_.body;
    auto at = [&](float x, float y) { return rig_.body.pixel({x, b.shoulder_y + y}); };
    if (k.pattern == 1) {
        for (float y = 0.35f; y < 7; y += 0.62f) {
            const std::array<Vec2, 3> band{at(-2.4f, y - 0.04f), at(0, y + 0.10f), at(2.4f, y - 0.04f)};
            const std::array<float, 3> widths{px(0.24f), px(0.24f), px(0.24f)};
            c_.ribbon(band, widths);
            c_.fill({k.second, 0.9f});
        }
    } else if (k.pattern == 2) {
        const Vec2 centre = at(0, 1.55f);
        const float r = px(0.52f);
        switch (look_.seed % 3) {
            case 0: c_.circle(centre, r); break;
            case 1:
                for (int i = 0; i < 10; ++i) {
                    const float a = static_cast<float>(i) * kPi / 5 - kPi / 2, k_r = i % 2 == 0 ? r * 1.1f : r * 0.46f;
                    c_.line(centre + Vec2{std::cos(a), std::sin(a)} * k_r);
                }
                c_.close();
                break;
            default:
                c_.move(centre + Vec2{-r * 0.5f, -r});
                c_.line(centre + Vec2{r * 0.5f, -r * 0.2f});
                c_.line(centre + Vec2{0, -r * 0.1f});
                c_.line(centre + Vec2{r * 0.4f, r});
                c_.line(centre + Vec2{-r * 0.55f, r * 0.12f});
                c_.line(centre + Vec2{-r * 0.05f, r * 0.02f});
                c_.close();
        }
        c_.fill({k.second});
    } else if (k.pattern == 3) {
        c_.move(at(-3, 0.95f));
        const std::array<Vec2, 3> yoke{at(-3, 0.95f), at(0, 1.12f), at(3, 0.95f)};
        c_.curve(yoke);
        c_.line(at(3, -2));
        c_.line(at(-3, -2));
        c_.close();
        c_.fill({k.second});
    }
}

void Painter::cloth_shade() {
    const BodyShape& b = look_.body;
    const ClothesLook& k = look_.clothes;
    auto at = [&](float x, float y) { return rig_.body.pixel({x, b.shoulder_y + y}); };
    // Light comes from the upper left of the picture.
    const std::array<Vec2, 4> side{at(b.chest * 0.95f, 0.6f), at(b.chest * 0.66f, 1.9f), at(b.waist * 0.70f, 3.7f), at(b.hip * 0.74f, 7)};
    c_.curve(side);
    c_.line(at(b.hip * 1.5f, 7));
    c_.line(at(b.shoulder * 1.4f, 0.6f));
    c_.close();
    c_.fill({k.shade, 0.6f});
    const std::array<Vec2, 3> armpit{at(-b.chest * 1.05f, 1.1f), at(-b.chest * 0.94f, 2.0f), at(-b.waist * 0.97f, 3.9f)};
    const std::array<float, 3> armpit_widths{px(0.16f), px(0.12f), 0};
    c_.ribbon(armpit, armpit_widths);
    c_.fill({k.shade, 0.6f});
    if (b.feminine) {
        for (const float s : {-1.0f, 1.0f}) {
            const std::array<Vec2, 3> bust{at(s * b.chest * 0.16f, 2.02f), at(s * b.chest * 0.46f, 2.22f), at(s * b.chest * 0.84f, 1.86f)};
            const std::array<float, 3> widths{0, px(0.11f), px(0.02f)};
            c_.ribbon(bust, widths);
            c_.fill({k.shade, 0.7f});
        }
    }
    // A few folds, not the same on both sides.
    Random r(look_.seed ^ 0xF01D);
    for (const float s : {-1.0f, 1.0f}) {
        const int count = 1 + r.below(2);
        for (int i = 0; i < count; ++i) {
            const float d = 0.45f * static_cast<float>(i) + r.range(0, 0.2f), reach = r.range(0.40f, 0.62f);
            const std::array<Vec2, 3> fold{at(s * b.chest * 0.96f, 1.05f + d), at(s * b.chest * 0.80f, 1.22f + 1.3f * d), at(s * b.chest * reach, 1.26f + 1.5f * d)};
            const std::array<float, 3> widths{px(0.06f), px(0.04f), 0};
            c_.ribbon(fold, widths);
            c_.fill({shadow_of(k.base, 0.34f), 0.45f});
        }
        const float y = r.range(3.9f, 4.8f), reach = r.range(0.30f, 0.65f);
        const std::array<Vec2, 3> waist{at(s * b.waist * 1.02f, y), at(s * b.waist * 0.75f, y + r.range(0.10f, 0.30f)), at(s * b.waist * reach, y + r.range(0.0f, 0.3f))};
        const std::array<float, 3> widths{px(0.07f), px(0.04f), 0};
        c_.ribbon(waist, widths);
        c_.fill({shadow_of(k.base, 0.34f), 0.42f});
    }
}

void Painter::collar() {
    const BodyShape& b = look_.body;
    const Neckline n = neckline();
    const bool suit = look_.clothes.kind == ClothesKind::suit;
    // The collar stands above the lit cloth: give it about the tone that light leaves there.
    const Colour fresh = suit ? rgb(0xF1F0EC) : mix(look_.clothes.base, look_.clothes.light, 0.4f);
    const Colour cloth = look_.shaded() ? scaled(fresh, 0.90f) : fresh;
    auto at = [&](float x, float y) { return rig_.body.pixel({x, y}); };
    const float tip = suit ? b.shoulder_y + 0.20f : b.shoulder_y + 0.34f;
    for (const float s : {-1.0f, 1.0f}) {
        c_.move(at(s * b.neck * 1.04f, n.high - 0.16f));
        const std::array<Vec2, 3> fold{at(s * b.neck * 1.04f, n.high - 0.16f), at(s * b.neck * 0.72f, mix(n.high, n.low, 0.5f)), at(s * 0.06f, suit ? b.shoulder_y - 0.04f : n.low)};
        c_.curve(fold);
        c_.line(at(s * (suit ? 0.44f : 0.62f), tip));
        c_.line(at(s * n.wide * 1.18f, n.high + 0.06f));
        c_.close();
        shape({cloth}, line_of(cloth));
        if (line_ <= 0) {
            c_.move(at(s * 0.06f, suit ? b.shoulder_y - 0.04f : n.low));
            c_.line(at(s * (suit ? 0.44f : 0.62f), tip));
            c_.line(at(s * n.wide * 1.18f, n.high + 0.06f));
            c_.stroke({shadow_of(cloth, 0.42f), 0.8f}, px(0.03f));
        }
    }
}

void Painter::tie() {
    const Colour silk = look_.clothes.second;
    auto at = [&](float x, float y) { return rig_.body.pixel({x, look_.body.shoulder_y + y}); };
    const std::array<Vec2, 6> outline{at(-0.15f, -0.10f), at(0.15f, -0.10f), at(0.09f, 0.16f), at(0.30f, 2.7f), at(-0.30f, 2.7f), at(-0.09f, 0.16f)};
    c_.lines(outline);
    c_.close();
    shape({silk}, line_of(silk));
    c_.move(at(-0.10f, 0.16f));
    c_.line(at(0.10f, 0.16f));
    c_.stroke({shadow_of(silk, 0.5f)}, px(0.035f));
}

void Painter::lapels() {
    const BodyShape& b = look_.body;
    const ClothesLook& k = look_.clothes;
    auto at = [&](float x, float y) { return rig_.body.pixel({x, b.shoulder_y + y}); };
    const Colour shirt = rgb(0xF1F0EC);
    // Shirt front down to the button, then the lapels over it.
    c_.move(at(-b.neck * 1.0f, -0.66f));
    c_.line(at(0, 3.1f));
    c_.line(at(b.neck * 1.0f, -0.66f));
    const std::array<Vec2, 3> throat{at(b.neck * 1.0f, -0.66f), at(0, -0.08f), at(-b.neck * 1.0f, -0.66f)};
    c_.curve(throat);
    c_.close();
    shape({shirt}, line_of(shirt));
    if (look_.seed % 3 != 0 && !b.feminine) {
        tie();
    } else {
        for (int i = 0; i < 3; ++i) {
            c_.circle(at(0, 0.5f + 0.75f * static_cast<float>(i)), px(0.04f));
            c_.fill({rgb(0xC9C6C0)});
        }
    }
    collar();
    for (const float s : {-1.0f, 1.0f}) {
        c_.move(at(s * b.neck * 1.30f, -0.66f));
        c_.line(at(s * b.neck * 1.95f, -0.10f));
        c_.line(at(s * b.neck * 1.72f, 0.16f));
        c_.line(at(s * b.neck * 2.05f, 0.34f));
        const std::array<Vec2, 3> outer{at(s * b.neck * 2.05f, 0.34f), at(s * b.neck * 1.25f, 1.8f), at(0, 3.2f)};
        c_.curve(outer);
        const std::array<Vec2, 3> inner{at(0, 3.2f), at(s * b.neck * 0.66f, 1.2f), at(s * b.neck * 1.14f, -0.50f)};
        c_.curve(inner);
        c_.close();
        const Colour lapel = mix(k.base, k.light, 0.35f);
        shape({lapel}, line_ > 0 ? line_of(k.base) : lapel);
        if (line_ <= 0) {
            c_.move(at(s * b.neck * 1.95f, -0.10f));
            c_.line(at(s * b.neck * 1.72f, 0.16f));
            c_.line(at(s * b.neck * 2.05f, 0.34f));
            c_.curve(outer);
            c_.stroke({shadow_of(k.base, 0.55f), 0.8f}, px(0.03f));
        }
    }
    const std::array<Vec2, 3> edge{at(0, 3.2f), at(0.05f, 4.2f), at(0.22f, 6.6f)};
    const std::array<float, 3> widths{px(0.03f), px(0.04f), px(0.04f)};
    c_.ribbon(edge, widths);
    c_.fill({shadow_of(k.base, 0.55f)});
    c_.circle(at(0.10f, 3.5f), px(0.075f));
    c_.fill({shadow_of(k.base, 0.6f)});
}

void Painter::round_neck() {
    const ClothesLook& k = look_.clothes;
    const BodyShape& b = look_.body;
    auto at = [&](float x, float y) { return rig_.body.pixel({x, b.shoulder_y + y}); };
    const bool bold = k.kind == ClothesKind::tee || k.kind == ClothesKind::hoodie;
    const bool two_tone = k.kind != ClothesKind::hoodie && (k.pattern == 3 || look_.seed % 2 == 0);
    neckline_path();
    c_.stroke({two_tone ? k.second : k.shade}, px(k.kind == ClothesKind::hoodie ? 0.22f : bold ? 0.15f : 0.07f));
    if (line_ > 0) {
        neckline_path();
        c_.stroke({line_of(k.base)}, line_ * 0.8f);
    }
    if (k.kind != ClothesKind::dress) return;
    const std::array<Vec2, 3> belt{at(-b.waist * 1.1f, 3.45f), at(0, 3.62f), at(b.waist * 1.1f, 3.45f)};
    const std::array<float, 3> widths{px(0.22f), px(0.22f), px(0.22f)};
    torso_path();
    const Canvas::Clip inside(c_);
    c_.ribbon(belt, widths);
    c_.fill({k.second});
}

void Painter::hood_cords() {
    const ClothesLook& k = look_.clothes;
    const BodyShape& b = look_.body;
    const Colour seam = seam_colour();
    auto at = [&](float x, float y) { return rig_.body.pixel({x, b.shoulder_y + y}); };
    for (const float s : {-1.0f, 1.0f}) {
        const std::array<Vec2, 3> cord{at(s * b.neck * 0.62f, 0.02f), at(s * b.neck * 0.70f, 0.7f), at(s * b.neck * 0.64f, 1.25f)};
        const std::array<float, 3> widths{px(0.06f), px(0.06f), px(0.06f)};
        c_.ribbon(cord, widths);
        c_.fill({line_ > 0 ? seam : shadow_of(k.second, 0.15f)});
        if (line_ <= 0) continue;
        const std::array<float, 3> core{px(0.035f), px(0.035f), px(0.035f)};
        c_.ribbon(cord, core);
        c_.fill({k.second});
    }
    const std::array<Vec2, 4> pocket{at(-b.waist * 0.78f, 5.6f), at(-b.waist * 0.52f, 4.2f), at(b.waist * 0.52f, 4.2f), at(b.waist * 0.78f, 5.6f)};
    c_.lines(pocket);
    c_.stroke({seam, 0.8f}, px(0.04f));
}

void Painter::shirt_front() {
    auto at = [&](float x, float y) { return rig_.body.pixel({x, look_.body.shoulder_y + y}); };
    const std::array<Vec2, 3> placket{at(0, 0.24f), at(0.02f, 3), at(0, 7)};
    const std::array<float, 3> widths{px(0.03f), px(0.03f), px(0.03f)};
    c_.ribbon(placket, widths);
    c_.fill({seam_colour(), 0.8f});
    for (int i = 0; i < 6; ++i) {
        c_.circle(at(0.07f, 0.62f + 0.92f * static_cast<float>(i)), px(0.05f));
        c_.fill({light_of(look_.clothes.base, 0.55f)});
    }
}

void Painter::blouse_front() {
    auto at = [&](float x, float y) { return rig_.body.pixel({x, look_.body.shoulder_y + y}); };
    neckline_path();
    c_.stroke({seam_colour(), 0.9f}, std::max(px(0.045f), line_));
    for (const float s : {-1.0f, 1.0f}) {
        const std::array<Vec2, 4> pleat{at(s * 0.30f, 0.72f), at(s * 0.34f, 1.5f), at(s * 0.26f, 2.6f), at(s * 0.28f, 3.4f)};
        const std::array<float, 4> widths{px(0.02f), px(0.06f), px(0.04f), 0};
        c_.ribbon(pleat, widths);
        c_.fill({look_.clothes.shade, 0.8f});
    }
}

void Painter::rolled_neck() {
    const ClothesLook& k = look_.clothes;
    const float neck = look_.body.neck;
    auto at = [&](float x, float y) { return rig_.body.pixel({x, look_.body.shoulder_y + y}); };
    const std::array<Vec2, 4> right{at(-neck * 1.24f, -0.66f), at(-neck * 1.12f, -0.95f), at(-neck * 1.06f, -1.16f), at(-neck * 0.98f, -1.22f)};
    const std::array<Vec2, 4> left{at(neck * 0.98f, -1.22f), at(neck * 1.06f, -1.16f), at(neck * 1.12f, -0.95f), at(neck * 1.24f, -0.66f)};
    c_.curve(right);
    const std::array<Vec2, 3> top{at(-neck * 0.98f, -1.22f), at(0, -1.02f), at(neck * 0.98f, -1.22f)};
    c_.curve(top);
    c_.curve(left);
    const std::array<Vec2, 3> bottom{at(neck * 1.24f, -0.66f), at(0, -0.40f), at(-neck * 1.24f, -0.66f)};
    c_.curve(bottom);
    c_.close();
    shape({scaled(mix(k.base, k.light, 0.25f), look_.shaded() ? 0.88f : 1.0f)}, seam_colour());
    const std::array<Vec2, 3> fold{at(-neck * 1.16f, -0.84f), at(0, -0.60f), at(neck * 1.16f, -0.84f)};
    const std::array<float, 3> widths{px(0.03f), px(0.06f), px(0.03f)};
    c_.ribbon(fold, widths);
    c_.fill({k.shade});
}

void Painter::necklace() {
    const float neck = look_.body.neck;
    const Colour metal = look_.clothes.metal;
    auto at = [&](float x, float y) { return rig_.body.pixel({x, look_.body.shoulder_y + y}); };
    const std::array<Vec2, 5> chain{at(-neck * 1.12f, -0.52f), at(-neck * 0.62f, 0.10f), at(0, 0.36f), at(neck * 0.62f, 0.10f), at(neck * 1.12f, -0.52f)};
    const std::array<float, 5> widths{px(0.026f), px(0.030f), px(0.032f), px(0.030f), px(0.026f)};
    c_.ribbon(chain, widths);
    c_.fill({metal});
    c_.circle(chain[2] + (at(0, 1) - at(0, 0)) * 0.09f, px(0.085f));
    shape({light_of(metal, 0.3f)}, line_of(metal));
}

Colour Painter::seam_colour() const { return line_ > 0 ? line_of(look_.clothes.base) : shadow_of(look_.clothes.base, 0.42f); }

void Painter::clothes_details() {
    cairo_set_line_cap(c_.context(), CAIRO_LINE_CAP_BUTT);  // hems end at the shoulder
    switch (look_.clothes.kind) {
        case ClothesKind::tee:
        case ClothesKind::vest_top:
        case ClothesKind::dress: round_neck(); break;
        case ClothesKind::hoodie:
            round_neck();
            hood_cords();
            break;
        case ClothesKind::suit: lapels(); break;
        case ClothesKind::shirt:
            collar();
            shirt_front();
            break;
        case ClothesKind::blouse: blouse_front(); break;
        case ClothesKind::turtleneck: rolled_neck(); break;
    }
    cairo_set_line_cap(c_.context(), CAIRO_LINE_CAP_ROUND);
    if (look_.clothes.necklace) necklace();
}

}  // namespace mirrorme::performers

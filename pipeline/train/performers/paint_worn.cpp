// Beards, glasses, hats, headsets, earrings.

#include "train/performers/painter.h"
#include "train/performers/random.h"
#include "train/performers/strand_layer.h"

namespace mirrorme::performers {
namespace {

// Head units.
constexpr float kGlassesLift = 0.13f;                        // before the face
constexpr float kBeanieEdge = -0.50f, kBeanieLift = 0.14f;   // height of the edge, thickness
constexpr float kCapEdge = -0.56f, kCapLift = 0.11f;

float glasses_half_width(const CharacterLook& look) { return std::min(look.eyes.half_width * 1.22f + 0.04f, look.eyes.x - 0.09f); }

}  // namespace

void Painter::beard_path() {
    const HeadRig& h = rig_.head;
    const HeadShape& shape = h.shape();
    const LipsLook& l = look_.lips;
    const float nose_y = look_.nose.y, mouth_w = l.half_width;
    const BeardKind kind = look_.extras.beard;
    const float moustache_y = mix(nose_y, l.y, 0.48f);
    if (kind == BeardKind::moustache || kind == BeardKind::goatee) {
        const std::array<Vec2, 5> top{h.face(-mouth_w * 1.02f, l.y + 0.02f), h.face(-mouth_w * 0.5f, moustache_y + 0.02f), h.face(0, moustache_y + 0.03f), h.face(mouth_w * 0.5f, moustache_y + 0.02f), h.face(mouth_w * 1.02f, l.y + 0.02f)};
        c_.curve(top);
        if (kind == BeardKind::goatee) {
            const float chin = look_.face.chin_y;
            const std::array<Vec2, 5> bottom{h.face(mouth_w * 1.02f, l.y + 0.02f), h.face(mouth_w * 0.92f, chin - 0.26f), h.rim(shape.t_of(chin), 1, 0.06f), h.face(-mouth_w * 0.92f, chin - 0.26f), h.face(-mouth_w * 1.02f, l.y + 0.02f)};
            c_.curve(bottom);
        } else {
            const std::array<Vec2, 3> bottom{h.face(mouth_w * 1.02f, l.y + 0.02f), h.face(0, l.y - 0.02f), h.face(-mouth_w * 1.02f, l.y + 0.02f)};
            c_.curve(bottom);
        }
        c_.close();
        return;
    }
    const float out = kind == BeardKind::full ? 0.13f : kind == BeardKind::short_beard ? 0.035f : 0.0f;
    constexpr int kSteps = 14;
    const float first = shape.t_of(0.16f);
    for (int i = 0; i <= kSteps; ++i) {
        const float t = mix(first, 1.0f, static_cast<float>(i) / kSteps);
        const Vec2 p = h.rim(t, 1, out * smooth_step(first, 0.85f, t));
        c_.line(p + h.up() * -px(out * 1.4f * smooth_step(0.80f, 1.0f, t)));
    }
    for (int i = kSteps; i >= 0; --i) {
        const float t = mix(first, 1.0f, static_cast<float>(i) / kSteps);
        const Vec2 p = h.rim(t, -1, out * smooth_step(first, 0.85f, t));
        c_.line(p + h.up() * -px(out * 1.4f * smooth_step(0.80f, 1.0f, t)));
    }
    auto edge = [&](float s) {
        return std::array<Vec2, 6>{h.face(s * 0.93f, 0.16f), h.face(s * 0.86f, 0.42f), h.face(s * 0.70f, 0.66f), h.face(s * mouth_w * 1.30f, l.y - 0.10f), h.face(s * mouth_w * 0.6f, moustache_y), h.face(0, moustache_y + 0.02f)};
    };
    const auto right = edge(-1);
    auto left = edge(1);
    std::reverse(left.begin(), left.end());
    c_.curve(right);
    c_.curve(left);
    c_.close();
}

void Painter::beard() {
    const BeardKind kind = look_.extras.beard;
    if (kind == BeardKind::none) return;
    const bool stubble = kind == BeardKind::stubble;
    if (stubble && look_.shaded()) return;  // part of the skin's colour
    const Colour hair = look_.extras.beard_colour;
    beard_path();
    if (stubble) {
        c_.fill({mix(hair, look_.skin.deep, 0.4f), 0.22f});
        return;
    }
    if (!look_.shaded()) {
        shape({hair}, line_of(hair));
        beard_path();
        const Canvas::Clip inside(c_);
        c_.glow(rig_.jaw[2], px(0.7f), {shadow_of(hair, 0.4f), 0.55f});
        return;
    }
    // Skin shows between the hairs: a soft ground, then many short strokes that follow the jaw.
    c_.fill({hair, kind == BeardKind::full ? 0.72f : 0.50f});
    beard_path();
    const Canvas::Clip inside(c_);
    Random r(look_.hair.seed ^ 808);
    const HeadShape& shape = rig_.head.shape();
    const int count = kind == BeardKind::moustache ? 90 : 420;
    const float side = px(1.6f);
    StrandLayer layer(c_, rig_.nose[1] - Vec2{side, side}, rig_.jaw[2] + Vec2{side, side});
    const float width = std::max(px(0.02f), 0.6f);
    for (int i = 0; i < count; ++i) {
        const float y = r.range(look_.nose.y, look_.face.chin_y + 0.02f), reach = shape.slice(shape.t_of(y)).half_width;
        const float x = r.range(-0.99f, 0.99f) * reach;
        const Vec2 root = rig_.head.face(x, y, 0.01f), tip = root + rig_.head.up() * -px(r.range(0.06f, 0.13f)) + unit(rig_.nose[3] - rig_.nose[2]) * px(x * r.range(0.02f, 0.08f));
        layer.hair(root, mix(root, tip, 0.33f), mix(root, tip, 0.67f), tip, {mix(shadow_of(hair, 0.35f), light_of(hair, 0.30f), r.unit()), 0.6f}, width);
    }
    layer.paint(c_);
    c_.glow(rig_.jaw[2], px(0.55f), {shadow_of(hair, 0.7f), 0.45f});
}

void Painter::lens(float s) {
    const GlassesKind kind = look_.extras.glasses;
    const EyeLook& e = look_.eyes;
    const HeadRig& h = rig_.head;
    const float half_w = glasses_half_width(look_), tall = kind == GlassesKind::round ? 1.18f : 0.94f;
    const float half_h = std::max(0.62f * half_w, (e.upper + e.lower) * 0.62f + 0.06f) * tall;
    const float z = h.shape().surface(e.x, 0) + kGlassesLift;
    const Colour frame = look_.extras.frame;
    const float thick = px(kind == GlassesKind::half_rim ? 0.05f : 0.06f);
    auto at = [&](float x, float y) { return h.project({s * x, y, z - 0.16f * std::max(0.0f, x - e.x) - 0.03f}); };
    constexpr int kPoints = 20;
    std::vector<Vec2> rim;
    for (int i = 0; i < kPoints; ++i) {
        const float a = 2 * kPi * static_cast<float>(i) / kPoints, c = std::cos(a), n = std::sin(a);
        const float power = kind == GlassesKind::round ? 1.0f : 0.62f;  // towards a rounded rectangle
        const float x = std::copysign(std::pow(std::abs(c), power), c), y = std::copysign(std::pow(std::abs(n), power), n);
        const float drop = kind == GlassesKind::round ? 0 : 0.06f * y * half_h;
        rim.push_back(at(e.x + 0.015f + x * (half_w - drop), 0.02f + y * half_h));
    }
    if (h.yaw() * s < radians(8)) {  // the temple, where that side can be seen
        c_.move(at(e.x + half_w, -0.06f));
        c_.line(h.project({s * 1.01f, -0.05f, 0.05f}));
        c_.stroke({frame}, thick * 0.9f);
    }
    c_.loop(rim);
    c_.fill({{1, 1, 1}, look_.shaded() ? 0.06f : 0.10f});
    c_.loop(rim);
    {
        const Canvas::Clip glass(c_);
        const Vec2 middle = at(e.x, 0), across = (at(e.x + half_w, 0) - middle) * s, down = at(e.x, half_h) - middle;
        const std::array<Vec2, 4> glint{middle - down - across * 0.35f, middle - down + across * 0.10f, middle + down - across * 0.45f, middle + down - across * 0.90f};
        c_.lines(glint);
        c_.close();
        c_.fill({{1, 1, 1}, 0.14f});
    }
    if (kind == GlassesKind::half_rim) {
        std::vector<Vec2> top(rim.begin() + kPoints / 2, rim.end());
        top.push_back(rim.front());
        c_.curve(top);
        c_.stroke({frame}, thick * 1.3f);
    }
    c_.loop(rim);
    if (kind == GlassesKind::half_rim) c_.stroke({frame, 0.35f}, thick * 0.3f);
    else c_.stroke({frame}, thick);
}

void Painter::glasses() {
    if (look_.extras.glasses == GlassesKind::none) return;
    const HeadRig& h = rig_.head;
    lens(-1);
    lens(1);
    const float inner = look_.eyes.x + 0.015f - glasses_half_width(look_), z = h.shape().surface(look_.eyes.x, 0) + kGlassesLift;
    const std::array<Vec2, 3> bridge{h.project({-inner, -0.02f, z}), h.project({0, -0.07f, z + 0.05f}), h.project({inner, -0.02f, z})};
    c_.curve(bridge);
    c_.stroke({look_.extras.frame}, px(0.055f));
}

void Painter::hat_dome(const std::vector<Vec2>& edge) {
    const std::vector<Vec2> outline = hair_outline(look_, rig_.head);
    const Colour cloth = look_.extras.hat_colour;
    auto dome = [&] {
        const std::size_t n = outline.size(), skip = n / 7;
        for (std::size_t i = skip; i < n - skip; ++i) c_.line(outline[i]);
        c_.curve(edge);
        c_.close();
    };
    dome();
    shape({cloth}, line_of(cloth));
    dome();
    const Canvas::Clip inside(c_);
    const Vec2 top = rig_.crown[2], side = rig_.crown[4], across = side - rig_.crown[0];
    if (look_.shaded()) {
        c_.glow(mix(top, rig_.crown[1], 0.4f), px(0.9f), {light_of(cloth, 0.35f), 0.45f});
        c_.glow(side, px(1.0f), {shadow_of(cloth, 0.8f), 0.6f});
        return;
    }
    const std::array<Vec2, 3> shade{mix(top, rig_.crown[3], 0.8f), mix(side, rig_.crown[3], 0.5f) - across * 0.10f, side - across * 0.16f};
    c_.curve(shade);
    c_.line(side + across * 0.5f);
    c_.line(top + across * 0.5f);
    c_.close();
    c_.fill({shadow_of(cloth, 0.26f), 0.7f});
}

void Painter::beanie_brim(const std::vector<Vec2>& edge) {
    const HairShape hair(look_, rig_);
    const Colour cloth = look_.extras.hat_colour;
    std::vector<Vec2> upper;
    for (std::size_t i = 0; i < edge.size(); ++i) {
        const float longitude = 100 - 200 * static_cast<float>(i) / static_cast<float>(edge.size() - 1);
        upper.push_back(hair.at(longitude, kBeanieEdge - 0.26f + 0.10f * std::abs(longitude) / 100, kBeanieLift + 0.05f));
    }
    c_.curve(upper);
    for (std::size_t i = edge.size(); i-- > 0;) c_.line(edge[i]);
    c_.close();
    shape({mix(cloth, look_.extras.hat_second, 0.25f)}, line_of(cloth));
    for (std::size_t i = 1; i + 1 < edge.size(); ++i) {
        c_.move(mix(edge[i], upper[i], 0.1f));
        c_.line(mix(edge[i], upper[i], 0.9f));
        c_.stroke({shadow_of(cloth, 0.4f), 0.5f}, px(0.025f));
    }
}

void Painter::cap_peak() {
    const HairShape hair(look_, rig_);
    auto at = [&](float x, float y, float z) { return rig_.head.project({x, y, z}); };
    auto brow = [&](float longitude, float down) { return hair.at(longitude, kCapEdge + down, kCapLift); };
    const std::array<Vec2, 5> root{brow(58, 0.05f), brow(30, 0), brow(0, -0.01f), brow(-30, 0), brow(-58, 0.05f)};
    const std::array<Vec2, 5> front{root[4], at(-0.62f, kCapEdge + 0.20f, 1.28f), at(0, kCapEdge + 0.20f, 1.55f), at(0.62f, kCapEdge + 0.20f, 1.28f), root[0]};
    c_.curve(root);
    c_.curve(front);
    c_.close();
    const Colour peak = mix(look_.extras.hat_second, look_.extras.hat_colour, 0.4f);
    shape({peak}, line_of(peak));
    c_.circle(mix(rig_.crown[2], root[2], 0.56f), px(0.17f));
    c_.fill({look_.extras.hat_second});
}

void Painter::hat() {
    const HatKind kind = look_.extras.hat;
    if (kind == HatKind::none) return;
    const HairShape hair(look_, rig_);
    const bool beanie = kind == HatKind::beanie;
    std::vector<Vec2> edge;
    for (int i = 0; i <= 12; ++i) {
        const float longitude = 100 - 200 * static_cast<float>(i) / 12;
        edge.push_back(hair.at(longitude, (beanie ? kBeanieEdge : kCapEdge) + 0.10f * std::abs(longitude) / 100, beanie ? kBeanieLift : kCapLift));
    }
    hat_dome(edge);
    if (beanie) beanie_brim(edge);
    else cap_peak();
}

void Painter::headset_cup(float side) {
    auto at = [&](float out, float y, float z) { return rig_.head.project({side * out, y, z}); };
    const Vec2 centre = at(1.13f, 0.16f, -0.15f), down = at(1.13f, 0.48f, -0.15f) - centre;
    const Vec2 across = (at(1.20f, 0.16f, -0.36f) - at(1.02f, 0.16f, 0.06f)) * 0.5f;
    const Vec2 wide = length(across) < px(0.13f) ? unit(perpendicular(down)) * px(0.13f) : across;
    c_.ellipse(centre, wide * 1.15f, down * 1.06f);
    shape({shadow_of(look_.extras.headset_colour, 0.3f)}, line_of(look_.extras.headset_colour));
    c_.ellipse(centre + wide * (0.10f * side), wide * 0.86f, down * 0.84f);
    c_.fill_linear(centre - down, centre + down, {{0, {light_of(look_.extras.headset_colour, 0.22f)}}, {1, {look_.extras.headset_colour}}});
}

void Painter::headset() {
    if (!look_.extras.headset) return;
    const Colour body = look_.extras.headset_colour;
    std::vector<Vec2> band;
    const Vec2 middle = mix(rig_.crown[0], rig_.crown[4], 0.5f);
    const Vec2 top = rig_.crown[2] + unit(rig_.crown[2] - middle) * px(look_.hair.kind == HairKind::spiky && look_.extras.hat == HatKind::none ? -0.16f : 0.05f);
    const Vec2 right = rig_.head.project({-1.16f, 0.0f, -0.15f}), left = rig_.head.project({1.16f, 0.0f, -0.15f});
    // An arch over the hair, whatever bumps it has.
    for (int i = 0; i <= 12; ++i) {
        const float a = kPi * static_cast<float>(i) / 12;
        const Vec2 base = mix(right, left, 0.5f - 0.5f * std::cos(a));
        band.push_back(base + (top - mix(right, left, 0.5f)) * std::pow(std::max(std::sin(a), 0.0f), 0.8f));
    }
    auto arch = [&](float width, Ink ink) {
        c_.move(band.front());
        c_.curve(band);
        c_.stroke(ink, width);
    };
    if (line_ > 0) arch(px(0.15f) + 2 * line_, {line_of(body)});
    arch(px(0.15f), {body});
    arch(px(0.05f), {light_of(body, 0.22f), 0.8f});
    for (const float s : {-1.0f, 1.0f})
        if (rig_.head.yaw() * s < radians(10)) headset_cup(s);
    // Microphone, on the performer's right.
    if (rig_.head.yaw() > radians(-10)) {
        const std::array<Vec2, 4> boom{rig_.head.project({-1.14f, 0.34f, -0.1f}), rig_.head.project({-1.08f, 0.74f, 0.30f}), rig_.head.project({-0.82f, 0.98f, 0.72f}), rig_.head.project({-0.60f, 0.98f, 0.95f})};
        c_.move(boom[0]);
        c_.curve(boom);
        if (line_ > 0) c_.stroke_keep({line_of(body)}, px(0.06f) + line_);
        c_.stroke({body}, px(0.06f));
        c_.capsule(boom[3], px(0.075f), boom[3] + (boom[3] - boom[2]) * 0.35f, px(0.085f));
        shape({shadow_of(body, 0.25f)}, line_of(body));
    }
}

void Painter::earrings() {
    if (!look_.extras.earrings || look_.covers_ears()) return;
    for (const float s : {-1.0f, 1.0f}) {
        if (rig_.head.yaw() * s > radians(12)) continue;
        const Vec2 lobe = rig_.head.project({s * 1.02f, 0.56f, -0.14f});
        c_.circle(lobe, px(0.065f));
        shape({light_of(look_.clothes.metal, 0.15f)}, line_of(look_.clothes.metal));
        c_.circle(lobe - Vec2{px(0.02f), px(0.02f)}, px(0.022f));
        c_.fill({{1, 1, 1}, 0.8f});
    }
}

}  // namespace mirrorme::performers

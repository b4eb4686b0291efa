#include "train/performers/painter.h"

namespace mirrorme::performers {
namespace {

void inner_path(Canvas& c, const MouthGeometry& m) {
    c.curve(std::span(m.inner).first<5>());
    const std::array<Vec2, 5> lower{m.inner[4], m.inner[5], m.inner[6], m.inner[7], m.inner[0]};
    c.curve(lower);
    c.close();
}

}  // namespace

void Painter::mouth_inside() {
    const MouthGeometry& m = rig_.mouth;
    const Colour hollow = rgb(0x4A1519);
    inner_path(c_, m);
    c_.fill({hollow});
    inner_path(c_, m);
    const Canvas::Clip inside(c_);
    c_.ellipse(m.tongue, m.tongue_right, m.tongue_up * -1);
    if (look_.shaded()) {
        c_.fill({rgb(0x9E4A4C)});
        c_.glow(m.tongue + m.tongue_up * 0.35f, length(m.tongue_up) * 0.7f, {rgb(0xD08580), 0.6f});
    } else {
        c_.fill({rgb(0xC25A5E)});
    }
    c_.move(m.inner[0] + rig_.head.up() * -px(0.5f));
    c_.curve(std::span(m.lower_teeth));
    c_.line(m.inner[4] + rig_.head.up() * -px(0.5f));
    c_.close();
    if (m.state.opening > 0.3f) c_.fill({rgb(0xE6DED6), 0.9f});
    else cairo_new_path(c_.context());
    if (m.state.teeth > 0.01f) {
        c_.move(m.inner[0] + rig_.head.up() * px(0.3f));
        c_.curve(std::span(m.upper_teeth));
        c_.line(m.inner[4] + rig_.head.up() * px(0.3f));
        c_.close();
        if (!look_.shaded()) {
            c_.fill({rgb(0xF8F3EC)});
        } else {
            const Colour ivory = scaled(rgb(0xEFE7DA), 0.97f);
            c_.fill({ivory});
            // Teeth stand side by side; the corners lie in the dark.
            const Vec2 across = (m.upper_teeth[4] - m.upper_teeth[0]) * (1.0f / 8), high = rig_.head.up() * px(0.3f);
            for (int i = 1; i < 8; ++i) {
                const Vec2 p = m.upper_teeth[0] + across * static_cast<float>(i);
                c_.move(p + high);
                c_.line(p - high * 0.4f);
                c_.stroke({rgb(0x8A6F66), 0.20f}, std::max(px(0.010f), 0.4f));
            }
            const float wide = length(m.inner[4] - m.inner[0]);
            for (const std::size_t end : {std::size_t{0}, std::size_t{4}}) c_.glow(m.inner[end], wide * 0.30f, {rgb(0x2A0E10), 0.75f});
            const std::array<Vec2, 5> lip{m.inner[0], m.inner[1], m.inner[2], m.inner[3], m.inner[4]};
            const std::array<float, 5> shade{px(0.03f), px(0.05f), px(0.05f), px(0.05f), px(0.03f)};
            soft_ribbon(lip, shade, {rgb(0x3A1416), 0.5f});
        }
    }
}

void Painter::lit_lips() {
    const MouthGeometry& m = rig_.mouth;
    const Colour lip = mix(look_.lips.colour, look_.skin.base, 0.12f);
    const Vec2 up = rig_.head.up();
    auto outline = [&] {
        c_.curve(std::span(m.outer).first<7>());
        const std::array<Vec2, 7> lower{m.outer[6], m.outer[7], m.outer[8], m.outer[9], m.outer[10], m.outer[11], m.outer[0]};
        c_.curve(lower);
        c_.close();
    };
    // No line around lips: their colour fades into the skin.
    for (const float wide : {0.055f, 0.028f}) {
        outline();
        c_.stroke({mix(lip, look_.skin.base, 0.35f), 0.28f}, px(wide));
    }
    outline();
    c_.fill({lip, 0.94f});
    outline();
    const Canvas::Clip inside(c_);
    const std::array<Vec2, 5> top{m.outer[1], mix(m.outer[2], m.inner[1], 0.5f), mix(m.outer[3], m.inner[2], 0.6f), mix(m.outer[4], m.inner[3], 0.5f), m.outer[5]};
    const float thick = std::max(length(m.outer[3] - m.inner[2]), px(0.02f)), full = std::max(length(m.outer[9] - m.inner[6]), px(0.02f));
    const std::array<float, 5> top_widths{thick * 0.5f, thick, thick * 1.1f, thick, thick * 0.5f};
    soft_ribbon(top, top_widths, {shadow_of(lip, 0.40f), 0.50f});
    const std::array<Vec2, 3> low{m.outer[10] + up * (full * 0.05f), m.outer[9] + up * (full * 0.05f), m.outer[8] + up * (full * 0.05f)};
    const std::array<float, 3> low_widths{full * 0.3f, full * 0.45f, full * 0.3f};
    soft_ribbon(low, low_widths, {shadow_of(lip, 0.45f), 0.40f});
    const std::array<Vec2, 3> shine{mix(m.inner[7], m.outer[10], 0.42f), mix(m.inner[6], m.outer[9], 0.42f), mix(m.inner[5], m.outer[8], 0.42f)};
    const std::array<float, 3> shine_widths{0, full * 0.42f, 0};
    soft_ribbon(shine, shine_widths, {light_of(lip, 0.45f), 0.20f + 0.35f * look_.lips.gloss});
}

void Painter::mouth() {
    const MouthGeometry& m = rig_.mouth;
    const bool cel = styled(DrawingStyle::cel);
    const Colour lip = look_.lips.colour;
    const float lip_alpha = cel ? 0.45f : 1;
    if (look_.shaded()) {
        lit_lips();
        mouth_inside();
        const std::array<Vec2, 7> seam{m.outer[0], m.inner[0], m.inner[1], m.inner[2], m.inner[3], m.inner[4], m.outer[6]};
        const float w = px(0.026f);
        const std::array<float, 7> widths{w * 0.2f, w * 0.7f, w, w * 0.9f, w, w * 0.7f, w * 0.2f};
        soft_ribbon(seam, widths, {shadow_of(lip, 0.80f), 0.80f});
        return;
    }
    // Upper lip: outer upper edge, back along the inner one; then the lower lip.
    c_.curve(std::span(m.outer).first<7>());
    const std::array<Vec2, 7> upper_back{m.outer[6], m.inner[4], m.inner[3], m.inner[2], m.inner[1], m.inner[0], m.outer[0]};
    c_.curve(upper_back);
    c_.close();
    c_.fill({shadow_of(lip, 0.14f), lip_alpha});
    const std::array<Vec2, 7> lower{m.outer[6], m.outer[7], m.outer[8], m.outer[9], m.outer[10], m.outer[11], m.outer[0]};
    const std::array<Vec2, 7> lower_back{m.outer[0], m.inner[0], m.inner[7], m.inner[6], m.inner[5], m.inner[4], m.outer[6]};
    c_.curve(lower);
    c_.curve(lower_back);
    c_.close();
    c_.fill({light_of(lip, 0.08f), lip_alpha});
    mouth_inside();
    const Colour seam = line_ > 0 ? line_of(look_.skin.base) : shadow_of(lip, 0.62f);
    const std::array<Vec2, 7> line{m.outer[0], m.inner[0], m.inner[1], m.inner[2], m.inner[3], m.inner[4], m.outer[6]};
    const float w = px(line_ > 0 ? 0.04f : 0.03f);
    const std::array<float, 7> widths{w * 0.5f, w, w * 0.9f, w * 0.8f, w * 0.9f, w, w * 0.5f};
    c_.ribbon(line, widths);
    c_.fill({seam});
    const Vec2 under = rig_.head.up() * -px(0.06f);
    const std::array<Vec2, 3> shade{m.outer[10] + under, m.outer[9] + under, m.outer[8] + under};
    const std::array<float, 3> shade_widths{0, px(0.04f), 0};
    c_.ribbon(shade, shade_widths);
    c_.fill({look_.skin.shade, 0.9f});
}

}  // namespace mirrorme::performers

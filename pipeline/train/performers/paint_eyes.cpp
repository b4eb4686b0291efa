#include "train/performers/painter.h"
#include "train/performers/random.h"
#include "train/performers/strand_layer.h"

namespace mirrorme::performers {

void Painter::eye_path(const EyeGeometry& e) {
    c_.curve(std::span(e.contour).first<5>());
    const std::array<Vec2, 5> lower{e.contour[4], e.contour[5], e.contour[6], e.contour[7], e.contour[0]};
    c_.curve(lower);
    c_.close();
}

void Painter::eye(const EyeGeometry& e) {
    if (look_.shaded()) return lit_eye(e);
    const bool cel = styled(DrawingStyle::cel);
    {
        eye_path(e);
        c_.fill({cel ? rgb(0xFDFBFC) : rgb(0xF6F2EE)});
        eye_path(e);
        const Canvas::Clip inside(c_);
        iris(e);
        // The upper lid's shadow on the ball.
        const Vec2 down = rig_.head.up() * -px(0.045f);
        std::array<Vec2, 5> low;
        for (std::size_t i = 0; i < 5; ++i) low[i] = e.contour[i] + down;
        c_.curve(std::span(e.contour).first<5>());
        for (std::size_t i = 5; i-- > 0;) c_.line(low[i]);
        c_.close();
        c_.fill({rgb(0x3A3550), cel ? 0.35f : 0.25f});
    }
    const Colour lash = mix(look_.brows.colour, rgb(0x17121A), 0.75f);
    const float weight = px(cel ? 0.085f : 0.030f + 0.030f * look_.eyes.lash);
    std::array<float, 5> widths{weight * 0.85f, weight * 1.0f, weight * 0.9f, weight * 0.6f, weight * 0.25f};  // outer to inner
    std::array<Vec2, 5> upper;
    std::copy_n(e.contour.begin(), 5, upper.begin());
    if (e.side > 0) std::reverse(widths.begin(), widths.end());
    c_.ribbon(upper, widths);
    c_.fill({lash});
    const std::array<Vec2, 5> lower{e.contour[4], e.contour[5], e.contour[6], e.contour[7], e.contour[0]};
    const float thin = px(0.018f);
    const std::array<float, 5> lower_widths{thin * 0.4f, thin, thin, thin, thin * 0.4f};
    c_.ribbon(lower, lower_widths);
    c_.fill({line_ > 0 ? lash : look_.skin.deep, 0.8f});
    const float fold = px(0.02f + 0.012f * look_.eyes.crease);
    const std::array<float, 5> crease_widths{0, fold, fold, fold, 0};
    c_.ribbon(e.crease, crease_widths);
    c_.fill({line_ > 0 ? line_of(look_.skin.base) : look_.skin.deep, 0.35f + 0.4f * look_.eyes.crease});
}

void Painter::lit_eye(const EyeGeometry& e) {
    const Vec2 up = rig_.head.up();
    const std::array<Vec2, 5> lower{e.contour[4], e.contour[5], e.contour[6], e.contour[7], e.contour[0]};
    std::array<Vec2, 5> upper;
    std::copy_n(e.contour.begin(), 5, upper.begin());
    // The fold above the lid, and the shade it throws.
    const float fold = px(0.030f);
    const std::array<float, 5> crease_widths{0, fold, fold * 1.2f, fold, 0};
    soft_ribbon(e.crease, crease_widths, {look_.skin.deep, 0.30f + 0.30f * look_.eyes.crease});
    {
        eye_path(e);
        const float dim = 0.90f - 0.10f * (1 - luma(look_.skin.base));
        const Vec2 right = e.contour[4], left = e.contour[0], middle = mix(left, right, 0.5f);
        const Colour white = scaled(rgb(0xF1EAE4), dim), corner = mix(scaled(rgb(0xC9A79C), dim), look_.skin.shade, 0.3f);
        c_.fill_keep({white});
        const Canvas::Clip inside(c_);
        for (const Vec2& end : {left, right}) c_.glow(mix(end, middle, 0.08f), length(right - left) * 0.34f, {corner, 0.75f});
        lit_iris(e);
        // The upper lid's shadow on the ball; the wet edge of the lower lid.
        const std::array<float, 5> shade_widths{px(0.06f), px(0.09f), px(0.10f), px(0.09f), px(0.06f)};
        soft_ribbon(upper, shade_widths, {rgb(0x2A1E20), 0.55f});
        const std::array<float, 5> wet{px(0.01f), px(0.022f), px(0.022f), px(0.022f), px(0.01f)};
        c_.ribbon(lower, wet);
        c_.fill({mix(look_.skin.light, rgb(0xE6A9A0), 0.5f), 0.65f});
    }
    const float rim = px(0.020f);
    const std::array<float, 5> lower_widths{rim * 0.6f, rim, rim, rim, rim * 0.6f};
    soft_ribbon(lower, lower_widths, {look_.skin.deep, 0.50f});
    const Colour lash = mix(look_.brows.colour, rgb(0x17110F), 0.8f);
    const float weight = px(0.022f + 0.026f * look_.eyes.lash);
    std::array<float, 5> widths{weight * 0.8f, weight, weight * 0.95f, weight * 0.7f, weight * 0.3f};  // outer to inner
    if (e.side > 0) std::reverse(widths.begin(), widths.end());
    c_.ribbon(upper, widths);
    c_.fill({lash, 0.92f});
    lashes(e);
    // Light along the lower lid.
    std::array<Vec2, 3> pouch{lower[1] - up * px(0.045f), lower[2] - up * px(0.055f), lower[3] - up * px(0.045f)};
    const std::array<float, 3> pouch_widths{0, px(0.03f), 0};
    soft_ribbon(pouch, pouch_widths, {look_.skin.light, 0.30f});
}

void Painter::lashes(const EyeGeometry& e) {
    const Colour lash = mix(look_.brows.colour, rgb(0x17110F), 0.8f);
    std::array<Vec2, 5> upper;
    std::copy_n(e.contour.begin(), 5, upper.begin());
    const std::vector<Vec2> line = smooth_points(upper, 9);
    const Vec2 up = rig_.head.up(), outwards = unit(e.contour[4] - e.contour[0]) * e.side;
    const float size = px(0.018f + 0.056f * look_.eyes.lash);
    // Open lids lift the lashes, shut ones let them hang.
    const float lift = mix(-0.7f, 1.0f, smooth_step(0.05f, 0.75f, e.aperture));
    Random r(look_.seed ^ 0x1A54);
    const Vec2 margin{px(0.2f), px(0.2f)};
    StrandLayer layer(c_, Vec2{std::min(e.contour[0].x, e.contour[4].x), std::min(e.contour[2].y, e.contour[0].y)} - margin,
                      Vec2{std::max(e.contour[0].x, e.contour[4].x), std::max(e.contour[6].y, e.contour[4].y)} + margin);
    for (std::size_t i = 2; i + 1 < line.size(); ++i) {
        const float t = static_cast<float>(i) / static_cast<float>(line.size() - 1), out = e.side > 0 ? t : 1 - t;
        const float reach = size * (0.45f + 0.55f * out) * r.range(0.6f, 1.1f);
        const Vec2 lean = outwards * (reach * ((out - 0.30f) * 1.1f + r.range(-0.12f, 0.12f)));
        const Vec2 tip = line[i] + up * (reach * lift) + lean, bend = line[i] + up * (reach * lift * 0.35f) + lean * 0.8f;
        layer.hair(line[i], bend, bend, tip, {lash, 0.62f}, std::max(px(0.009f), 0.6f));
    }
    layer.paint(c_);
}

void Painter::lit_iris(const EyeGeometry& e) {
    const Colour base = saturated(look_.eyes.colour, 0.9f), dark = scaled(base, 0.30f);
    const float radius = length(e.iris_right);
    c_.ellipse(e.iris, e.iris_right * 1.04f, e.iris_down * 1.04f);
    c_.fill({dark, 0.45f});
    c_.ellipse(e.iris, e.iris_right * 0.97f, e.iris_down * 0.97f);
    c_.fill_radial(e.iris, radius, {{0, {scaled(base, 0.75f)}}, {0.45f, {light_of(base, 0.12f)}}, {0.78f, {base}}, {1, {dark}}});
    Random r(look_.seed ^ 0x1815);
    if (radius > 4)
        for (int i = 0; i < 26; ++i) {  // spokes, where there is room to see them
            const float a = 2 * kPi * static_cast<float>(i) / 26 + r.range(-0.08f, 0.08f), from = r.range(0.42f, 0.5f), to = r.range(0.70f, 0.92f);
            auto at = [&](float k) { return e.iris + e.iris_right * (std::cos(a) * k) + e.iris_down * (std::sin(a) * k); };
            c_.move(at(from));
            c_.line(at(to));
            c_.stroke({i % 2 == 0 ? light_of(base, 0.35f) : dark, 0.35f}, std::max(radius * 0.05f, 0.5f));
        }
    c_.ellipse(e.iris, e.iris_right * 0.42f, e.iris_down * 0.42f);
    c_.fill({rgb(0x0B090A)});
    const float side = materials_.light.key.x;
    const Vec2 catchlight = e.iris + e.iris_right * (side * 0.42f) - e.iris_down * 0.36f;
    c_.ellipse(catchlight, e.iris_right * 0.19f, e.iris_down * 0.20f);
    c_.fill({{1, 1, 1}, 0.90f});
    c_.glow(e.iris - e.iris_right * (side * 0.25f) + e.iris_down * 0.55f, radius * 0.5f, {light_of(base, 0.55f), 0.45f});
}

void Painter::iris(const EyeGeometry& e) {
    const Colour base = look_.eyes.colour;
    const Colour dark = scaled(base, 0.45f);
    c_.ellipse(e.iris, e.iris_right, e.iris_down);
    c_.fill({dark});
    c_.ellipse(e.iris, e.iris_right * 0.86f, e.iris_down * 0.86f);
    c_.fill_linear(e.iris - e.iris_down, e.iris + e.iris_down, {{0, {scaled(base, 0.6f)}}, {1, {light_of(base, 0.3f)}}});
    c_.ellipse(e.iris, e.iris_right * 0.44f, e.iris_down * 0.44f);
    c_.fill({rgb(0x100D12)});
    const Vec2 light = e.iris - e.iris_right * 0.34f - e.iris_down * 0.38f;
    c_.ellipse(light, e.iris_right * 0.26f, e.iris_down * 0.26f);
    c_.fill({{1, 1, 1}, 0.95f});
}

}  // namespace mirrorme::performers

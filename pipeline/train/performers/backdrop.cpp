#include "train/performers/backdrop.h"

#include <cstring>

#include "train/performers/light.h"
#include "train/performers/random.h"

namespace mirrorme::performers {
namespace {

/// One scene on a canvas of its own; coordinates in shares of width and height.
class Scene {
public:
    Scene(const BackdropLook& look, Canvas& canvas)
        : look_(look), c_(canvas), r_(look.seed), w_(static_cast<float>(canvas.width())), h_(static_cast<float>(canvas.height())) {}

    void draw() {
        switch (look_.kind) {
            case BackdropKind::plain: ground(look_.base, look_.base); break;
            case BackdropKind::gradient: ground(look_.base, look_.second); break;
            case BackdropKind::studio: studio(); break;
            case BackdropKind::room: room(); break;
            case BackdropKind::shelves: shelves(); break;
            case BackdropKind::window: window(); break;
            case BackdropKind::bokeh: bokeh(); break;
            case BackdropKind::outdoors: outdoors(); break;
            case BackdropKind::wall: wall(); break;
        }
    }

private:
    Vec2 at(float x, float y) const { return {x * w_, y * h_}; }
    void box(float x, float y, float width, float height) { cairo_rectangle(c_.context(), x * w_, y * h_, width * w_, height * h_); }
    void ground(Colour top, Colour bottom) {
        box(0, 0, 1, 1);
        c_.fill_linear(at(r_.range(0, 0.4f), 0), at(r_.range(0.4f, 1), 1), {{0, {top}}, {1, {bottom}}});
    }
    void light(float x, float y, float radius, Colour colour, float alpha) { c_.glow(at(x, y), radius * w_, {colour, alpha}); }

    void studio() {
        const Colour grey = mix(look_.base, rgb(0x8A8D93), 0.65f);
        ground(scaled(grey, 0.55f), scaled(grey, 0.40f));
        light(r_.range(0.35f, 0.65f), r_.range(0.25f, 0.45f), 1.0f, light_of(grey, 0.3f), 0.9f);
        if (r_.chance(0.5f)) light(r_.chance(0.5f) ? 0.0f : 1.0f, 0.7f, 0.8f, look_.accent, 0.55f);
    }

    void plant(float x, float y, float size) {
        const Colour leaf = mix(rgb(0x3E6B45), look_.accent, 0.15f);
        box(x - 0.05f * size, y, 0.10f * size, 0.12f * size);
        c_.fill({mix(rgb(0xB5785A), look_.second, 0.3f)});
        for (int i = 0; i < 14; ++i) {
            const float a = r_.range(-1.25f, 1.25f), k = r_.range(0.12f, 0.34f) * size;
            const Vec2 root = at(x, y), tip = at(x + std::sin(a) * k * 1.3f, y - std::cos(a) * k), bend = mix(root, tip, 0.5f) - Vec2{0, 0.05f * size * h_};
            const std::array<Vec2, 3> spine{root, bend, tip};
            const std::array<float, 3> widths{0.01f * w_, 0.055f * size * w_, 0};
            c_.ribbon(spine, widths);
            c_.fill({scaled(leaf, r_.range(0.65f, 1.25f))});
        }
    }

    void picture(float x, float y, float width, float height) {
        box(x, y, width, height);
        c_.fill({rgb(0xEDE8DF)});
        box(x + 0.012f, y + 0.010f, width - 0.024f, height - 0.020f);
        c_.fill_linear(at(x, y), at(x + width, y + height), {{0, {mix(look_.accent, look_.base, r_.unit())}}, {1, {scaled(look_.second, r_.range(0.6f, 1.1f))}}});
    }

    void room() {
        const Colour paint = mix(look_.base, rgb(0xD8D2C8), 0.5f), floor = mix(rgb(0x8A6A4F), look_.second, 0.3f);
        ground(paint, scaled(paint, 0.82f));
        box(0, 0.78f, 1, 0.22f);
        c_.fill({floor});
        if (r_.chance(0.7f)) picture(r_.range(0.04f, 0.2f), r_.range(0.08f, 0.2f), 0.22f, 0.17f);
        if (r_.chance(0.6f)) picture(r_.range(0.68f, 0.76f), r_.range(0.06f, 0.22f), 0.2f, 0.22f);
        // A sofa or a sideboard.
        const Colour sofa = mix(look_.accent, rgb(0x6B6F78), 0.5f);
        const float x = r_.range(-0.1f, 0.25f), y = r_.range(0.56f, 0.66f);
        box(x, y, 0.8f, 0.30f);
        c_.fill_linear(at(0, y), at(0, y + 0.3f), {{0, {sofa}}, {1, {scaled(sofa, 0.6f)}}});
        for (int i = 0; i < 3; ++i) {
            box(x + 0.03f + 0.26f * static_cast<float>(i), y + 0.02f, 0.22f, 0.13f);
            c_.fill({scaled(sofa, 1.12f)});
        }
        const float lamp = r_.chance(0.5f) ? r_.range(0.02f, 0.15f) : r_.range(0.85f, 0.98f);
        light(lamp, 0.33f, 0.55f, rgb(0xFFE2B0), 0.75f);
        c_.move(at(lamp - 0.05f, 0.28f));
        c_.line(at(lamp + 0.05f, 0.28f));
        c_.line(at(lamp + 0.085f, 0.40f));
        c_.line(at(lamp - 0.085f, 0.40f));
        c_.close();
        c_.fill({rgb(0xFFF1D6)});
        box(lamp - 0.006f, 0.40f, 0.012f, 0.4f);
        c_.fill({rgb(0x4B4238)});
        if (r_.chance(0.7f)) plant(lamp < 0.5f ? 0.92f : 0.08f, 0.74f, 1.1f);
    }

    void shelves() {
        const Colour wood = mix(rgb(0x7A5538), look_.second, 0.25f);
        ground(scaled(wood, 0.42f), scaled(wood, 0.34f));
        const int rows = 4 + r_.below(2);
        const float high = 1.0f / static_cast<float>(rows);
        for (int row = 0; row <= rows; ++row) {
            const float y = high * static_cast<float>(row);
            float x = r_.range(-0.03f, 0.01f);
            while (x < 1) {
                if (r_.chance(0.10f)) {
                    x += r_.range(0.05f, 0.14f);
                    continue;
                }
                const float thick = r_.range(0.016f, 0.05f), tall = high * r_.range(0.55f, 0.84f);
                const Colour cover = r_.chance(0.25f) ? look_.accent : hsl(r_.unit(), r_.range(0.1f, 0.5f), r_.range(0.22f, 0.70f));
                box(x, y + high - tall - 0.012f, thick, tall);
                c_.fill_linear(at(x, 0), at(x + thick, 0), {{0, {scaled(cover, 0.75f)}}, {0.4f, {cover}}, {1, {scaled(cover, 0.65f)}}});
                box(x, y + high - tall * 0.8f, thick, 0.012f);
                c_.fill({light_of(cover, 0.4f), 0.6f});
                x += thick + 0.003f;
            }
            box(0, y + high - 0.014f, 1, 0.02f);
            c_.fill({wood});
        }
        box(r_.range(0.2f, 0.8f), 0, 0.02f, 1);
        c_.fill({scaled(wood, 0.9f)});
        light(r_.range(0.0f, 1.0f), 0.1f, 0.9f, rgb(0xFFE9C8), 0.30f);
    }

    void window() {
        const Colour paint = mix(look_.base, rgb(0xC9C4BC), 0.6f);
        ground(scaled(paint, 0.75f), scaled(paint, 0.6f));
        const float x = r_.range(0.02f, 0.5f), width = r_.range(0.36f, 0.6f), y = 0.05f, height = r_.range(0.5f, 0.7f);
        box(x, y, width, height);
        c_.fill_linear(at(0, y), at(0, y + height), {{0, {rgb(0xE6F0FA)}}, {0.6f, {rgb(0xF6F7F2)}}, {1, {rgb(0xBFD3B4)}}});
        for (int i = 0; i < 8; ++i) {
            c_.circle(at(x + width * r_.unit(), y + height * r_.range(0.62f, 1.0f)), w_ * r_.range(0.03f, 0.10f));
        }
        {
            cairo_path_t* trees = cairo_copy_path(c_.context());
            cairo_new_path(c_.context());
            box(x, y, width, height);
            const Canvas::Clip pane(c_);
            cairo_append_path(c_.context(), trees);
            cairo_path_destroy(trees);
            c_.fill({rgb(0x8FB487), 0.8f});
        }
        const Colour frame = rgb(0xF3F0EA);
        for (const float part : {0.0f, 0.5f, 1.0f}) {
            box(x + width * part - 0.012f, y, 0.024f, height);
            c_.fill({frame});
        }
        for (const float part : {0.0f, 0.45f, 1.0f}) {
            box(x, y + height * part - 0.008f, width, 0.016f);
            c_.fill({frame});
        }
        const Colour cloth = mix(look_.accent, rgb(0xE9E4DA), 0.6f);
        for (int side = 0; side < 2; ++side)
            for (int i = 0; i < 6; ++i) {
                const float fold = (side == 0 ? x - 0.16f : x + width - 0.02f) + 0.03f * static_cast<float>(i);
                box(fold, 0, 0.032f, 0.86f);
                c_.fill_linear(at(fold, 0), at(fold + 0.032f, 0), {{0, {scaled(cloth, 0.72f)}}, {0.5f, {cloth}}, {1, {scaled(cloth, 0.78f)}}});
            }
        light(x + width / 2, y + height / 2, 0.8f, rgb(0xFFFDF4), 0.55f);
        if (r_.chance(0.6f)) plant(x < 0.25f ? 0.88f : 0.10f, 0.82f, 1.2f);
    }

    void bokeh() {
        ground(scaled(look_.base, 0.35f), scaled(look_.second, 0.22f));
        for (int i = 0; i < 34; ++i) {
            const Colour c = r_.chance(0.5f) ? rgb(0xFFD9A0) : r_.chance(0.5f) ? look_.accent : light_of(look_.base, 0.4f);
            const float radius = r_.range(0.02f, 0.085f) * w_;
            const Vec2 p = at(r_.unit(), r_.range(0, 0.9f));
            c_.circle(p, radius);
            c_.fill_radial(p, radius, {{0, {c, 0.30f}}, {0.82f, {c, 0.38f}}, {0.92f, {c, 0.5f}}, {1, {c, 0}}});
        }
    }

    void outdoors() {
        const Colour sky = mix(rgb(0x9CC4E8), look_.base, 0.25f);
        const float horizon = r_.range(0.42f, 0.62f);
        box(0, 0, 1, 1);
        c_.fill_linear(at(0, 0), at(0, horizon), {{0, {sky}}, {1, {light_of(sky, 0.6f)}}});
        if (r_.chance(0.5f)) {  // houses
            float x = -0.05f;
            while (x < 1) {
                const float wide = r_.range(0.10f, 0.26f), tall = r_.range(0.12f, 0.38f);
                const Colour house = mix(hsl(r_.unit(), 0.15f, r_.range(0.4f, 0.75f)), look_.second, 0.3f);
                box(x, horizon - tall, wide, tall + 0.1f);
                c_.fill({house});
                for (float v = horizon - tall + 0.03f; v < horizon - 0.02f; v += 0.06f)
                    for (float u = x + 0.02f; u < x + wide - 0.03f; u += 0.05f) {
                        box(u, v, 0.022f, 0.032f);
                        c_.fill({r_.chance(0.3f) ? rgb(0xF5DFA4) : scaled(house, 0.6f)});
                    }
                x += wide + r_.range(0, 0.03f);
            }
        } else {  // hills and trees
            const std::array<Vec2, 5> hill{at(-0.1f, horizon), at(0.2f, horizon - r_.range(0.05f, 0.16f)), at(0.5f, horizon - r_.range(0, 0.06f)), at(0.8f, horizon - r_.range(0.06f, 0.16f)), at(1.1f, horizon)};
            c_.curve(hill);
            c_.line(at(1.1f, 1));
            c_.line(at(-0.1f, 1));
            c_.close();
            c_.fill({rgb(0x8FB5A0)});
            for (int i = 0; i < 44; ++i) {
                c_.circle(at(r_.range(-0.05f, 1.05f), horizon + r_.range(-0.16f, 0.05f)), w_ * r_.range(0.04f, 0.10f));
                c_.fill({scaled(rgb(0x5B8A4E), r_.range(0.65f, 1.25f)), 0.9f});
            }
        }
        box(0, horizon, 1, 1 - horizon);
        c_.fill_linear(at(0, horizon), at(0, 1), {{0, {mix(rgb(0x86A866), look_.second, 0.2f)}}, {1, {rgb(0x55733F)}}});
        light(r_.chance(0.5f) ? 0.1f : 0.9f, 0.05f, 0.8f, rgb(0xFFF6DC), 0.7f);
    }

    void wall() {
        const Colour plaster = mix(look_.base, rgb(0xB8ADA2), 0.4f);
        ground(plaster, scaled(plaster, 0.78f));
        if (r_.chance(0.5f)) {  // bricks
            const float high = 0.035f, wide = 0.13f;
            for (int row = 0; row * high < 1; ++row)
                for (int i = -1; i * wide < 1; ++i) {
                    const float x = wide * (static_cast<float>(i) + (row % 2 == 0 ? 0.0f : 0.5f)), y = high * static_cast<float>(row);
                    box(x + 0.004f, y + 0.003f, wide - 0.008f, high - 0.006f);
                    c_.fill({scaled(mix(plaster, rgb(0x9A5B45), 0.55f), r_.range(0.82f, 1.12f))});
                }
        } else {
            for (int i = 1; i < 5; ++i) {
                box(0.2f * static_cast<float>(i), 0, 0.004f, 1);
                c_.fill({scaled(plaster, 0.7f)});
            }
        }
        light(r_.range(0.1f, 0.9f), r_.range(0.0f, 0.4f), 0.9f, light_of(look_.accent, 0.6f), 0.35f);
    }

    const BackdropLook& look_;
    Canvas& c_;
    Random r_;
    float w_, h_;
};

/// One box blur along rows (step 1) or columns (step = stride) of a plane set, clamped at the ends.
void box_blur(std::vector<std::uint8_t>& pixels, int lines, int length, std::ptrdiff_t line_step, std::ptrdiff_t step, int radius) {
    std::vector<int> prefix(static_cast<std::size_t>(length) + 1);
    for (int line = 0; line < lines; ++line)
        for (int channel = 0; channel < 4; ++channel) {
            std::uint8_t* at = pixels.data() + line * line_step + channel;
            for (int i = 0; i < length; ++i) prefix[static_cast<std::size_t>(i) + 1] = prefix[static_cast<std::size_t>(i)] + at[i * step];
            for (int i = 0; i < length; ++i) {
                const int low = std::max(i - radius, 0), high = std::min(i + radius + 1, length);
                at[i * step] = static_cast<std::uint8_t>((prefix[static_cast<std::size_t>(high)] - prefix[static_cast<std::size_t>(low)]) / (high - low));
            }
        }
}

void blur(Canvas& canvas, int radius) {
    cairo_surface_flush(canvas.surface());
    const int w = canvas.width(), h = canvas.height(), stride = cairo_image_surface_get_stride(canvas.surface());
    unsigned char* data = cairo_image_surface_get_data(canvas.surface());
    std::vector<std::uint8_t> pixels(data, data + static_cast<std::ptrdiff_t>(stride) * h);
    for (int pass = 0; pass < 2; ++pass) {
        box_blur(pixels, h, w, stride, 4, radius);
        box_blur(pixels, w, h, 4, stride, radius);
    }
    std::memcpy(data, pixels.data(), pixels.size());
    cairo_surface_mark_dirty(canvas.surface());
}

}  // namespace

Surface draw_backdrop(const CharacterLook& look, int width, int height) {
    // Out-of-focus scenes are drawn at half size: nothing finer is left after the blur.
    const bool soft = look.shaded() && look.backdrop.kind != BackdropKind::plain && look.backdrop.kind != BackdropKind::gradient;
    const int scale = soft ? 2 : 1;
    Canvas scene((width + scale - 1) / scale, (height + scale - 1) / scale);
    Scene(look.backdrop, scene).draw();
    Random r(look.backdrop.seed ^ 31);
    if (soft) blur(scene, std::max(1, static_cast<int>(static_cast<float>(scene.width()) * r.range(0.006f, 0.024f))));
    Canvas frame(width, height);
    cairo_scale(frame.context(), scale, scale);
    cairo_set_source_surface(frame.context(), scene.surface(), 0, 0);
    cairo_pattern_set_extend(cairo_get_source(frame.context()), CAIRO_EXTEND_PAD);
    cairo_paint(frame.context());
    cairo_surface_flush(frame.surface());
    return Surface(cairo_surface_reference(frame.surface()));
}

}  // namespace mirrorme::performers

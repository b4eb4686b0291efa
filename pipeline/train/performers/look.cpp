#include "train/performers/look.h"

#include <array>

#include "train/performers/random.h"

namespace mirrorme::performers {
namespace {

constexpr std::array<unsigned, 11> kSkinTones{0xFFE3D3, 0xFAD4BC, 0xF1C3A4, 0xE6B08C, 0xD59A74, 0xBD7F59, 0xA06646, 0x845038, 0x744A36, 0x633D2D, 0x543428};
constexpr std::array<unsigned, 9> kNaturalHair{0x1C191C, 0x2B1E1A, 0x43291D, 0x5F3D27, 0x86592F, 0xB98A4E, 0xDDBF86, 0xA64B25, 0x6E2A1C};
constexpr std::array<unsigned, 12> kFantasyHair{0x3B5BA9, 0x7A4FB0, 0xD7609A, 0x2C8C8A, 0xC8323F, 0xE8A0B8, 0x8FB8E8, 0x54A868, 0xE7E2EE, 0xF0CE6A, 0xE0713C, 0x36406E};
constexpr std::array<unsigned, 8> kIrises{0x4A2E1E, 0x6B4426, 0x8A6236, 0x5E7348, 0x4C7A9C, 0x6E93AE, 0x3E6A5E, 0x7A7F86};
constexpr std::array<unsigned, 6> kFantasyIrises{0x7B4FC0, 0xC23B5A, 0xE09A2B, 0x2FA39A, 0x3E6FD0, 0x4FAE57};
constexpr std::array<unsigned, 20> kCloth{0x2E3A52, 0x8C2F39, 0xE3E0D8, 0x35574B, 0xC98B3D, 0x6F86A8, 0x40404A, 0xD46A4E, 0x4D7C86, 0xA9466A,
                                          0xF0EEE9, 0x24262E, 0x7D6AA6, 0xB9C4A0, 0xE6B7A9, 0x1F4E79, 0x9C5B36, 0x5B8C5A, 0xD9CBB2, 0x70303C};

Colour skin_tone(float position) {
    const float at = clamp01(position) * (kSkinTones.size() - 1.001f);
    const auto i = static_cast<std::size_t>(at);
    return mix(rgb(kSkinTones[i]), rgb(kSkinTones[i + 1]), at - static_cast<float>(i));
}

SkinLook make_skin(Random r, DrawingStyle style) {
    SkinLook skin;
    const float first = r.unit(), second = r.unit();
    const float tone = style == DrawingStyle::cel ? first * mix(1.0f, second, 0.6f) : first;
    skin.base = skin_tone(tone);
    skin.base = clamped({skin.base.r + r.range(-.012f, .012f), skin.base.g + r.range(-.015f, .015f), skin.base.b + r.range(-.03f, .015f)});
    if (style == DrawingStyle::painted || style == DrawingStyle::photo) skin.base = saturated(scaled(skin.base, 0.93f), 1.12f);
    const float dark = 1 - luma(skin.base);
    skin.shade = shadow_of(skin.base, 0.22f + 0.1f * dark);
    skin.deep = shadow_of(skin.base, 0.44f + 0.1f * dark);
    skin.light = light_of(skin.base, 0.34f - 0.12f * dark);
    skin.blush = mix(skin.base, {skin.base.r * 0.98f, skin.base.g * 0.50f, skin.base.b * 0.52f}, 0.7f);
    skin.blush_amount = r.chance(0.5f) ? r.range(0.15f, 0.6f) : r.range(0, 0.15f);
    skin.freckles = r.chance(0.18f) ? r.range(0.3f, 1.0f) : 0;
    return skin;
}

FaceShape make_face(Random r, bool feminine, DrawingStyle style) {
    FaceShape f;
    f.age = r.chance(0.25f) ? r.range(0.55f, 1.0f) : r.range(0.05f, 0.5f);
    f.forehead = r.around(0.88f, 0.97f);
    f.jaw = feminine ? r.around(0.68f, 0.82f) : r.around(0.76f, 0.93f);
    f.chin = feminine ? r.around(0.24f, 0.36f) : r.around(0.32f, 0.48f);
    f.chin_y = r.around(1.22f, 1.42f);
    f.jaw_y = r.around(0.70f, 0.84f);
    f.top = r.around(-1.44f, -1.32f);
    f.depth = r.around(0.94f, 1.06f);
    if (style == DrawingStyle::cel) {
        f.age *= 0.3f;
        f.jaw = mix(f.jaw, 0.70f, 0.6f);
        f.chin = mix(f.chin, 0.20f, 0.75f);
        f.chin_y = mix(f.chin_y, 1.22f, 0.7f);
        f.jaw_y = mix(f.jaw_y, 0.70f, 0.7f);
    } else if (style == DrawingStyle::flat || style == DrawingStyle::outlined) {
        f.chin_y -= 0.04f;
    }
    return f;
}

EyeLook make_eyes(Random r, bool feminine, DrawingStyle style) {
    EyeLook e;
    e.x = r.around(0.41f, 0.46f);
    e.tilt = r.around(-0.02f, 0.06f);
    e.skew = r.around(-0.08f, 0.14f);
    e.lash = feminine ? r.range(0.55f, 1.0f) : r.range(0.1f, 0.4f);
    e.crease = r.range(0.2f, 1.0f);
    const bool fantasy = style == DrawingStyle::cel ? r.chance(0.6f) : (style != DrawingStyle::photo && r.chance(0.08f));
    e.colour = fantasy ? rgb(kFantasyIrises[static_cast<std::size_t>(r.below(6))]) : rgb(kIrises[static_cast<std::size_t>(r.below(8))]);
    const float size = r.around(0.92f, 1.08f), open = r.around(0.82f, 1.16f);
    switch (style) {
        case DrawingStyle::cel:
            e.half_width = 0.285f * size;
            e.upper = 0.235f * open;
            e.lower = 0.165f * open;
            e.iris = 0.185f * size;
            e.iris_tall = 1.28f;
            e.x = mix(e.x, 0.465f, 0.7f);
            break;
        case DrawingStyle::flat:
        case DrawingStyle::outlined:
            e.half_width = 0.225f * size;
            e.upper = 0.150f * open;
            e.lower = 0.100f * open;
            e.iris = 0.118f * size;
            break;
        case DrawingStyle::painted:
            e.half_width = 0.225f * size;
            e.upper = 0.120f * open;
            e.lower = 0.078f * open;
            e.iris = 0.104f * size;
            break;
        case DrawingStyle::photo:
            e.half_width = 0.215f * size;
            e.upper = 0.098f * open;
            e.lower = 0.066f * open;
            e.iris = 0.093f * size;
            break;
    }
    e.make_up = feminine && r.chance(0.5f) ? r.range(0.2f, 0.8f) : 0;
    e.shadow = hsl(r.unit(), 0.35f, 0.45f);
    return e;
}

HairKind pick_hair(Random& r, bool feminine) {
    using enum HairKind;
    if (feminine) {
        constexpr std::array kinds{bob, long_straight, long_wavy, bun, ponytail, curly, braids, twin_tails, short_messy, afro};
        return kinds[static_cast<std::size_t>(r.weighted({2, 2.4f, 2.2f, 1.4f, 1.6f, 1.3f, 1, .8f, .7f, .6f}))];
    }
    constexpr std::array kinds{short_side, short_messy, buzz, bald, curly, afro, long_straight, bun, spiky};
    return kinds[static_cast<std::size_t>(r.weighted({3, 2.6f, 1, .9f, 1, .7f, .6f, .3f, .5f}))];
}

HairLook make_hair(Random r, bool feminine, float age, DrawingStyle style) {
    HairLook h;
    h.kind = pick_hair(r, feminine);
    if (style == DrawingStyle::cel) {
        if (h.kind == HairKind::bald || h.kind == HairKind::buzz || (!feminine && r.chance(0.5f))) h.kind = HairKind::spiky;
        if (feminine && r.chance(0.25f)) h.kind = HairKind::twin_tails;
    }
    h.volume = r.around(0.13f, 0.22f);
    if (h.kind == HairKind::curly) h.volume = r.around(0.20f, 0.30f);
    if (h.kind == HairKind::afro) h.volume = r.around(0.36f, 0.56f);
    if (h.kind == HairKind::buzz) h.volume = 0.045f;
    h.hairline = r.around(-0.96f, -0.80f) - (feminine ? 0 : 0.10f * age);
    h.length = r.range(0.35f, 1.0f);
    h.part = r.chance(0.4f) ? 0 : r.range(-0.35f, 0.35f);
    h.fringe = style == DrawingStyle::cel ? r.range(0.75f, 1.0f) : (r.chance(feminine ? 0.4f : 0.25f) ? r.range(0.5f, 1.0f) : 0);
    const float fantasy = style == DrawingStyle::cel ? 0.55f : (style == DrawingStyle::photo ? 0.03f : 0.12f);
    const auto any = [&](const auto& list) { return rgb(list[static_cast<std::size_t>(r.below(static_cast<int>(list.size())))]); };
    h.base = r.chance(fantasy) ? any(kFantasyHair) : any(kNaturalHair);
    if (age > 0.62f) h.base = mix(h.base, rgb(0xB9B7B8), clamp01((age - 0.5f) * 1.9f));
    if (style == DrawingStyle::photo) h.base = saturated(scaled(h.base, 0.86f), 0.85f);
    h.shade = shadow_of(h.base, 0.38f);
    h.light = clamped(mix(h.base, mix(Colour{1, 1, 1}, saturated(scaled(h.base, 1.5f), 1.2f), 0.6f), luma(h.base) < 0.2f ? 0.24f : 0.42f));
    h.seed = r.bits();
    return h;
}

ClothesLook make_clothes(Random r, bool feminine) {
    using enum ClothesKind;
    ClothesLook c;
    constexpr std::array hers{tee, hoodie, blouse, turtleneck, vest_top, dress, suit, shirt};
    constexpr std::array his{tee, hoodie, suit, shirt, turtleneck, vest_top};
    c.kind = feminine ? hers[static_cast<std::size_t>(r.weighted({2.2f, 2, 2, 1.2f, 1, 1.2f, .9f, 1}))]
                      : his[static_cast<std::size_t>(r.weighted({3, 2.4f, 2, 2, 1, .5f}))];
    const auto any = [&] { return rgb(kCloth[static_cast<std::size_t>(r.below(static_cast<int>(kCloth.size())))]); };
    c.base = any();
    if (c.kind == suit) c.base = scaled(mix(c.base, rgb(0x2A2F3C), 0.7f), 1.0f);
    c.second = any();
    if (std::abs(luma(c.second) - luma(c.base)) < 0.2f) c.second = luma(c.base) > 0.5f ? rgb(0x31384A) : rgb(0xECE7DE);
    c.shade = shadow_of(c.base, 0.26f);
    c.light = light_of(c.base, 0.2f);
    switch (c.kind) {
        case tee: c.sleeve = r.range(0.26f, 0.36f); break;
        case vest_top: c.sleeve = 0; break;
        case dress: c.sleeve = r.chance(0.5f) ? r.range(0.14f, 0.3f) : 0; break;
        case blouse: c.sleeve = r.chance(0.4f) ? r.range(0.25f, 0.7f) : 1; break;
        case shirt: c.sleeve = r.chance(0.4f) ? 0.62f : 1; break;
        default: c.sleeve = 1;
    }
    c.pattern = (c.kind == tee || c.kind == turtleneck || c.kind == hoodie) ? r.weighted({4, 1.4f, 1.4f, 1}) : 0;
    c.necklace = feminine && c.kind != turtleneck && c.kind != hoodie && r.chance(0.35f);
    c.metal = r.chance(0.5f) ? rgb(0xD8B25C) : rgb(0xC9CDD4);
    return c;
}

BodyShape make_body(Random r, bool feminine, DrawingStyle style) {
    BodyShape b;
    b.feminine = feminine;
    b.shoulder = feminine ? r.around(1.36f, 1.60f) : r.around(1.62f, 1.92f);
    b.shoulder_y = r.around(2.36f, 2.58f);
    b.neck = feminine ? r.around(0.40f, 0.49f) : r.around(0.50f, 0.64f);
    b.chest = b.shoulder * (feminine ? 0.86f : 0.90f);
    b.waist = b.shoulder * (feminine ? r.around(0.66f, 0.82f) : r.around(0.80f, 0.94f));
    b.hip = feminine ? std::max(b.waist * 1.18f, b.shoulder * 0.92f) : b.waist * 1.05f;
    b.arm = feminine ? r.around(0.29f, 0.36f) : r.around(0.36f, 0.45f);
    b.hand = feminine ? r.around(0.90f, 1.0f) : r.around(1.0f, 1.12f);
    if (style == DrawingStyle::cel) {
        b.shoulder *= 0.92f;
        b.chest *= 0.92f;
        b.waist *= 0.90f;
        b.arm *= 0.86f;
        b.neck *= 0.84f;
    }
    return b;
}

Extras make_extras(Random r, const CharacterLook& look) {
    Extras x;
    const bool feminine = look.body.feminine;
    const auto any = [&] { return rgb(kCloth[static_cast<std::size_t>(r.below(static_cast<int>(kCloth.size())))]); };
    const bool tall_hair = look.hair.kind == HairKind::afro || look.hair.kind == HairKind::spiky || look.hair.kind == HairKind::bun ||
                           look.hair.kind == HairKind::twin_tails;
    if (!tall_hair && r.chance(0.12f)) x.hat = r.chance(0.5f) ? HatKind::beanie : HatKind::cap;
    if (x.hat == HatKind::none && r.chance(0.16f)) x.headset = true;
    if (r.chance(0.24f + 0.2f * look.face.age)) x.glasses = static_cast<GlassesKind>(1 + r.below(3));
    if (!feminine && look.style != DrawingStyle::cel && r.chance(0.5f)) x.beard = static_cast<BeardKind>(1 + r.below(5));
    x.earrings = feminine && r.chance(0.4f);
    x.hat_colour = any();
    x.hat_second = any();
    x.frame = r.chance(0.6f) ? scaled(any(), 0.4f) : any();
    x.headset_colour = r.chance(0.6f) ? rgb(0x2A2C33) : any();
    x.beard_colour = mix(look.hair.base, rgb(0x3A2A20), 0.25f);
    x.painted_nails = feminine && r.chance(0.4f);
    x.nails = x.painted_nails ? hsl(r.range(-0.08f, 0.04f), 0.6f, r.range(0.3f, 0.6f)) : mix(look.skin.light, look.skin.blush, 0.4f);
    return x;
}

BackdropLook make_backdrop(Random r, DrawingStyle style) {
    BackdropLook b;
    using enum BackdropKind;
    constexpr std::array drawn{plain, gradient, room, bokeh, outdoors, shelves, window, wall, studio};
    constexpr std::array real{room, shelves, window, bokeh, wall, studio, outdoors, gradient};
    b.kind = style == DrawingStyle::photo ? real[static_cast<std::size_t>(r.weighted({2, 2, 1.5f, 1.5f, 1.5f, 1.3f, 1.5f, .7f}))]
                                          : drawn[static_cast<std::size_t>(r.weighted({2.2f, 2, 1.5f, 1, 1.2f, 1, 1, 1, .7f}))];
    const float hue = r.unit(), s = r.range(0.12f, 0.5f), l = r.range(0.35f, 0.85f);
    b.base = hsl(hue, s, l);
    b.second = hsl(hue + r.range(-0.12f, 0.12f), s * r.range(0.6f, 1.2f), clamp01(l + r.range(-0.28f, 0.18f)));
    b.accent = hsl(hue + r.range(0.3f, 0.6f), r.range(0.3f, 0.7f), r.range(0.4f, 0.7f));
    b.seed = r.bits();
    return b;
}

}  // namespace

float CharacterLook::line() const {
    switch (style) {
        case DrawingStyle::outlined: return 0.050f;
        case DrawingStyle::cel: return 0.034f;
        default: return 0;
    }
}

bool CharacterLook::covers_ears() const {
    using enum HairKind;
    if (extras.headset) return true;
    switch (hair.kind) {
        case bob: case long_straight: case long_wavy: case afro: return true;
        case curly: return body.feminine;
        default: return false;
    }
}

CharacterLook make_look(std::uint64_t seed, DrawingStyle style) {
    const Random root(seed * 0x2545F4914F6CDD1Du + 11);
    Random r = root.fork(1);
    CharacterLook look;
    look.seed = seed;
    look.style = style;
    look.body.feminine = r.chance(0.52f);
    const bool feminine = look.body.feminine;
    look.skin = make_skin(root.fork(2), style);
    look.face = make_face(root.fork(3), feminine, style);
    look.eyes = make_eyes(root.fork(4), feminine, style);
    look.hair = make_hair(root.fork(5), feminine, look.face.age, style);
    look.clothes = make_clothes(root.fork(6), feminine);
    look.body = make_body(root.fork(7), feminine, style);
    look.extras = make_extras(root.fork(8), look);
    look.backdrop = make_backdrop(root.fork(9), style);

    Random f = root.fork(10);
    const bool big_eyes = style == DrawingStyle::cel;
    look.brows.y = -look.eyes.upper - f.around(0.13f, 0.20f);
    look.brows.half_length = look.eyes.half_width * f.around(1.08f, 1.26f);
    look.brows.arch = f.around(0.03f, 0.09f);
    look.brows.thickness = (feminine ? f.around(0.026f, 0.045f) : f.around(0.042f, 0.068f)) * (big_eyes ? 0.7f : 1);
    look.brows.tilt = f.around(-0.03f, 0.04f);
    look.brows.colour = mix(look.hair.base, shadow_of(look.skin.deep, 0.3f), luma(look.hair.base) > 0.45f ? 0.5f : 0.12f);
    look.nose.y = f.around(0.44f, 0.56f);
    look.nose.half_width = (feminine ? f.around(0.15f, 0.21f) : f.around(0.18f, 0.25f)) * (big_eyes ? 0.5f : 1);
    look.nose.depth = (feminine ? f.around(0.24f, 0.33f) : f.around(0.28f, 0.38f)) * (big_eyes ? 0.8f : 1);
    look.lips.y = mix(look.nose.y, look.face.chin_y, f.around(0.35f, 0.42f));
    look.lips.half_width = f.around(0.33f, 0.41f) * (big_eyes ? 0.72f : 1);
    look.lips.upper = (feminine ? f.around(0.060f, 0.095f) : f.around(0.045f, 0.075f)) * (big_eyes ? 0.4f : 1);
    look.lips.lower = (feminine ? f.around(0.090f, 0.125f) : f.around(0.070f, 0.105f)) * (big_eyes ? 0.45f : 1);
    look.lips.bow = f.range(0.2f, 0.9f);
    look.lips.corner = f.around(0.0f, 0.07f);
    look.lips.gap = f.around(0.40f, 0.50f) * (big_eyes ? 0.88f : 1);
    const Colour natural = mix(look.skin.base, Colour{0.70f * look.skin.base.r + .1f, 0.42f * look.skin.base.g, 0.42f * look.skin.base.b}, feminine ? 0.72f : 0.5f);
    look.lips.colour = feminine && f.chance(0.35f) ? mix(natural, hsl(f.range(-0.06f, 0.03f), 0.65f, 0.42f), f.range(0.3f, 0.8f)) : natural;
    look.lips.gloss = feminine ? f.range(0.2f, 0.9f) : f.range(0, 0.25f);
    return look;
}

DrawingStyle style_of_seed(std::uint64_t seed) {
    Random r(seed * 0x9E3779B97F4A7C15u + 5);
    return static_cast<DrawingStyle>(r.weighted({1.0f, 1.0f, 1.1f, 1.0f, 1.4f}));
}

const char* name_of(HairKind kind) {
    constexpr std::array names{"bald", "buzz cut", "short hair", "messy hair", "spiky hair", "bob", "long hair", "wavy hair", "bun", "ponytail", "curls", "afro", "braids", "twin tails"};
    return names[static_cast<std::size_t>(kind)];
}

const char* name_of(ClothesKind kind) {
    constexpr std::array names{"t-shirt", "hoodie", "suit", "shirt", "blouse", "turtleneck", "vest top", "dress"};
    return names[static_cast<std::size_t>(kind)];
}

}  // namespace mirrorme::performers

namespace mirrorme {

const char* name_of(DrawingStyle style) {
    constexpr std::array names{"flat", "outlined", "cel", "painted", "photo"};
    return names[static_cast<std::size_t>(style)];
}

}  // namespace mirrorme

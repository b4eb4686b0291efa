#include "train/performers/gallery.h"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/files.h"
#include "core/track_io.h"
#include "train/performers/character.h"
#include "train/performers/contact_sheet.h"

namespace mirrorme {

using namespace performers;

namespace {

constexpr int kWidth = 768, kHeight = 1152;

struct Entry {
    const char* name;
    const char* title;
    DrawingStyle style;
    std::uint64_t seed;
    Backdrop backdrop;
    void (*dress)(CharacterLook&);
};

void paint_hair(CharacterLook& look, unsigned colour) {
    HairLook& hair = look.hair;
    hair.base = rgb(colour);
    hair.shade = shadow_of(hair.base, 0.38f);
    hair.light = mix(hair.base, Colour{1, 1, 1}, luma(hair.base) < 0.2f ? 0.22f : 0.40f);
    look.brows.colour = scaled(mix(hair.base, look.skin.deep, luma(hair.base) > 0.5f ? 0.5f : 0.1f), 0.9f);
}

void paint_cloth(ClothesLook& cloth, unsigned base, unsigned second) {
    cloth.base = rgb(base);
    cloth.shade = shadow_of(cloth.base, 0.26f);
    cloth.light = light_of(cloth.base, 0.2f);
    cloth.second = rgb(second);
}

const std::array<Entry, kGalleryCount> kEntries{{
    {"ada", "Ada, flat, with a headset", DrawingStyle::flat, 1203, Backdrop::transparent,
     [](CharacterLook& l) {
         l.hair.kind = HairKind::bob;
         l.hair.fringe = 0;
         l.hair.part = 0.2f;
         paint_hair(l, 0x7A3B2E);
         l.extras = Extras{};
         l.extras.headset = true;
         l.extras.headset_colour = rgb(0x2F3440);
         l.clothes.kind = ClothesKind::hoodie;
         l.clothes.sleeve = 1;
         l.clothes.pattern = 0;
         paint_cloth(l.clothes, 0x3E8E8A, 0xF4EFE6);
     }},
    {"yuki", "Yuki, anime", DrawingStyle::cel, 777, Backdrop::transparent,
     [](CharacterLook& l) {
         l.hair.kind = HairKind::twin_tails;
         l.hair.fringe = 0.9f;
         l.hair.length = 0.8f;
         paint_hair(l, 0x8E86D6);
         l.eyes.colour = rgb(0x4F6FD8);
         l.extras = Extras{};
         l.clothes.kind = ClothesKind::hoodie;
         l.clothes.sleeve = 1;
         l.clothes.pattern = 3;
         paint_cloth(l.clothes, 0xF2EEF4, 0x6A5FB8);
     }},
    {"bruno", "Bruno, painted, with a beard", DrawingStyle::painted, 5, Backdrop::own,
     [](CharacterLook& l) {
         l.hair.kind = HairKind::short_messy;
         l.hair.fringe = 0;
         paint_hair(l, 0x4A2E20);
         l.extras.beard = BeardKind::full;
         l.extras.beard_colour = rgb(0x4E3122);
         l.extras.glasses = GlassesKind::none;
         l.clothes.kind = ClothesKind::shirt;
         l.clothes.sleeve = 1;
         paint_cloth(l.clothes, 0x8C3F3A, 0xE9E2D6);
         l.backdrop.kind = BackdropKind::gradient;
         l.backdrop.base = rgb(0x7B8C86);
         l.backdrop.second = rgb(0x3C4A4E);
     }},
    {"maya", "Maya, photo-like, by a window", DrawingStyle::photo, 2, Backdrop::own,
     [](CharacterLook& l) {
         l.hair.kind = HairKind::long_wavy;
         l.hair.fringe = 0;
         l.hair.part = 0.3f;
         paint_hair(l, 0x3A231A);
         l.extras = Extras{};
         l.eyes.colour = rgb(0x5A3A22);
         l.clothes.kind = ClothesKind::blouse;
         l.clothes.sleeve = 1;
         paint_cloth(l.clothes, 0xE7E1D8, 0xC6A15B);
         l.clothes.necklace = true;
         l.backdrop.kind = BackdropKind::window;
     }},
    {"leon", "Leon, photo-like, in his room", DrawingStyle::photo, 5, Backdrop::own,
     [](CharacterLook& l) {
         l.hair.fringe = 0;
         l.extras = Extras{};
         l.extras.beard = BeardKind::stubble;
         l.clothes.kind = ClothesKind::tee;
         l.clothes.sleeve = 0.32f;
         l.clothes.pattern = 0;
         paint_cloth(l.clothes, 0x39506B, 0x2C3E54);
         l.backdrop.kind = BackdropKind::shelves;
     }},
    {"ingrid", "Ingrid, outlined, with glasses", DrawingStyle::outlined, 13, Backdrop::transparent,
     [](CharacterLook& l) {
         l.face.age = 0.9f;
         l.hair.kind = HairKind::bun;
         l.hair.fringe = 0;
         paint_hair(l, 0xC9C6C8);
         l.extras = Extras{};
         l.extras.glasses = GlassesKind::round;
         l.extras.frame = rgb(0x7A2F3A);
         l.extras.earrings = true;
         l.clothes.kind = ClothesKind::turtleneck;
         l.clothes.pattern = 0;
         paint_cloth(l.clothes, 0x5A6E8C, 0xE9E4DA);
     }},
    {"kofi", "Kofi, outlined, in a beanie", DrawingStyle::outlined, 20, Backdrop::transparent,
     [](CharacterLook& l) {
         l.hair.kind = HairKind::buzz;
         l.hair.fringe = 0;
         paint_hair(l, 0x1F1A1A);
         l.extras = Extras{};
         l.extras.hat = HatKind::beanie;
         l.extras.hat_colour = rgb(0xD9902F);
         l.extras.hat_second = rgb(0xB56F1E);
         l.extras.beard = BeardKind::goatee;
         l.extras.beard_colour = rgb(0x231815);
         l.clothes.kind = ClothesKind::hoodie;
         l.clothes.sleeve = 1;
         l.clothes.pattern = 0;
         paint_cloth(l.clothes, 0x3A4A68, 0xF0EEE9);
     }},
    {"ren", "Ren, anime, at night", DrawingStyle::cel, 101, Backdrop::own,
     [](CharacterLook& l) {
         l.hair.kind = HairKind::spiky;
         l.hair.fringe = 0.85f;
         paint_hair(l, 0x36406E);
         l.eyes.colour = rgb(0x2FA39A);
         l.extras = Extras{};
         l.clothes.kind = ClothesKind::tee;
         l.clothes.sleeve = 0.32f;
         l.clothes.pattern = 2;
         paint_cloth(l.clothes, 0x24262E, 0xE0713C);
         l.backdrop.kind = BackdropKind::bokeh;
         l.backdrop.base = rgb(0x4A5A9C);
         l.backdrop.second = rgb(0x2A2450);
         l.backdrop.accent = rgb(0xE86AA0);
     }},
}};

}  // namespace

GalleryAvatar draw_gallery_avatar(int index) {
    if (index < 0 || index >= kGalleryCount) throw std::out_of_range("gallery avatar " + std::to_string(index));
    const Entry& entry = kEntries[static_cast<std::size_t>(index)];
    CharacterLook look = make_look(entry.seed, entry.style);
    entry.dress(look);
    Character character(look);
    PerformerPose rest;
    rest.mouth.smile = 0.15f;
    const View view{kWidth, kHeight, 0.55f, 0, 0, 0};
    GalleryAvatar avatar;
    avatar.file = std::string(entry.name) + ".png";
    avatar.title = entry.title;
    avatar.style = name_of(entry.style);
    avatar.seed = entry.seed;
    avatar.image = character.draw(rest, view, entry.backdrop);
    avatar.points = character.key_points(rest, view);
    return avatar;
}

void write_gallery(const std::filesystem::path& folder) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (int i = 0; i < kGalleryCount; ++i) {
        const GalleryAvatar avatar = draw_gallery_avatar(i);
        write_sheet(folder / avatar.file, avatar.image);
        KeyPointTrack track = make_track(TrackUnit::pixels, {24, 1});
        track.append(avatar.points);
        write_track(points_sidecar_of(folder / avatar.file), track);
        list.push_back({{"file", avatar.file}, {"title", avatar.title}, {"style", avatar.style}, {"seed", avatar.seed}});
    }
    write_file(folder / "avatars.json", nlohmann::ordered_json{{"schema", "mirrorme.avatars"}, {"version", 1}, {"avatars", list}}.dump(2) + "\n");
}

}  // namespace mirrorme

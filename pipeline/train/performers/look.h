#pragma once
// Who a performer is: every number and colour that a seed decides and no pose changes.
// Lengths are in head units: 1 = half the width of the face at the cheekbones.

#include <cstdint>
#include <string>

#include "train/performers/colour.h"
#include "train/performers/performer.h"

namespace mirrorme::performers {

enum class HairKind { bald, buzz, short_side, short_messy, spiky, bob, long_straight, long_wavy, bun, ponytail, curly, afro, braids, twin_tails };
enum class HatKind { none, beanie, cap };
enum class GlassesKind { none, round, square, half_rim };
enum class BeardKind { none, stubble, short_beard, full, goatee, moustache };
enum class ClothesKind { tee, hoodie, suit, shirt, blouse, turtleneck, vest_top, dress };
enum class BackdropKind { plain, gradient, studio, room, shelves, window, bokeh, outdoors, wall };

struct FaceShape {
    float top = -1.36f;          // y of the skull's top; the eye line is y = 0
    float forehead = 0.93f;      // half width at the brow
    float cheek = 1.0f;          // half width at the cheekbones
    float jaw = 0.80f, jaw_y = 0.78f;
    float chin = 0.34f, chin_y = 1.30f;  // half width just above the chin, y of its tip
    float depth = 1.0f;          // of the whole head
    float age = 0.3f;            // 0 young .. 1 old
};

struct EyeLook {
    float x = 0.43f;             // centre
    float half_width = 0.23f, upper = 0.12f, lower = 0.075f;
    float tilt = 0.03f;          // outer corner higher by this
    float skew = 0.0f;           // peak of the upper lid towards the outer corner
    float iris = 0.105f;         // radius
    float iris_tall = 1.0f;      // height / width
    float lash = 0.5f, crease = 0.5f;  // 0 .. 1
    Colour colour, shadow;       // iris, eye make-up
    float make_up = 0;
};

struct BrowLook {
    float y = -0.30f, half_length = 0.27f, arch = 0.06f, thickness = 0.045f, tilt = 0.0f;
    Colour colour;
};

struct NoseLook {
    float y = 0.50f;             // of the wings
    float half_width = 0.19f, depth = 0.34f, bridge = 0.10f;
};

struct LipsLook {
    float y = 0.82f, half_width = 0.36f, upper = 0.075f, lower = 0.10f;
    float bow = 0.5f;            // depth of the cupid's bow
    float corner = 0.0f;         // resting smile
    float gap = 0.48f;           // widest opening between the lips
    Colour colour;
    float gloss = 0.3f;
};

struct SkinLook {
    Colour base, shade, deep, light, blush;  // shade: one tone down, deep: two
    float freckles = 0;
    float blush_amount = 0.2f;
};

struct HairLook {
    HairKind kind = HairKind::short_side;
    float volume = 0.16f;        // thickness over the skull
    float hairline = -0.86f;     // y at the middle of the forehead
    float length = 1.0f;         // of long hair, 0 .. 1
    float part = 0.0f;           // x of the parting on the skull
    float fringe = 0.0f;         // 0 none .. 1 down to the brows
    Colour base, shade, light;
    std::uint64_t seed = 0;
};

struct ClothesLook {
    ClothesKind kind = ClothesKind::tee;
    Colour base, shade, light, second;
    float sleeve = 1.0f;         // 0 bare arm .. 1 to the wrist
    int pattern = 0;             // 0 plain, 1 stripes, 2 chest print, 3 two-tone shoulders
    bool necklace = false;
    Colour metal;
};

struct BodyShape {
    float shoulder = 1.75f;      // x of the joint
    float shoulder_y = 2.45f;
    float neck = 0.52f;          // half width
    float chest = 1.55f, waist = 1.32f, hip = 1.62f;  // half widths
    float arm = 0.42f;           // radius of the upper arm
    float upper_arm = 3.25f, forearm = 2.75f, hand = 1.0f;  // lengths; hand scales all of the hand
    bool feminine = false;
};

struct Extras {
    HatKind hat = HatKind::none;
    GlassesKind glasses = GlassesKind::none;
    BeardKind beard = BeardKind::none;
    bool headset = false, earrings = false;
    Colour hat_colour, hat_second, frame, headset_colour, beard_colour, nails;
    bool painted_nails = false;
};

struct BackdropLook {
    BackdropKind kind = BackdropKind::plain;
    Colour base, second, accent;
    std::uint64_t seed = 0;
};

struct CharacterLook {
    std::uint64_t seed = 0;
    DrawingStyle style = DrawingStyle::flat;
    FaceShape face;
    EyeLook eyes;
    BrowLook brows;
    NoseLook nose;
    LipsLook lips;
    SkinLook skin;
    HairLook hair;
    ClothesLook clothes;
    BodyShape body;
    Extras extras;
    BackdropLook backdrop;

    float line() const;          // outline width in head units, 0 = no outlines
    bool covers_ears() const;    // hair or headset hides them
    bool shaded() const { return style == DrawingStyle::painted || style == DrawingStyle::photo; }
};

/// The character of a seed. Deterministic; the same seed in another style is recognisably the same person.
CharacterLook make_look(std::uint64_t seed, DrawingStyle style);
DrawingStyle style_of_seed(std::uint64_t seed);
const char* name_of(HairKind kind);
const char* name_of(ClothesKind kind);

}  // namespace mirrorme::performers

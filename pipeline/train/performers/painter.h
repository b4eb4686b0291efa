#pragma once
// Draws a rig. One Painter per frame; the parts are drawn from back to front by paint().

#include <optional>

#include "train/performers/bone_relief.h"
#include "train/performers/canvas.h"
#include "train/performers/face_relief.h"
#include "train/performers/hair_shape.h"
#include "train/performers/look.h"
#include "train/performers/rig.h"

namespace mirrorme::performers {

/// What a shaded character is lit with; made once per character.
struct Materials {
    explicit Materials(const CharacterLook& look);
    Light light;
    Surfacing skin, cloth;
    std::unique_ptr<FaceRelief> face;  // null for graphic styles
};

class Painter {
public:
    Painter(const CharacterLook& look, const Materials& materials, const Rig& rig, Canvas& canvas);
    void paint();

private:
    // body
    void neck();
    void neck_path();
    void neck_light();
    BoneRelief& clothed_body();  // trunk and upper arms as one surface
    void body_light();                 // of that, inside the clip
    SurfaceFrame trunk_frame() const;
    // Inside the clip; what they wear hangs on the first bone.
    void limb_light(std::span<const Bone> bones);
    void cloth_light(std::span<const Bone> bones);
    void torso();
    void behind_neck();     // hood
    void cloth_pattern();   // inside the torso's clip
    void cloth_shade();
    void clothes_details(); // collars, lapels, cords, necklace
    void round_neck();
    void hood_cords();
    void shirt_front();
    void blouse_front();
    void rolled_neck();
    void necklace();
    void collar();
    void lapels();
    void tie();
    Colour seam_colour() const;
    void arm(const HandGeometry& hand);
    void upper_arm(const HandGeometry& hand);
    void forearm(const HandGeometry& hand);
    void lower_sleeve(const HandGeometry& hand);
    Vec2 shoulder_cap(const HandGeometry& hand) const;      // centre of the sleeve's round end
    float shoulder_radius(const HandGeometry& hand) const;  // and its radius
    void sleeve_crease(const HandGeometry& hand, Vec2 end, float end_radius);
    float sleeve_growth() const;  // cloth radius / arm radius
    void sleeve_shade(Vec2 from, Vec2 to, float radius);
    void elbow_folds(const HandGeometry& hand);
    void hem(Vec2 from, Vec2 end, float end_radius);
    void heal_shoulder(const HandGeometry& hand);
    void hand(const HandGeometry& hand);
    void finger(const HandGeometry& hand, std::size_t index);
    void finger_path(const HandGeometry& hand, std::size_t index);
    void palm_path(const HandGeometry& hand);
    void lit_hand(const HandGeometry& hand);
    void nails(const HandGeometry& hand, std::size_t index);
    void palm_creases(const HandGeometry& hand);
    struct Neckline {
        float wide = 0, high = 0, low = 0;  // half width at the neck, y there, y of its lowest point
        bool pointed = false;
    };
    Neckline neckline() const;
    void neckline_path();
    void torso_path();
    // head
    void head();
    void head_path();
    void ear(float side);
    void face_shade();
    void fringe_shadow();   // of the hair on the forehead, inside the head's clip
    void freckles();
    void wrinkles();
    /// A ribbon whose edges fade; softness 0 = hard .. 1.
    void soft_ribbon(std::span<const Vec2> points, std::span<const float> widths, Ink ink);
    void nose();
    void brow(const std::array<Vec2, 4>& points, float side);
    void eye(const EyeGeometry& eye);
    void eye_path(const EyeGeometry& eye);
    void iris(const EyeGeometry& eye);
    void mouth();
    void mouth_inside();
    void beard();
    void beard_path();
    // hair and what is worn
    void back_hair();
    void falling_hair();
    void front_hair();
    void hair_sheet(const HairSheet& sheet);
    void graphic_strands(const HairSheet& sheet);  // few and bold
    void fine_strands(const HairSheet& sheet);     // many and thin
    void curls(const HairSheet& sheet);
    void flyaways(const HairSheet& sheet);
    void lashes(const EyeGeometry& eye);
    void lit_iris(const EyeGeometry& eye);
    void lit_eye(const EyeGeometry& eye);
    void lit_lips();
    void hat();
    void hat_dome(const std::vector<Vec2>& edge);
    void beanie_brim(const std::vector<Vec2>& edge);
    void cap_peak();
    void glasses();
    void lens(float side);
    void headset();
    void headset_cup(float side);
    void earrings();

    bool styled(DrawingStyle style) const { return look_.style == style; }
    float px(float head_units) const { return head_units * unit_; }
    /// Fills the current path and, in outlined styles, draws its outline.
    void shape(Ink ink, Colour line);
    Colour line_of(Colour fill) const;

    const CharacterLook& look_;
    const Materials& materials_;
    const Rig& rig_;
    Canvas& c_;
    float unit_;   // pixels per head unit
    float line_;   // outline width in pixels, 0 = none
    std::optional<BoneRelief> body_relief_;
    std::vector<HairSheet> front_hair_;
};

}  // namespace mirrorme::performers

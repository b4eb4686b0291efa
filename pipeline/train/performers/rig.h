#pragma once
// Everything of a character in a pose, as geometry in pixels. Drawing and key points both read it, so what is drawn is
// where the key points say. Built anew for every frame; pure.

#include <array>
#include <vector>

#include "core/keypoints.h"
#include "train/performers/head_shape.h"
#include "train/performers/look.h"
#include "train/performers/vec.h"

namespace mirrorme::performers {

/// From body coordinates (head units, origin at the eye line of an upright character) to pixels.
class Stage {
public:
    explicit Stage(const View& view);
    Vec2 pixel(Vec2 body) const {
        const Vec2 p = origin_ + body * unit_ - centre_;
        return {centre_.x + cos_ * p.x - sin_ * p.y, centre_.y + sin_ * p.x + cos_ * p.y};
    }
    float unit() const { return unit_; }  // pixels per head unit
    float roll() const { return roll_; }  // radians

private:
    float unit_, roll_, cos_, sin_;
    Vec2 origin_, centre_;
};

/// What the mouth of a pose comes to on a character: the lips press away part of an opening.
struct MouthState {
    float opening = 0, width = 0, rounding = 0, press = 0, teeth = 0, tongue = 0, smile = 0;
    float gap = 0;   // between the lips, head units
    float drop = 0;  // of the chin
};
MouthState mouth_state(const LipsLook& lips, const MouthPose& pose);

/// The head: turns points of the face and projects them.
class HeadRig {
public:
    HeadRig(const CharacterLook& look, const PerformerPose& pose, const Stage& stage, Vec2 carried);

    /// A point of the head to pixels.
    Vec2 project(Vec3 head) const;
    /// A point of the face front at rest, `lift` in front of the surface, moved by the jaw, in pixels.
    Vec2 face(float x, float y, float lift = 0) const { return project(jaw(on_face(x, y, lift))); }
    Vec3 on_face(float x, float y, float lift = 0) const { return {x, y, shape_.surface(x, y) + lift}; }
    /// Moves a point of the resting face with the jaw.
    Vec3 jaw(Vec3 head) const;
    /// The turned point, still in head units: z says what is in front.
    Vec3 turn(Vec3 head) const;
    /// Outline in pixels: side -1 = smaller x, t as in HeadShape.
    Vec2 rim(float t, float side, float inflate = 0) const { return project(jaw(shape_.rim(t, side, yaw_, inflate))); }

    const HeadShape& shape() const { return shape_; }
    const MouthState& mouth() const { return mouth_; }
    float yaw() const { return yaw_; }      // radians
    float unit() const { return stage_.unit(); }
    Vec2 up() const;                        // unit vector in the picture from chin to crown

private:
    Stage stage_;
    HeadShape shape_;
    MouthState mouth_;
    float lips_y_;
    float yaw_, cos_yaw_, sin_yaw_, cos_pitch_, sin_pitch_, cos_roll_, sin_roll_;
    Vec3 pivot_;
    Vec2 offset_;
};

struct EyeGeometry {
    std::array<Vec2, 8> contour;     // as in core/keypoints.h
    std::array<Vec2, 5> crease;      // above the upper lid, smaller to larger x
    Vec2 centre, iris, iris_edge;
    Vec2 iris_right, iris_down;      // half axes of the iris
    float aperture = 1;              // 0 shut .. 1 open at rest
    float side = 1;                  // -1: the performer's right eye
};

struct MouthGeometry {
    std::array<Vec2, 12> outer;
    std::array<Vec2, 8> inner;
    std::array<Vec2, 5> upper_teeth, lower_teeth;  // biting edges, smaller to larger x
    Vec2 tongue, tongue_right, tongue_up;          // centre and half axes
    MouthState state;
};

struct HandGeometry {
    Vec2 shoulder, elbow, wrist;
    float elbow_z = 0, wrist_z = 0;
    std::array<std::array<Vec2, 4>, 5> fingers;    // thumb .. little, knuckle .. tip
    std::array<std::array<float, 4>, 5> depth;     // z of those, head units above the palm's plane, + to the viewer
    std::array<std::array<float, 4>, 5> radius;    // pixels
    std::array<float, 5> curl;
    std::array<Vec2, 4> heel;                      // ends of the palm bones at the wrist, index .. little
    Vec2 pointing;                                 // unit vector of the middle finger
    float palm = 1;                                // cosine between the palm's normal and the viewer
    float upper_radius = 0, elbow_radius = 0, wrist_radius = 0;  // pixels
    float scale = 1;                               // pixels per hand unit
    float side = 1;                                // -1: the performer's right hand
};

/// The torso: moves points of the upright body with sway, lean, breath and shoulders.
class BodyRig {
public:
    BodyRig(const CharacterLook& look, const PerformerPose& pose, const Stage& stage);
    /// A point of the upright body, moved; head units.
    Vec2 move(Vec2 body) const;
    Vec2 pixel(Vec2 body) const { return stage_.pixel(move(body)); }
    const Stage& stage() const { return stage_; }
    /// How the torso carries the head's pivot.
    Vec2 carried() const;

private:
    Stage stage_;
    TorsoPose pose_;
    float shoulder_y_, shoulder_, face_unit_;
};

struct Rig {
    Rig(const CharacterLook& look, const PerformerPose& pose, const View& view);

    Stage stage;
    BodyRig body;
    HeadRig head;
    EyeGeometry right_eye, left_eye;
    MouthGeometry mouth;
    HandGeometry right_hand, left_hand;
    std::array<Vec2, 4> right_brow, left_brow, nose;
    std::array<Vec2, 5> jaw, crown;
    Vec2 right_neck, left_neck;
    int width, height;
};

EyeGeometry rig_eye(const CharacterLook& look, const EyesPose& pose, const HeadRig& head, float side);
MouthGeometry rig_mouth(const CharacterLook& look, const HeadRig& head);
std::array<Vec2, 4> rig_brow(const CharacterLook& look, const EyesPose& pose, const HeadRig& head, float side);
HandGeometry rig_hand(const CharacterLook& look, const ArmPose& pose, const BodyRig& body, float side);
/// Outline of hair or hat above the ears, the performer's right to left; the crown key points are some of these.
std::vector<Vec2> hair_outline(const CharacterLook& look, const HeadRig& head);

KeyPointFrame key_points_of(const CharacterLook& look, const PerformerPose& pose, const View& view, const Rig& rig);

}  // namespace mirrorme::performers

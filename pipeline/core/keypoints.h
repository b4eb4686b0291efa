#pragma once
// Key points: the words in which performers, key-point net, gestures, motion codec and renderer speak
// of a body. Names, order and meaning are frozen by kKeyPointSchemaVersion; the order is also the
// order in files and tensors.
//
// Left and right are the performer's own: in a picture that looks at the viewer, the left eye has the
// larger x. x grows to the right, y grows downwards.

#include <array>
#include <span>
#include <string_view>

namespace mirrorme {

inline constexpr int kKeyPointSchemaVersion = 1;

/// The part tokens of codec `motion`, in token order (x = 0..5 of its 1 x 6 latent grid).
enum class Part { mouth, eyes, head, torso, left_hand, right_hand };
inline constexpr int kPartCount = 6;

/// First index and count of each group of points. Contours run from the performer's right to left
/// along the top, then back along the bottom (so: from smaller to larger x, then back).
namespace point {
// mouth
inline constexpr int kOuterLips = 0;         // 12: right corner, 5 along the upper edge, left corner, 5 back along the lower edge
inline constexpr int kOuterLipsCount = 12;
inline constexpr int kInnerLips = 12;        // 8: right corner, 3 upper, left corner, 3 lower
inline constexpr int kInnerLipsCount = 8;
inline constexpr int kJaw = 20;              // 5: contour of the jaw, right to left, [22] = chin tip
inline constexpr int kJawCount = 5;
// eyes and brows
inline constexpr int kRightEye = 25;         // 8: outer corner (smaller x), 3 upper lid, inner corner, 3 lower lid
inline constexpr int kLeftEye = 33;          // 8: inner corner (smaller x), 3 upper lid, outer corner, 3 lower lid
inline constexpr int kEyeCount = 8;
inline constexpr int kRightIris = 41;        // 2: centre, a point on its edge (to the right, +x side)
inline constexpr int kLeftIris = 43;
inline constexpr int kRightBrow = 45;        // 4, smaller to larger x, along the middle of the brow
inline constexpr int kLeftBrow = 49;         // 4
inline constexpr int kBrowCount = 4;
// head
inline constexpr int kNose = 53;             // 4: bridge (between the eyes), tip, right wing, left wing
inline constexpr int kNoseCount = 4;
inline constexpr int kFaceContour = 57;      // 8: right temple, right ear, right cheek, [jaw is elsewhere], left cheek, left ear, left temple, hairline centre, brow centre
inline constexpr int kFaceContourCount = 8;
inline constexpr int kCrown = 65;            // 5: outline of hair/hat above the ears, right to left, [67] = top of the head
inline constexpr int kCrownCount = 5;
// torso
inline constexpr int kNeck = 70;             // 2: right, left, where neck meets jaw line
inline constexpr int kShoulders = 72;        // 2: right, left joint
inline constexpr int kChest = 74;            // 3: pit of the throat, right chest, left chest
inline constexpr int kTorsoCount = 7;
// hands: elbow, wrist, then 20 finger points: thumb, index, middle, ring, little; each from knuckle to tip (4)
inline constexpr int kLeftHand = 77;
inline constexpr int kRightHand = 99;
inline constexpr int kHandCount = 22;
inline constexpr int kElbow = 0, kWrist = 1, kFingers = 2;  // offsets inside a hand
inline constexpr int kCount = 121;
}  // namespace point

/// Scalars of a frame, each with its range. They say what points alone cannot.
enum class Scalar {
    opening,   // 0 closed .. 1 as wide as this mouth opens
    width,     // -1 narrow .. 0 rest .. 1 spread
    rounding,  // 0 .. 1 (as in "oo")
    press,     // 0 .. 1 lips pressed together (p b m)
    teeth,     // 0 .. 1 how much of the upper teeth shows
    tongue,    // 0 .. 1 how much of the tongue shows
    lid_right, // 0 closed .. 1 open at rest .. 1.3 wide
    lid_left,
    gaze_x,    // -1 towards smaller x .. 1 towards larger x
    gaze_y,    // -1 up .. 1 down
    yaw,       // head turn in degrees: positive turns the nose towards larger x
    pitch,     // degrees: positive nods down
    roll,      // degrees: positive tilts clockwise as seen in the picture
};
inline constexpr int kScalarCount = 13;

struct KeyPoint {
    float x = 0, y = 0;       // unit: see the owner (pixels of a frame, or face units of a track)
    float confidence = 0;     // 0 unknown/invisible .. 1 certain
};

/// One video frame of a body.
struct KeyPointFrame {
    std::array<KeyPoint, point::kCount> points{};
    std::array<float, kScalarCount> scalars{};

    float& operator[](Scalar s) { return scalars[static_cast<std::size_t>(s)]; }
    float operator[](Scalar s) const { return scalars[static_cast<std::size_t>(s)]; }
};

/// A face's own coordinate frame: origin between the eye centres, x axis along the eyes, unit = distance
/// of the eye centres. Tracks on disk and latents are in face units of their reference.
struct FaceFrame {
    float origin_x = 0, origin_y = 0;  // pixels
    float unit = 1;                    // pixels per face unit, > 0
    float roll = 0;                    // radians, clockwise in the picture
};

/// First point and count of the points of `part`, contiguous in KeyPointFrame::points.
struct PointRange { int first, count; };
PointRange points_of(Part part) noexcept;
/// Scalars that belong to `part` (mouth: opening..tongue; eyes: lids, gaze; head: yaw, pitch, roll; others none).
std::span<const Scalar> scalars_of(Part part) noexcept;

std::string_view name_of(Part part) noexcept;
std::string_view name_of(Scalar scalar) noexcept;
/// "outer_lips.3", "left_hand.wrist", "left_hand.index.2" ...: the name used in JSON. index in [0, kCount).
std::string_view point_name(int index);

/// Face frame from a frame in pixels (mean of each eye's 8 contour points). unit is at least 1e-3.
FaceFrame face_frame_of(const KeyPointFrame& pixels) noexcept;
KeyPointFrame to_face_units(const KeyPointFrame& pixels, const FaceFrame& face) noexcept;
KeyPointFrame to_pixels(const KeyPointFrame& face_units, const FaceFrame& face) noexcept;

}  // namespace mirrorme

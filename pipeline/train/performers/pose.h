#pragma once
// What a performer does in one video frame, independent of who the performer is.
// The performance generator writes it from speech; a Performer draws it and says where its key points are.

#include <array>

namespace mirrorme {

struct MouthPose {
    float opening = 0;   // 0 closed .. 1 widest
    float width = 0;     // -1 narrow .. 1 spread
    float rounding = 0;  // 0 .. 1
    float press = 0;     // 0 .. 1
    float teeth = 0;     // 0 .. 1 upper teeth shown (only seen while open)
    float tongue = 0;    // 0 .. 1
    float smile = 0;     // -1 corners down .. 1 corners up
};

struct EyesPose {
    float lid_right = 1, lid_left = 1;  // 0 closed .. 1 rest .. 1.3 wide
    float gaze_x = 0, gaze_y = 0;       // -1 .. 1, signs as in core/keypoints.h
    float brow_right = 0, brow_left = 0;  // -1 lowered .. 1 raised
    float frown = 0;                    // 0 .. 1 inner ends drawn together
};

struct HeadPose {
    float yaw = 0, pitch = 0, roll = 0;  // degrees, signs as in core/keypoints.h; |yaw| <= 25, |pitch| <= 15, |roll| <= 15
    float shift_x = 0, shift_y = 0;      // face units
};

struct TorsoPose {
    float sway = 0;            // face units, along x
    float lean = 0;            // degrees of tilt, clockwise
    float breath = 0;          // 0 .. 1
    float raise_right = 0, raise_left = 0;  // shoulders, 0 .. 1
};

/// One arm. At rest it hangs beside the body with the hand below the frame.
struct ArmPose {
    float raised = 0;              // 0 rest .. 1 the wrist is at (wrist_x, wrist_y)
    float wrist_x = 0, wrist_y = 0;  // torso units: origin between the shoulder joints, 1 = half the shoulder distance;
                                   // x grows outwards (away from the spine on this arm's side), y downwards
    float hand_angle = 0;          // degrees of the middle finger: 0 = points up, positive = outwards
    float palm = 1;                // 1 palm to the viewer .. 0 edge .. -1 back of the hand
    std::array<float, 5> curl{};   // thumb..little: 0 straight .. 1 closed
    float spread = 0.3f;           // 0 fingers together .. 1 spread
};

struct PerformerPose {
    MouthPose mouth;
    EyesPose eyes;
    HeadPose head;
    TorsoPose torso;
    ArmPose right_arm, left_arm;
};

}  // namespace mirrorme

#include "core/keypoints.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

namespace mirrorme {
namespace {

constexpr std::array kMouthScalars{Scalar::opening, Scalar::width, Scalar::rounding, Scalar::press, Scalar::teeth, Scalar::tongue};
constexpr std::array kEyeScalars{Scalar::lid_right, Scalar::lid_left, Scalar::gaze_x, Scalar::gaze_y};
constexpr std::array kHeadScalars{Scalar::yaw, Scalar::pitch, Scalar::roll};

constexpr std::array<std::string_view, kPartCount> kPartNames{"mouth", "eyes", "head", "torso", "left_hand", "right_hand"};
constexpr std::array<std::string_view, kScalarCount> kScalarNames{"opening", "width", "rounding", "press", "teeth", "tongue", "lid_right",
                                                                  "lid_left", "gaze_x", "gaze_y", "yaw", "pitch", "roll"};

std::vector<std::string> make_point_names() {
    std::vector<std::string> names;
    auto numbered = [&](const char* group, int count) {
        for (int i = 0; i < count; ++i) names.push_back(std::string(group) + '.' + std::to_string(i));
    };
    numbered("outer_lips", point::kOuterLipsCount);
    numbered("inner_lips", point::kInnerLipsCount);
    numbered("jaw", point::kJawCount);
    numbered("right_eye", point::kEyeCount);
    numbered("left_eye", point::kEyeCount);
    for (const char* side : {"right_iris", "left_iris"})
        for (const char* what : {"centre", "edge"}) names.push_back(std::string(side) + '.' + what);
    numbered("right_brow", point::kBrowCount);
    numbered("left_brow", point::kBrowCount);
    for (const char* what : {"bridge", "tip", "right_wing", "left_wing"}) names.push_back(std::string("nose.") + what);
    for (const char* what : {"right_temple", "right_ear", "right_cheek", "left_cheek", "left_ear", "left_temple", "hairline", "brow_centre"})
        names.push_back(std::string("face.") + what);
    numbered("crown", point::kCrownCount);
    for (const char* what : {"neck.right", "neck.left", "shoulder.right", "shoulder.left", "chest.throat", "chest.right", "chest.left"})
        names.push_back(what);
    for (const char* side : {"left_hand", "right_hand"}) {
        names.push_back(std::string(side) + ".elbow");
        names.push_back(std::string(side) + ".wrist");
        for (const char* finger : {"thumb", "index", "middle", "ring", "little"}) numbered((std::string(side) + '.' + finger).c_str(), 4);
    }
    return names;
}

const std::vector<std::string>& point_names() {
    static const std::vector<std::string> names = make_point_names();
    return names;
}

}  // namespace

PointRange points_of(Part part) noexcept {
    switch (part) {
        case Part::mouth: return {point::kOuterLips, point::kRightEye};
        case Part::eyes: return {point::kRightEye, point::kNose - point::kRightEye};
        case Part::head: return {point::kNose, point::kNeck - point::kNose};
        case Part::torso: return {point::kNeck, point::kTorsoCount};
        case Part::left_hand: return {point::kLeftHand, point::kHandCount};
        case Part::right_hand: return {point::kRightHand, point::kHandCount};
    }
    return {0, 0};
}

std::span<const Scalar> scalars_of(Part part) noexcept {
    switch (part) {
        case Part::mouth: return kMouthScalars;
        case Part::eyes: return kEyeScalars;
        case Part::head: return kHeadScalars;
        default: return {};
    }
}

std::string_view name_of(Part part) noexcept { return kPartNames[static_cast<std::size_t>(part)]; }
std::string_view name_of(Scalar scalar) noexcept { return kScalarNames[static_cast<std::size_t>(scalar)]; }

std::string_view point_name(int index) {
    if (index < 0 || index >= point::kCount) throw std::out_of_range("key point index " + std::to_string(index));
    return point_names()[static_cast<std::size_t>(index)];
}

FaceFrame face_frame_of(const KeyPointFrame& pixels) noexcept {
    auto centre = [&](int first) {
        KeyPoint c;
        for (int i = 0; i < point::kEyeCount; ++i) {
            c.x += pixels.points[static_cast<std::size_t>(first + i)].x / point::kEyeCount;
            c.y += pixels.points[static_cast<std::size_t>(first + i)].y / point::kEyeCount;
        }
        return c;
    };
    const KeyPoint right = centre(point::kRightEye), left = centre(point::kLeftEye);
    const float dx = left.x - right.x, dy = left.y - right.y;
    return {(left.x + right.x) / 2, (left.y + right.y) / 2, std::max(std::hypot(dx, dy), 1e-3f), std::atan2(dy, dx)};
}

KeyPointFrame to_face_units(const KeyPointFrame& pixels, const FaceFrame& face) noexcept {
    KeyPointFrame out = pixels;
    const float c = std::cos(face.roll) / face.unit, s = std::sin(face.roll) / face.unit;
    for (KeyPoint& p : out.points) {
        const float dx = p.x - face.origin_x, dy = p.y - face.origin_y;
        p.x = c * dx + s * dy;
        p.y = -s * dx + c * dy;
    }
    return out;
}

KeyPointFrame to_pixels(const KeyPointFrame& face_units, const FaceFrame& face) noexcept {
    KeyPointFrame out = face_units;
    const float c = std::cos(face.roll) * face.unit, s = std::sin(face.roll) * face.unit;
    for (KeyPoint& p : out.points) {
        const float x = p.x, y = p.y;
        p.x = face.origin_x + c * x - s * y;
        p.y = face.origin_y + s * x + c * y;
    }
    return out;
}

}  // namespace mirrorme

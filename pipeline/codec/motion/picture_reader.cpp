// Note [Looking closer]
// The locator sees 128 x 128 pixels. A face that is a tenth of a wide picture is then a few pixels wide, so besides the whole
// picture it looks at overlapping squares of half and a quarter its size and keeps the look it is surest of, with a small
// bonus for larger pieces; and it looks again, centred on what it found, before its eyes are believed. The face net looks three times,
// each time where the last look put the face; what the last two disagree on is no face.

#include "codec/motion/picture_reader.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "codec/motion/matte_refine.h"
#include "codec/motion/motion_values.h"
#include "core/error.h"
#include "core/json_fields.h"
#include "weights/bundle.h"

namespace mirrorme {
namespace {

using kernels::Size;

constexpr float kPi = 3.14159265f;
constexpr float kLookUnit = 13;       // pixels per face unit at which the locator is at its best
constexpr float kSureEnough = 0.9f;   // presence at which no closer look is taken
constexpr Size kBodyFrame{256, 384};  // pixels: what the body net was trained on
constexpr float kBodyUnit = 30, kBodyEyes = 0.31f;  // pixels per face unit; height of the eyes as a share of the frame
constexpr float kHandSeen = 0.5f;
constexpr float kMatteLow = 0.04f, kMatteHigh = 0.96f;
constexpr float kUndecidedLow = 0.1f, kUndecidedHigh = 0.9f, kContradicted = 0.5f;

struct Look {
    Affine map;  // pixels of the locator's square -> pixels of the picture
    float presence = 0;
    std::array<Point, kLandmarkCount> landmarks{};  // pixels of the picture
};

torch::Tensor planes_of(const FloatPicture& picture) {
    return torch::from_blob(const_cast<float*>(picture.rgba.data()), {1, picture.size.height, picture.size.width, 4}).permute({0, 3, 1, 2}).contiguous();
}

Affine square_map(Point centre, float side) {
    const float scale = side / kLocatorSize, middle = 0.5f * (kLocatorSize - 1);
    return {scale, 0, centre.x - scale * middle, 0, scale, centre.y - scale * middle};
}

Look look_at(PointsNet& net, const FloatPicture& picture, Point centre, float side) {
    Look look{square_map(centre, side)};
    const LocatorOutput said = net->locator(planes_of(resample(picture, look.map, {kLocatorSize, kLocatorSize}, Outside::transparent)));
    look.presence = torch::sigmoid(said.presence).item<float>();
    const torch::Tensor points = said.landmarks.points[0].contiguous();
    for (std::size_t i = 0; i < look.landmarks.size(); ++i)
        look.landmarks[i] = apply(look.map, {points[static_cast<int64_t>(i)][0].item<float>(), points[static_cast<int64_t>(i)][1].item<float>()});
    return look;
}

FaceFrame face_of(const Look& look) {
    const Point right = look.landmarks[static_cast<std::size_t>(Landmark::right_eye)], left = look.landmarks[static_cast<std::size_t>(Landmark::left_eye)];
    const float dx = left.x - right.x, dy = left.y - right.y;
    return {(left.x + right.x) / 2, (left.y + right.y) / 2, std::max(std::hypot(dx, dy), 1.0f), std::clamp(std::atan2(dy, dx), -kPi / 3, kPi / 3)};
}

/// The look that suits the locator best when the face is where `face` says.
Look look_about(PointsNet& net, const FloatPicture& picture, const FaceFrame& face) {
    return look_at(net, picture, {face.origin_x, face.origin_y + 0.8f * face.unit}, face.unit * kLocatorSize / kLookUnit);
}

Look find_face(PointsNet& net, const FloatPicture& picture) {
    const float width = static_cast<float>(picture.size.width), height = static_cast<float>(picture.size.height);
    const float whole = std::max(width, height);
    Look best = look_at(net, picture, {width / 2, height / 2}, whole);
    float best_score = best.presence;
    for (int level = 1; level <= 2 && best_score < kSureEnough; ++level) {
        const float side = whole / static_cast<float>(1 << level), step = side / 2;
        const float bonus = 1.0f - 0.05f * static_cast<float>(level);
        for (float y = std::min(step, height / 2); y <= std::max(height - step, height / 2); y += step)
            for (float x = std::min(step, width / 2); x <= std::max(width - step, width / 2); x += step) {
                const Look look = look_at(net, picture, {x, y}, side);
                if (look.presence * bonus > best_score) best = look, best_score = look.presence * bonus;
            }
    }
    const Look again = look_about(net, picture, face_of(best));
    return again.presence > 0.5f * best.presence ? again : best;
}

void take_points(const PointsOutput& said, int first, const Affine& map, KeyPointFrame& frame) {
    const torch::Tensor points = said.points[0].contiguous(), seen = torch::sigmoid(said.confidence[0]).contiguous();
    const float *at = points.data_ptr<float>(), *confidence = seen.data_ptr<float>();
    for (int64_t i = 0; i < points.size(0); ++i) {
        set_position(frame, first + static_cast<int>(i), apply(map, {at[2 * i], at[2 * i + 1]}));
        frame.points[static_cast<std::size_t>(first + i)].confidence = confidence[i];
    }
}

void take_scalars(const torch::Tensor& said, KeyPointFrame& frame) {
    for (int s = 0; s < kScalarCount; ++s) {
        const Scalar which = static_cast<Scalar>(s);
        const float value = said[0][s].item<float>();
        if (which == Scalar::yaw || which == Scalar::pitch || which == Scalar::roll) frame[which] = value * 30;
        else if (which == Scalar::width || which == Scalar::gaze_x || which == Scalar::gaze_y) frame[which] = std::clamp(value, -1.0f, 1.0f);
        else frame[which] = std::clamp(value, 0.0f, which == Scalar::lid_right || which == Scalar::lid_left ? 1.3f : 1.0f);
    }
}

void rest_unseen_hands(KeyPointFrame& frame) {
    const TorsoFrame torso = torso_frame_of(frame);
    for (const auto& [first, side] : {std::pair{point::kRightHand, -1}, std::pair{point::kLeftHand, 1}}) {
        float seen = 0;
        for (int i = point::kWrist; i < point::kHandCount; ++i) seen += frame.points[static_cast<std::size_t>(first + i)].confidence / (point::kHandCount - 1);
        if (seen >= kHandSeen) continue;
        for (int i = 0; i < point::kHandCount; ++i) {
            KeyPoint& p = frame.points[static_cast<std::size_t>(first + i)];
            if (i == point::kElbow && p.confidence >= kHandSeen) continue;
            const KeyPoint rest = resting_hand_point(i, side);
            set_position(frame, first + i, from_torso(torso, {rest.x, rest.y}));
            p.confidence = 0;
        }
    }
}

/// 1 when two looks at a face found the same eyes and lips, 0 when they found others: of a wall every look finds another face.
float agreement(const KeyPointFrame& a, const KeyPointFrame& b, float unit) {
    constexpr float kSame = 0.05f, kOther = 0.13f;  // mean distance, face units
    float sum = 0;
    int count = 0;
    for (const auto& [first, points] : {std::pair{point::kOuterLips, point::kOuterLipsCount}, std::pair{point::kRightEye, 2 * point::kEyeCount}})
        for (int i = first; i < first + points; ++i, ++count) {
            const Point p = position(a, i), q = position(b, i);
            sum += std::hypot(p.x - q.x, p.y - q.y) / unit;
        }
    return std::clamp((kOther - sum / static_cast<float>(count)) / (kOther - kSame), 0.0f, 1.0f);
}

/// Points of the face that is about `face`, then of its body.
PictureReading read_points(PointsNet& net, const RgbaImage& image, const FloatPicture& picture, FaceFrame face, float presence) {
    PictureReading reading;
    reading.presence = presence;
    KeyPointFrame before;
    for (int pass = 0; pass < 3; ++pass) {
        before = reading.points;
        const Affine map = face_crop_map(face);
        const FaceOutput said = net->face(planes_of(resample(picture, map, {kFaceCropSize, kFaceCropSize}, Outside::edge)));
        take_points(said.points, 0, map, reading.points);
        take_scalars(said.scalars, reading.points);
        face = face_frame_of(reading.points);
    }
    reading.presence *= agreement(before, reading.points, face.unit);
    const float scale = face.unit / kBodyUnit;
    const Affine map{scale, 0, face.origin_x - scale * 0.5f * (kBodyFrame.width - 1), 0, scale, face.origin_y - scale * kBodyEyes * (kBodyFrame.height - 1)};
    bool opaque = true;
    for (std::size_t i = 3; i < image.pixels.size() && opaque; i += 4) opaque = image.pixels[i] >= 250;
    const FloatPicture frame = resample(picture, map, kBodyFrame, opaque ? Outside::edge : Outside::transparent);
    const Affine back = inverse(map);
    const Point eyes = apply(back, {face.origin_x, face.origin_y});
    const std::vector<float> guide = face_guide({eyes.x, eyes.y, kBodyUnit, 0}, kBodyFrame);
    const torch::Tensor guide_plane = torch::from_blob(const_cast<float*>(guide.data()), {1, 1, kBodyFrame.height, kBodyFrame.width});
    take_points(net->body(planes_of(frame), guide_plane).points, point::kNeck, map, reading.points);
    rest_unseen_hands(reading.points);
    return reading;
}

bool all_seen(const KeyPointFrame& frame, int first, int count) {
    return std::all_of(frame.points.begin() + first, frame.points.begin() + first + count, [](const KeyPoint& p) { return p.confidence >= 0.5f; });
}

// What belongs to a person whose key points are right, whatever the matte says: matte = max(matte, how sure that is).
void claim_face(const KeyPointFrame& frame, kernels::Size size, float* matte) {
    constexpr float kClaim = 0.97f;
    constexpr std::array kOutline{point::kFaceContour, point::kFaceContour + 2, point::kJaw, point::kJaw + 1, point::kJaw + 2, point::kJaw + 3,
                                  point::kJaw + 4, point::kFaceContour + 3, point::kFaceContour + 5, point::kFaceContour + 6};
    if (!all_seen(frame, point::kJaw, point::kJawCount)) return;
    std::array<Point, kOutline.size()> outline;
    std::transform(kOutline.begin(), kOutline.end(), outline.begin(), [&](int i) { return position(frame, i); });
    kernels::cpu_operations().cover_polygon(outline, kClaim, size, matte);
}
void claim_torso(const KeyPointFrame& frame, kernels::Size size, float* matte) {
    constexpr float kClaim = 0.9f;
    constexpr std::array<Point, 6> kOutline{{{-0.8f, 0.2f}, {0.8f, 0.2f}, {0.5f, 2.5f}, {0.5f, 8}, {-0.5f, 8}, {-0.5f, 2.5f}}};  // torso units
    if (!all_seen(frame, point::kShoulders, 2)) return;
    const TorsoFrame torso = torso_frame_of(frame);
    std::array<Point, kOutline.size()> outline;
    std::transform(kOutline.begin(), kOutline.end(), outline.begin(), [&](Point p) { return from_torso(torso, p); });
    kernels::cpu_operations().cover_polygon(outline, kClaim, size, matte);
}

}  // namespace

PointsNet load_points_net(const std::filesystem::path& directory) {
    const std::shared_ptr<const Bundle> bundle = Bundle::open(directory);
    const std::string section = (directory / kBundleManifestName).string() + ", config.codec";
    if (JsonObject(bundle->config("codec"), section).text("kind") != "motion")
        throw Error(ErrorCode::unsupported, section, "has no key-point net", "Name a bundle with codec motion, such as the embedded one");
    PointsNet net;
    LoadReport report;
    bundle->load_into(*net, "codec.points_net.", report);
    net->eval();
    return net;
}

PictureReading read_picture(PointsNet& net, const RgbaImage& image) {
    const c10::InferenceMode inference;
    const FloatPicture picture = to_float_picture(image);
    const Look found = find_face(net, picture);
    return read_points(net, image, picture, face_of(found), found.presence);
}

PictureReading read_picture_near(PointsNet& net, const RgbaImage& image, const FaceFrame& face) {
    const c10::InferenceMode inference;
    const FloatPicture picture = to_float_picture(image);
    return read_points(net, image, picture, face, look_about(net, picture, face).presence);
}

MatteReading read_matte(PointsNet& net, const FloatPicture& frame, const KeyPointFrame& points) {
    const c10::InferenceMode inference;
    const std::vector<float> guide = face_guide(face_frame_of(points), frame.size);
    const torch::Tensor guide_plane = torch::from_blob(const_cast<float*>(guide.data()), {1, 1, frame.size.height, frame.size.width});
    return matte_of(matte_logits(net->body, planes_of(frame), guide_plane), frame, points);
}

torch::Tensor matte_logits(BodyNet& net, const torch::Tensor& frames, const torch::Tensor& guides) {
    const auto mirrored = [](const torch::Tensor& picture) { return picture.flip({3}); };
    return 0.5 * (net(frames, guides).matte + mirrored(net(mirrored(frames), mirrored(guides)).matte));
}

MatteReading matte_of(const torch::Tensor& logits, const FloatPicture& frame, const KeyPointFrame& points) {
    const torch::Tensor said = ((torch::sigmoid(logits) - kMatteLow) / (kMatteHigh - kMatteLow)).clamp(0, 1).to(torch::kCPU, torch::kFloat).contiguous();
    const float* net = said.data_ptr<float>();
    std::vector<float> claimed(net, net + said.numel());
    claim_face(points, frame.size, claimed.data());
    claim_torso(points, frame.size, claimed.data());
    MatteReading reading{refine_matte(frame.rgba.data(), claimed.data(), frame.size), 0};
    std::int64_t unsure = 0, person = 0;
    for (std::size_t i = 0; i < reading.matte.size(); ++i) {
        unsure += (net[i] > kUndecidedLow && net[i] < kUndecidedHigh) + (std::abs(reading.matte[i] - net[i]) > kContradicted);
        person += reading.matte[i] >= 0.5f;
    }
    reading.unsure = static_cast<float>(unsure) / static_cast<float>(std::max<std::int64_t>(person, 1));
    return reading;
}

}  // namespace mirrorme

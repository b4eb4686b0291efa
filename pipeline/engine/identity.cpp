#include "engine/identity.h"

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "core/track_io.h"

namespace mirrorme {
namespace {

constexpr float kFaceIsThere = 0.5f;   // presence of the key-point net
constexpr float kSmallestFace = 24;    // pixels between the eyes below which the mouth is a handful of pixels

/// The points of a sidecar over those that were found; it may name some only.
void take_sidecar(const PictureInput& input, KeyPointFrame& points) {
    const std::string subject = input.path + ".points.json";
    const KeyPointTrack track = track_from_json(input.points_json, subject);
    if (track.unit != TrackUnit::pixels) throw Error(ErrorCode::mismatch, subject, "field 'unit' is not pixels", "Write \"unit\": \"pixels\"");
    const KeyPointFrame given = track.frame(0);
    for (const int index : track.points) points.points[static_cast<std::size_t>(index)] = given.points[static_cast<std::size_t>(index)];
    for (const Scalar scalar : track.scalars) points[scalar] = given[scalar];
}

bool names_everything(const PictureInput& input) {
    if (input.points_json.empty()) return false;
    const KeyPointTrack track = track_from_json(input.points_json, input.path + ".points.json");
    return track.points.size() == point::kCount && track.scalars.size() == kScalarCount;
}

/// Where a face usually is, for models that cannot look: only the eyes are known.
KeyPointFrame guessed_points(const RgbaImage& picture) {
    KeyPointFrame points;
    const float unit = 0.14f * static_cast<float>(std::min(picture.width, picture.height));
    for (const auto& [first, side] : {std::pair{point::kRightEye, -0.5f}, std::pair{point::kLeftEye, 0.5f}})
        for (int i = first; i < first + point::kEyeCount; ++i)
            points.points[static_cast<std::size_t>(i)] = {0.5f * static_cast<float>(picture.width) + side * unit, 0.36f * static_cast<float>(picture.height), 0.1f};
    return points;
}

/// What a codec says of a picture by name.
Remark of_picture(const std::string& name, const std::string& path) {
    constexpr std::string_view kArms = " folded or busy in the picture, and gestures do not move what is. Arms that hang down, or are not in the picture, can gesture";
    if (name == "no_cutout")
        return remark("no_cutout", "%1: the person cannot be told from the background for sure, so arms stay as they are in the picture. One whose background is already removed (a PNG with transparency) can gesture", {path});
    if (name == "both_arms_busy") return remark("both_arms_busy", "%1: both arms are" + std::string(kArms), {path});
    if (name == "left_arm_busy") return remark("left_arm_busy", "%1: the performer's left arm is" + std::string(kArms), {path});
    if (name == "right_arm_busy") return remark("right_arm_busy", "%1: the performer's right arm is" + std::string(kArms), {path});
    return remark({}, "%1: " + name, {path});
}

}  // namespace

PreparedIdentity prepare_identity(const Model& model, const RgbaImage& picture, const PictureInput& input, const Settings& settings) {
    if (picture.empty()) throw Error(ErrorCode::unreadable, input.path, "is empty", "Give a picture of a person");
    PreparedIdentity prepared;
    const bool placed = settings.eyes.size() == 4 && settings.mouth.size() == 4;
    KeyPointFrame points;
    if (!names_everything(input)) {
        const FoundPoints found = model.find_points ? model.find_points(picture) : FoundPoints{guessed_points(picture), 1};
        points = found.points;
        if (found.presence < kFaceIsThere && !placed && input.points_json.empty())
            prepared.warnings.push_back(remark("no_face", "%1: no face was found. Give --eyes x,y,x,y and --mouth x,y,x,y, or a picture with one face that looks at you", {input.path}));
    }
    if (!input.points_json.empty()) take_sidecar(input, points);
    points = with_overrides(points, settings);
    const FaceFrame face = face_frame_of(points);
    if (face.unit < kSmallestFace)
        prepared.warnings.push_back(remark("small_face", "%1: the face is very small (%2 pixels between the eyes). A larger picture or --crop will look sharper", {input.path, std::to_string(static_cast<int>(face.unit))}));
    prepared.crop = choose_crop(picture, face, model.codec->spec(), settings);
    prepared.identity = model.codec->make_identity(cut_out(picture, points, prepared.crop, model.codec->spec()));
    for (const std::string& name : prepared.identity->remarks) prepared.warnings.push_back(of_picture(name, input.path));
    return prepared;
}

}  // namespace mirrorme

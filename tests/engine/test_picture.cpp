#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_floating_point.hpp>

#include "core/error.h"
#include "engine/identity.h"
#include "engine/picture_crop.h"
#include "engine/pose_rows.h"
#include "tiny_model.h"

using namespace mirrorme;
using Catch::Matchers::WithinAbs;

namespace {

CodecSpec frame_256() {
    CodecSpec spec;
    spec.width = 256;
    spec.height = 384;
    return spec;
}

FaceFrame face_at(float x, float y, float unit) { return {x, y, unit, 0}; }

RgbaImage picture_of(int width, int height) {
    RgbaImage picture(width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            std::uint8_t* p = picture.at(x, y);
            p[0] = static_cast<std::uint8_t>(255 * x / width), p[1] = static_cast<std::uint8_t>(255 * y / height), p[2] = 90, p[3] = 255;
        }
    return picture;
}

KeyPointFrame eyes_at(float right_x, float left_x, float y) {
    KeyPointFrame points;
    for (int i = 0; i < point::kEyeCount; ++i) {
        points.points[static_cast<std::size_t>(point::kRightEye + i)] = {right_x, y, 1};
        points.points[static_cast<std::size_t>(point::kLeftEye + i)] = {left_x, y, 1};
    }
    return points;
}

}  // namespace

TEST_CASE("the crop has the frame's shape, holds the face, and stays inside where it can", "[crop]") {
    struct Row { int width, height; float x, y, unit; Framing framing; };
    const Row row = GENERATE(Row{1000, 1500, 500, 400, 120, Framing::automatic}, Row{4000, 3000, 2000, 900, 100, Framing::automatic},
                             Row{1920, 1080, 300, 400, 90, Framing::automatic}, Row{300, 300, 150, 150, 120, Framing::automatic},
                             Row{1000, 1500, 500, 400, 120, Framing::face}, Row{2000, 3000, 1000, 600, 120, Framing::half_body});
    Settings settings;
    settings.framing = row.framing;
    const CropBox box = choose_crop(picture_of(row.width, row.height), face_at(row.x, row.y, row.unit), frame_256(), settings);
    CHECK_THAT(box.width / box.height, WithinAbs(256.0 / 384, 1e-6));
    CHECK(box.x < row.x - row.unit);
    CHECK(box.x + box.width > row.x + row.unit);
    CHECK(box.y < row.y);
    CHECK(box.y + box.height > row.y + 1.5 * row.unit);
    const double share = row.unit / box.width;
    CHECK(share > 0.099);
    CHECK(share < 0.241);
    if (box.width <= row.width) {
        CHECK(box.x >= 0);
        CHECK(box.x + box.width <= row.width + 1e-6);
    }
    if (box.height <= row.height) {
        CHECK(box.y >= 0);
        CHECK(box.y + box.height <= row.height + 1e-6);
    }
}

TEST_CASE("a user's crop is kept, widened to the frame's shape", "[crop]") {
    Settings settings;
    settings.crop = {100, 50, 200, 200};
    const CropBox box = choose_crop(picture_of(1000, 1000), face_at(500, 500, 50), frame_256(), settings);
    CHECK_THAT(box.x, WithinAbs(100, 1e-6));
    CHECK_THAT(box.width, WithinAbs(200, 1e-6));
    CHECK_THAT(box.height, WithinAbs(300, 1e-6));
    CHECK_THAT(box.y, WithinAbs(0, 1e-6));
}

TEST_CASE("cutting out moves points with the pixels they mark", "[crop]") {
    const RgbaImage picture = picture_of(1000, 1500);
    const CropBox box{200, 150, 512, 768};
    const ReferencePicture cut = cut_out(picture, eyes_at(400, 500, 350), box, frame_256());
    REQUIRE(cut.image.width == 256);
    REQUIRE(cut.image.height == 384);
    const KeyPoint eye = cut.points.points[point::kRightEye];
    CHECK_THAT(eye.x, WithinAbs((400 - 200 + 0.5) / 2 - 0.5, 1e-3));
    const std::uint8_t* shown = cut.image.at(static_cast<int>(eye.x + 0.5f), static_cast<int>(eye.y + 0.5f));
    CHECK(std::abs(shown[0] - 255 * 400 / 1000) <= 1);
    CHECK(std::abs(shown[1] - 255 * 350 / 1500) <= 1);
}

TEST_CASE("beyond the picture: an opaque one's edge goes on, a cut-out one is transparent", "[crop]") {
    RgbaImage picture = picture_of(100, 150);
    const CropBox wide{-100, -150, 300, 450};
    CHECK(cut_out(picture, {}, wide, frame_256()).image.at(0, 0)[3] == 255);
    picture.at(50, 50)[3] = 0;
    CHECK(cut_out(picture, {}, wide, frame_256()).image.at(0, 0)[3] == 0);
}

TEST_CASE("given eyes move the whole face, a given mouth moves the lips", "[crop]") {
    KeyPointFrame points = eyes_at(100, 140, 100);
    points.points[point::kOuterLips] = {110, 150, 1};
    points.points[point::kOuterLips + 6] = {130, 150, 1};
    Settings settings;
    CHECK(with_overrides(points, settings).points[point::kOuterLips].x == 110);
    settings.eyes = {200, 300, 280, 300};  // twice as large, elsewhere
    KeyPointFrame moved = with_overrides(points, settings);
    CHECK_THAT(face_frame_of(moved).unit, WithinAbs(80, 1e-3));
    CHECK_THAT(moved.points[point::kOuterLips].x, WithinAbs(220, 1e-3));
    CHECK_THAT(moved.points[point::kOuterLips].y, WithinAbs(400, 1e-3));
    settings.mouth = {225, 390, 255, 395};
    moved = with_overrides(points, settings);
    CHECK_THAT(moved.points[point::kOuterLips + 6].x, WithinAbs(255, 1e-3));
    CHECK_THAT(moved.points[point::kOuterLips + 6].y, WithinAbs(395, 1e-3));
    CHECK_THAT(face_frame_of(moved).origin_y, WithinAbs(300, 1e-3));
}

TEST_CASE("a sidecar's points are used as they are; a wrong one is refused by name", "[identity]") {
    const auto model = testing::tiny_model();
    const RgbaImage picture = picture_of(640, 960);
    KeyPointFrame points = eyes_at(280, 360, 300);
    for (int i = 0; i < point::kOuterLipsCount; ++i) points.points[static_cast<std::size_t>(point::kOuterLips + i)] = {320, 400, 1};
    KeyPointTrack track = make_track(TrackUnit::pixels, {24, 1});
    track.append(points);
    PictureInput input;
    input.path = "me.png";
    input.points_json = track_to_json(track);
    const PreparedIdentity prepared = prepare_identity(*model, picture, input, {});
    CHECK(prepared.warnings.empty());
    const double shown = prepared.identity->points.points[point::kOuterLips].y;
    CHECK_THAT(shown, WithinAbs((400 - prepared.crop.y + 0.5) * 48 / prepared.crop.height - 0.5, 1e-2));

    track.unit = TrackUnit::face;
    input.points_json = track_to_json(track);
    CHECK_THROWS_AS(prepare_identity(*model, picture, input, {}), Error);
    track = make_track(TrackUnit::pixels, {24, 1}, {point::kOuterLips}, {});  // names one point: the others are found
    track.values = {320, 410, 1};
    input.points_json = track_to_json(track);
    const PreparedIdentity partly = prepare_identity(*model, picture, input, {});
    CHECK_THAT(partly.identity->points.points[point::kOuterLips].y, WithinAbs((410 - partly.crop.y + 0.5) * 48 / partly.crop.height - 0.5, 1e-2));
    CHECK_THAT(partly.identity->points.points[point::kRightEye].x, WithinAbs((0.35 * 640 - partly.crop.x + 0.5) * 32 / partly.crop.width - 0.5, 1e-2));
    input.points_json = "{}";
    CHECK_THROWS_AS(prepare_identity(*model, picture, input, {}), Error);
}

TEST_CASE("no face is a warning, unless the user placed it", "[identity]") {
    const auto model = testing::tiny_model();
    const PointsFinder finder = model->find_points;
    model->find_points = [finder](const RgbaImage& picture) {
        FoundPoints found = finder(picture);
        found.presence = 0.1f;
        return found;
    };
    PictureInput input;
    input.path = "wall.png";
    Settings settings;
    CHECK(prepare_identity(*model, picture_of(640, 960), input, settings).warnings.size() == 1);
    settings.eyes = {250, 300, 350, 300};
    settings.mouth = {270, 420, 330, 420};
    CHECK(prepare_identity(*model, picture_of(640, 960), input, settings).warnings.empty());
    CHECK(prepare_identity(*model, picture_of(64, 96), input, Settings{}).warnings.size() == 2);  // and tiny
    CHECK_THROWS_AS(prepare_identity(*model, RgbaImage{}, input, settings), Error);
}

TEST_CASE("gestures reach the model in torso units, eased from where the hands rest", "[pose]") {
    DitConfig config = mini_dit_config();
    KeyPointFrame reference;
    reference.points[point::kShoulders] = {60, 200, 1};
    reference.points[point::kShoulders + 1] = {180, 200, 1};
    const std::size_t wrist = point::kRightHand + point::kWrist;
    reference.points[wrist] = {0, 320, 1};  // torso: (-2, 2)
    const PoseRows rows(config, reference, 256);
    REQUIRE(rows.size() == 4u * 44 * 3);

    GesturePose pose;
    pose.points.points[wrist] = {-1, -1, 1};
    std::vector<float> row;
    for (const float weight : {0.0f, 0.5f, 1.0f}) {
        pose.weight = weight;
        rows.write(std::vector<GesturePose>(4, pose), row);
        REQUIRE(row.size() == rows.size());
        const float* p = row.data() + (point::kHandCount + point::kWrist) * 3;  // right hand after left
        CHECK_THAT(p[0], WithinAbs(weight == 0 ? 0 : -2 + weight * 1, 1e-5));
        CHECK_THAT(p[1], WithinAbs(weight == 0 ? 0 : 2 - weight * 3, 1e-5));
        CHECK_THAT(p[2], WithinAbs(weight == 0 ? 0 : 1, 1e-5));
        CHECK(row[2] == 0);  // nothing is asked of the left hand
    }

    config.pose.kind = PoseKind::maps;
    PoseRows(config, reference, 256).write(std::vector<GesturePose>(4, pose), row);
    const float* p = row.data() + (point::kHandCount + point::kWrist) * 3;
    CHECK_THAT(p[0] * 256, WithinAbs(60, 1e-3));  // pixels of the frame
    CHECK_THAT(p[1] * 256, WithinAbs(140, 1e-3));
}

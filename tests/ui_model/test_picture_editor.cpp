#include "ui/model/picture_editor.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

#include <cmath>
#include <random>

using namespace mirrorme::ui;
using Catch::Approx;

namespace {

constexpr Size kPortrait{768, 1152};

void check_crop_is_sane(const PictureEditor& editor) {
    const Box& crop = editor.crop();
    CHECK(crop.x >= 0);
    CHECK(crop.y >= -1e-9);
    CHECK(crop.right() <= editor.picture().width + 1e-9);
    CHECK(crop.bottom() <= editor.picture().height + 1e-9);
    CHECK(crop.width / crop.height == Approx(PictureEditor::kAspect));
    CHECK(crop.width >= std::min({PictureEditor::kSmallestCrop, editor.picture().width, editor.picture().height * PictureEditor::kAspect}) - 1e-9);
}

}  // namespace

TEST_CASE("a picture lies whole and centred in its widget, and points go there and back") {
    const PictureView view({100, 200}, {300, 220}, 10);
    CHECK(view.scale() == 1);
    CHECK(view.area() == Box{100, 10, 100, 200});
    CHECK(view.to_widget({0, 0}) == Point{100, 10});
    CHECK(view.to_picture({200, 210}) == Point{100, 200});
    const PictureView wide({4000, 500}, {300, 300}, 0);
    CHECK(wide.area().width == Approx(300));
    const Point back = wide.to_picture(wide.to_widget({1234.5, 67}));
    CHECK(back.x == Approx(1234.5));
    CHECK(back.y == Approx(67));
    for (const Size widget : {Size{0, 0}, Size{5, 5}, Size{-3, 10}}) {
        const PictureView none({0, 0}, widget, 10);
        CHECK(none.scale() == 1);
        CHECK(std::isfinite(none.to_picture({1, 1}).x));
    }
}

TEST_CASE("nothing stored: everything is automatic, and stays out of the settings") {
    const PictureEditor editor(kPortrait, {});
    CHECK(editor.crop_automatic());
    CHECK(editor.points_automatic());
    CHECK(editor.crop() == Box{0, 0, 768, 1152});
    CHECK(editor.texts() == PlacementTexts{});
    CHECK(PictureEditor({1000, 300}, {}).crop() == Box{400, 0, 200, 300});
}

TEST_CASE("what is stored comes back as it was") {
    const PlacementTexts stored{"100,50,400,600", "300.5,412,447,412.25", "320,530,444,530"};
    const PictureEditor editor(kPortrait, stored);
    CHECK_FALSE(editor.crop_automatic());
    CHECK_FALSE(editor.points_automatic());
    CHECK(editor.crop() == Box{100, 50, 400, 600});
    CHECK(editor.texts() == PlacementTexts{"100,50,400,600", "300.5,412,447,412.3", "320,530,444,530"});
}

TEST_CASE("what is stored for another picture, or is garbage, is guessed anew") {
    for (const char* crop : {"", "1,2,3", "1,2,3,4,5", "a,b,c,d", "nan,0,10,10", "900,0,100,150", "0,0,-5,10", "1,2,3,4,"}) {
        INFO(crop);
        CHECK(PictureEditor(kPortrait, {crop, "", ""}).crop_automatic());
    }
    CHECK(PictureEditor(kPortrait, {"", "1,2,3,4", ""}).points_automatic());           // half of the points is none
    CHECK(PictureEditor(kPortrait, {"", "1,2,3,4", "5,6,7,5000"}).points_automatic());  // outside
    const PictureEditor square(kPortrait, {"100,100,300,300", "", ""});                 // another shape: ours, around the same centre
    CHECK(square.crop() == Box{150, 100, 200, 300});
}

TEST_CASE("suggestions are shown while automatic, and come back") {
    PictureEditor editor(kPortrait, {});
    editor.suggest_crop({84, 126, 600, 900});
    editor.suggest_points({329, 412, 447, 412}, {323, 532, 444, 5320});
    CHECK(editor.crop() == Box{84, 126, 600, 900});
    CHECK(editor.point(Handle::right_eye) == Point{447, 412});
    CHECK(editor.point(Handle::mouth_right) == Point{444, 1152});  // clamped
    CHECK(editor.texts() == PlacementTexts{});
    editor.nudge(Handle::crop, 10, -1000);
    editor.nudge(Handle::left_eye, 1, 1);
    CHECK(editor.texts().crop == "94,0,600,900");
    CHECK(editor.texts().eyes == "330,413,447,412");
    editor.let_engine_crop();
    editor.let_engine_find_points();
    CHECK(editor.crop() == Box{84, 126, 600, 900});
    CHECK(editor.point(Handle::left_eye) == Point{329, 412});
    editor.suggest_crop({1, 2});
    CHECK(editor.crop() == Box{84, 126, 600, 900});
}

TEST_CASE("the handle under the pointer is found in widget pixels") {
    PictureEditor editor(kPortrait, {"100,100,400,600", "200,300,400,300", "250,450,350,450"});
    const PictureView view(kPortrait, {256, 384}, 0);  // a third
    const auto hit = [&](Point picture, double off) { return editor.hit({view.to_widget(picture).x + off, view.to_widget(picture).y}, view, 8); };
    CHECK(hit({100, 100}, 0) == Handle::top_left);
    CHECK(hit({500, 700}, 7.9) == Handle::bottom_right);
    CHECK(hit({500, 700}, 8.1) == Handle::none);
    CHECK(hit({200, 300}, -7) == Handle::left_eye);
    CHECK(hit({400, 300}, 3) == Handle::right_eye);
    CHECK(hit({250, 450}, 0) == Handle::mouth_left);
    CHECK(hit({350, 450}, 5) == Handle::mouth_right);
    CHECK(hit({300, 600}, 0) == Handle::crop);
    CHECK(hit({40, 900}, 0) == Handle::none);
    // Of two within reach, the nearer one.
    editor.nudge(Handle::left_eye, 195, 0);  // 5 pixels from the other one
    CHECK(hit({396, 300}, 0) == Handle::left_eye);
    CHECK(hit({399, 300}, 0) == Handle::right_eye);
}

TEST_CASE("corners grow the box from the opposite one, in its shape, within the picture") {
    PictureEditor editor(kPortrait, {"100,100,400,600", "", ""});
    editor.begin_drag(Handle::bottom_right, {503, 702});  // taken hold of a little beside it
    editor.drag_to({503, 702});
    CHECK(editor.crop() == Box{100, 100, 400, 600});
    editor.drag_to({603, 702});
    CHECK(editor.crop() == Box{100, 100, 500, 750});
    editor.drag_to({9999, 9999});
    CHECK(editor.crop() == Box{100, 100, 668, 1002});
    editor.drag_to({0, 0});
    CHECK(editor.crop().width == PictureEditor::kSmallestCrop);
    CHECK(editor.crop().x == 100);
    editor.end_drag();
    editor.drag_to({300, 300});  // no longer held
    CHECK(editor.crop().width == PictureEditor::kSmallestCrop);

    editor = PictureEditor(kPortrait, {"100,100,400,600", "", ""});
    editor.begin_drag(Handle::top_left, {100, 100});
    editor.drag_to({0, 0});
    CHECK(editor.crop().right() == Approx(500));
    CHECK(editor.crop().bottom() == Approx(700));
    CHECK(editor.crop().y == Approx(0).margin(1e-9));
    editor.drag_to({NAN, 5});
    check_crop_is_sane(editor);
}

TEST_CASE("no drag of any handle leaves the picture") {
    std::mt19937 random(7);
    std::uniform_real_distribution<double> anywhere(-2000, 4000);
    for (const Size picture : {kPortrait, Size{1000, 300}, Size{128, 128}, Size{50, 4000}}) {
        PictureEditor editor(picture, {});
        for (int i = 0; i < 400; ++i) {
            const auto handle = static_cast<Handle>(1 + i % 9);
            editor.begin_drag(handle, editor.point(handle));
            editor.drag_to({anywhere(random), anywhere(random)});
            editor.end_drag();
            check_crop_is_sane(editor);
            for (const Handle point : kPointHandles) CHECK(Box{0, 0, picture.width, picture.height}.contains(editor.point(point)));
        }
        const std::vector<double> crop = numbers_from_text(editor.texts().crop, 4);
        REQUIRE(crop.size() == 4);
        CHECK(crop[0] + crop[2] <= picture.width);
        CHECK(crop[1] + crop[3] <= picture.height);
    }
}

TEST_CASE("points are stored with the smaller x first") {
    PictureEditor editor(kPortrait, {});
    editor.begin_drag(Handle::left_eye, editor.point(Handle::left_eye));
    editor.drag_to({700, 400});
    editor.end_drag();
    const std::vector<double> eyes = numbers_from_text(editor.texts().eyes, 4);
    REQUIRE(eyes.size() == 4);
    CHECK(eyes[0] < eyes[2]);
    CHECK(eyes[2] == 700);
    CHECK(editor.texts().crop.empty());
    CHECK(text_of_numbers({1, -0.04, 2.25, 100}, 1) == "1,0,2.3,100");
}

TEST_CASE("the points beside a shipped picture are taken as they are") {
    const FacePoints points = face_points_of(mirrorme::read_track(MIRRORME_SOURCE_DIR "/data/avatars/ada.png.points.json"));
    REQUIRE(points.eyes.size() == 4);
    REQUIRE(points.mouth.size() == 4);
    CHECK(points.eyes[0] == Approx(320.6).margin(1));
    CHECK(points.eyes[2] == Approx(447.4).margin(1));
    CHECK(points.mouth[0] == Approx(323.69).margin(0.01));
    CHECK(points.mouth[2] == Approx(444.31).margin(0.01));
    CHECK(face_points_of(mirrorme::make_track(mirrorme::TrackUnit::pixels, {24, 1})).eyes.empty());
    mirrorme::KeyPointTrack unknown = mirrorme::make_track(mirrorme::TrackUnit::pixels, {24, 1});
    unknown.append({});
    CHECK(face_points_of(unknown).mouth.empty());
}
